"""A client of the wire: signs in, sends, and gives back what came."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import httpx

from tests.factories import unique
from tests.portal import Portal

BASE = "/commandcenter/api"
XML = {"Accept": "application/xml", "Content-Type": "application/xml"}


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Wire:
    """One session; ``token`` goes with every request once there is one."""

    def __init__(self, portal: Portal, token: str = "") -> None:
        self.portal = portal
        self.token = token

    def log_in(self, username: str, password: str) -> dict[str, Any]:
        answer = self.post("Login", {"mode": 4, "username": username, "password": b64(password)})
        self.token = answer["token"]
        return answer

    def send(self, method: str, path: str, **parts: Any) -> httpx.Response:
        headers = {"Accept": "application/json", **parts.pop("headers", {})}
        if self.token:
            headers.setdefault("Authtoken", self.token)
        url = f"{self.portal.url}{BASE}/{path}"
        return httpx.request(method, url, headers=headers, timeout=60, verify=False, **parts)  # noqa: S501 plain http: no time for certificates

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        return _read(self.send("GET", path, params=params or None))

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return _read(self.send("POST", path, **({} if body is None else {"json": body})))

    def put(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return _read(self.send("PUT", path, json=body or {}))

    def delete(self, path: str) -> dict[str, Any]:
        return _read(self.send("DELETE", path))


def _read(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, (answer.status_code, answer.text)
    assert "application/json" in answer.headers["Content-Type"]
    found: dict[str, Any] = answer.json()
    return found


def make_user(admin: Wire, name: str = "") -> tuple[int, str, Wire]:
    """A person without any right: number, name, and a wire that is signed in."""
    name, password = name or unique("user"), unique("a long enough password")
    entity = {"userEntity": {"userName": name}, "password": b64(password)}
    made = admin.post("User", {"users": [{**entity, "associatedUserGroups": [{}]}]})
    wire = Wire(admin.portal)
    wire.log_in(name, password)
    return made["response"][0]["entity"]["userId"], name, wire
