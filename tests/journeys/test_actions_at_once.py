"""Two hundred calls of an action at once: each gets its own result, and the portal goes on."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests.collections_app.api.conftest import Vault
from tests.portal import Portal

CALLS = 200
PATIENCE = 100.0  # seconds for all of them on a machine that does much else
# It keeps what it was given where the next call of the bundle would find it, and waits in between.
CODE = b"""
let calls = 0, last = null;
exports.mine = { type: "action", handler: async ({ body }) => {
  last = body;
  calls += 1;
  for (let turn = 0; turn < 20; turn += 1) await null;
  return { calls, last, body };
} };
"""
pytestmark = pytest.mark.xdist_group("actions")


@pytest.fixture
def vault(portal: Portal) -> Iterator[Vault]:
    """The vault as Admin sees it, over as many connections as there are calls."""
    limits = httpx.Limits(max_connections=CALLS, max_keepalive_connections=CALLS)
    with httpx.Client(base_url=portal.url, timeout=PATIENCE, limits=limits) as client:
        yield Vault(client, portal.credentials["piiano"]["api_key"])


@pytest.fixture
def action(vault: Vault) -> Iterator[str]:
    """The name of an action, which goes again."""
    name = f"mine_{uuid4().hex[:12]}"
    vault.ok("POST", "ctl/bundles", json={"name": name, "code": b64encode(CODE).decode()})
    body = {"name": name, "function": f"{name}.mine", "role": "VaultAdminRole"}
    vault.ok("POST", "ctl/actions", json=body)
    yield name
    vault.ok("DELETE", f"ctl/actions/{name}")
    vault.ok("DELETE", f"ctl/bundles/{name}")


def test_each_of_two_hundred_gets_its_own(vault: Vault, action: str) -> None:
    until = time.monotonic() + PATIENCE
    path = f"data/actions/{action}"

    def call(number: int) -> int:
        """How often there was no room; who is told so asks again."""
        body = {"number": number, "word": uuid4().hex}
        for turned_away in range(1000):
            answer = vault.call("POST", path, json=body)
            if answer.status_code == 200:
                assert answer.json() == {"calls": 1, "last": body, "body": body}
                return turned_away
            assert (answer.status_code, answer.json()["error_code"]) == (503, "PV1009")
            assert answer.headers["Retry-After"] == "1"
            assert time.monotonic() < until
        raise AssertionError("no room")

    with ThreadPoolExecutor(CALLS) as pool:
        calls = [pool.submit(call, number) for number in range(CALLS)]
        healthy = 0
        while not all(each.done() for each in calls) or not healthy:
            assert vault.ok("GET", "data/info/health") == {"status": "pass"}
            healthy += 1

    assert all(each.result() >= 0 for each in calls)
    assert vault.ok("POST", path, json="after")["calls"] == 1
