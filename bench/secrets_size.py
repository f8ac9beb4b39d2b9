"""Secrets by the hundred thousand: what listing, searching, writing and reading cost among many.

The caller may see a twentieth of them, through a role. Every row is measured among 1,000 secrets
first, so that the last column tells how the cost grows with the number.
"""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import httpx

from bench import cpu, load
from bench.load import MakeRequest, request
from bench.portal import ROOT, Portal

COLUMNS = (
    *("workload", "secrets", "req/s", "p50 ms", "p95 ms", "CPU s/1000", "SQL/req", "CPU ratio"),
    "err",
)
SMALL = 1000
VISIBLE = 20
CONNECTIONS = 4
SHARED = "/vault/api/v1/secrets"
SEARCH = "/vault/api/v1/search/secrets"


@dataclass(frozen=True, slots=True)
class Roles:
    """Ids of the role that may read a twentieth of the secrets, and of the one for the others."""

    seen: str
    other: str


class Callers:
    """A manager, and a member of the role that may read some; made over HTTP."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.host = urlsplit(portal.url).netloc
        privx = portal.credentials["privx"]
        self.manager = self._bearer(privx["api_client_id"], privx["api_client_secret"])
        self.roles = Roles(self._role(), self._role())
        body = {"name": uuid.uuid4().hex, "roles": [{"id": self.roles.seen}]}
        clients = "/local-user-store/api/v1/api-clients"
        made = self._json("POST", clients, body)["id"]
        self.member = self._bearer(made, self._json("GET", f"{clients}/{made}")["secret"])

    def _role(self) -> str:
        return self._json("POST", "/role-store/api/v1/roles", {"name": uuid.uuid4().hex})["id"]

    def _json(self, method: str, path: str, body: object = None) -> dict[str, str]:
        url = f"{self.portal.url}{path}"
        answer = httpx.request(method, url, json=body, headers=self.manager, timeout=60)
        found: dict[str, str] = answer.raise_for_status().json()
        return found

    def _bearer(self, client_id: str, secret: str) -> dict[str, str]:
        grant = {"grant_type": "client_credentials"}
        url = f"{self.portal.url}/oauth/token"
        answer = httpx.post(url, data=grant, auth=(client_id, secret), timeout=60)
        return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}


def measure(portal: Portal, size: int, seconds: float) -> Iterator[list[str]]:
    """One row of text for each workload and size."""
    callers = Callers(portal)
    base: dict[str, float] = {}
    filled = 0
    for wanted in dict.fromkeys((min(SMALL, size), size)):
        _fill(portal, filled, wanted, callers.roles)
        filled = wanted
        for name, make in _workloads(callers, wanted).items():
            load.run(portal.url, make, connections=1, seconds=0.5, first=10_000_000)
            before = cpu.seconds(portal.pid)
            # What is erased was made by the workload before, which ran twice as long.
            time = seconds / 2 if name == "delete" else seconds
            result = load.run(portal.url, make, connections=CONNECTIONS, seconds=time)
            done = max(1, len(result.times))
            spent = (cpu.seconds(portal.pid) - before) * 1000 / done
            base.setdefault(name, spent)
            yield [
                name,
                f"{wanted:,}",
                f"{done / result.seconds:.0f}",
                *(f"{result.quantile(share):.2f}" for share in (0.5, 0.95)),
                f"{spent:.3f}",
                f"{result.statements / done:.1f}",
                f"{spent / base[name]:.2f}",
                str(result.errors),
            ]


def _fill(portal: Portal, first: int, end: int, roles: Roles) -> None:
    arguments = f"{first}, {end}, {roles.seen!r}, {roles.other!r}"
    code = f"from bench import secrets_fill; secrets_fill.fill({arguments})"
    subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code],
        env=portal.environment,
        cwd=ROOT,
        check=True,
    )


def _workloads(callers: Callers, size: int) -> dict[str, MakeRequest]:
    host, member, manager = callers.host, callers.member, callers.manager
    seen = range(0, size, VISIBLE)
    run = uuid.uuid4().hex[:8]
    body = {"data": {"value": "y" * 1000}, "read_roles": [{"id": callers.roles.other}]}

    def place(number: int) -> str:
        return f"{SHARED}/{quote(_name(seen[number % len(seen)]), safe='')}"

    def new(number: int) -> str:
        return f"new-{run}-{number}"

    return {
        "list 100": lambda _: request("GET", f"{SHARED}?limit=100", host, member),
        "list 100 (own API)": lambda _: request("GET", "/api/v1/secrets?limit=100", host, member),
        "list 100, last page": lambda _: request(
            "GET", f"{SHARED}?limit=100&offset={max(0, len(seen) - 100)}", host, member
        ),
        "list 100 (manager)": lambda _: request("GET", f"{SHARED}?limit=100", host, manager),
        "search a number": lambda number: request(
            "POST", SEARCH, host, member, _json({"keywords": f"{seen[number % len(seen)]:07}"})
        ),
        "search a team": lambda number: request(
            "POST", SEARCH, host, member, _json({"keywords": f"team-{number % 97}/", "limit": 20})
        ),
        "read by name": lambda number: request("GET", place(number), host, member),
        "create": lambda number: request(
            "POST", SHARED, host, manager, _json({"name": new(number), **body})
        ),
        "update": lambda number: request(
            "PUT", place(number), host, manager, _json({"data": body["data"]})
        ),
        "delete": lambda number: request("DELETE", f"{SHARED}/{new(number)}", host, manager),
    }


def _name(number: int) -> str:
    """As ``secrets_fill.name_of``, which only the portal's environment can import."""
    return f"svc/team-{number % 97}/{number:07}"


def _json(body: object) -> bytes:
    return json.dumps(body).encode()
