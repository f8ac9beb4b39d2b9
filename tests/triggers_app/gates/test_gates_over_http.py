"""A gated secret over HTTP: a real portal, a real worker, an approver that is a real server."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from tests.factories import unique
from tests.portal import Portal
from tests.receiver import Received, Receiver, Reply
from tests.secrets_app.identity_api.wire import Wire
from tests.triggers_app.api.conftest import Sail, make_client, token_of

TRIGGER = "vault:secret-read-approval"
PLAINTEXT = "gated-canary-51c0"
pytestmark = pytest.mark.timeout(180)


class Gated:
    """A secret behind a gate, who may read it, and the approver."""

    def __init__(self, sail: Sail, portal: Portal, approver: Receiver) -> None:
        self.sail, self.portal, self.approver = sail, portal, approver
        self.subscriptions: list[str] = []
        self.name = unique("gated")
        self.role = sail.ok("POST", "/role-store/api/v1/roles", 201, json={"name": unique("role")})
        client_id, secret = make_client(sail, self.role["id"])
        self.reader_id = client_id
        self.reader = Wire(portal.url, token_of(portal, client_id, secret))
        body = {
            "name": self.name,
            "data": {"word": PLAINTEXT},
            "read_roles": [{"id": self.role["id"]}],
        }
        sail.ok("POST", "/vault/api/v1/secrets", 201, json=body)
        found = sail.ok("GET", f"/api/v1/secrets/lookup?owner=shared&name={self.name}")
        self.id = found["id"]
        gate = {
            "name": self.name,
            "trigger": TRIGGER,
            "objects": [{"kind": "secret", "id": self.id}],
        }
        self.gate = sail.ok("POST", "/api/v1/triggers/gates", 201, json=gate)["id"]

    def subscribe(self, mode: str, **fields: Any) -> dict[str, Any]:
        for left in self.sail.ok(
            "GET", f'/beta/trigger-subscriptions?filters=triggerId eq "{TRIGGER}"'
        ):
            self.sail.ok("DELETE", f"/beta/trigger-subscriptions/{left['id']}", 204)
        http = {"url": f"{self.approver.url}/ask", "httpDispatchMode": mode} | fields
        made = self.sail.subscribe(triggerId=TRIGGER, http=http)
        self.subscriptions.append(made["id"])
        return made

    def read(self) -> httpx.Response:
        return self.reader.send("GET", f"/api/v1/secrets/{self.id}/data")

    def read_privx(self) -> httpx.Response:
        return self.reader.send("GET", f"/vault/api/v1/secrets/{self.name}")

    def answer(self, **output: Any) -> None:
        body = json.dumps(output).encode()
        self.approver.answer = lambda _received: Reply(200, body)

    def close(self) -> None:
        self.sail.ok("DELETE", f"/api/v1/triggers/gates/{self.gate}", 204)
        for subscription in self.subscriptions:
            self.sail.send("DELETE", f"/beta/trigger-subscriptions/{subscription}")


@pytest.fixture
def approver() -> Iterator[Receiver]:
    with Receiver().running() as running:
        yield running


@pytest.fixture
def gated(sail: Sail, portal: Portal, approver: Receiver) -> Iterator[Gated]:
    made = Gated(sail, portal, approver)
    yield made
    made.close()


def test_a_sync_approver_lets_each_read_pass_once(gated: Gated) -> None:
    subscription = gated.subscribe("SYNC")
    gated.answer(approved=True, comment="ok", approver="mara")

    assert gated.read().json()["data"] == {"word": PLAINTEXT}
    assert gated.read_privx().json()["data"] == {"word": PLAINTEXT}

    first, second = gated.approver.await_requests(2)
    assert first.headers["webhook-id"] != second.headers["webhook-id"]
    question = Webhook(subscription["signingSecret"]).verify(first.body, first.headers)
    assert question["id"] == gated.id
    assert question["_metadata"]["responseMode"] == "sync"
    assert PLAINTEXT not in first.body.decode()


def test_a_sync_denial_is_told_with_its_comment(gated: Gated) -> None:
    gated.subscribe("SYNC")
    gated.answer(approved=False, comment="Not without a ticket.", approver="mara")

    refusal = gated.read()

    assert refusal.status_code == 403
    assert "Not without a ticket." in refusal.json()["title"]
    privx = gated.read_privx()
    assert privx.status_code == 403
    assert privx.json()["error_code"] == "PERMISSION_DENIED"
    assert PLAINTEXT not in refusal.text + privx.text


@pytest.mark.parametrize(
    "behave",
    [
        lambda _received: Reply(500),
        lambda _received: Reply(202),
        lambda _received: Reply(200, b"not json"),
        lambda _received: Reply(200, b'{"approved": "yes"}'),
        lambda _received: Reply(302, b"", {"Location": "http://127.0.0.1:9/"}),
    ],
    ids=["500", "202", "no json", "wrong shape", "redirect"],
)
def test_a_sync_approver_that_gives_no_proper_answer_denies(
    gated: Gated, behave: Callable[[Received], Reply]
) -> None:
    gated.subscribe("SYNC")
    gated.approver.answer = behave

    refusal = gated.read()

    assert refusal.status_code == 403
    assert refusal.json()["type"] == "about:blank#gate.failed"


def test_an_approver_that_is_down_denies(gated: Gated) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    gated.subscribe("SYNC", url=f"http://127.0.0.1:{port}/nobody")

    assert gated.read().status_code == 403
    assert gated.read_privx().status_code == 403


def test_an_async_decision_is_polled_for_and_used_once(gated: Gated) -> None:
    gated.subscribe("ASYNC")

    waiting = gated.read()

    assert waiting.status_code == 202
    place = waiting.json()["context"]["approval"]
    assert gated.reader.get(place)["state"] == "waiting"
    assert gated.read().json()["context"]["approval"] == place
    (question,) = gated.approver.await_requests(1)
    about = json.loads(question.body)["_metadata"]
    done = {"secret": about["secret"], "output": {"approved": True, "comment": "", "approver": "m"}}
    gated.sail.ok(
        "POST", f"/beta/trigger-invocations/{about['invocationId']}/complete", 204, json=done
    )
    assert gated.reader.get(place)["state"] == "allowed"
    assert gated.read().json()["data"] == {"word": PLAINTEXT}
    assert gated.reader.get(place)["state"] == "used"
    assert gated.read().status_code == 202


def test_an_async_denial_and_a_new_version_open_nothing(gated: Gated) -> None:
    gated.subscribe("ASYNC")
    place = gated.read().json()["context"]["approval"]
    (question,) = gated.approver.await_requests(1)
    about = json.loads(question.body)["_metadata"]
    done = {"secret": about["secret"], "output": {"approved": True, "comment": "", "approver": "m"}}
    path = f"/beta/trigger-invocations/{about['invocationId']}/complete"
    gated.sail.ok("POST", path, 204, json=done)
    assert gated.reader.get(place)["state"] == "allowed"

    body = {"data": {"word": "newer"}, "read_roles": [{"id": gated.role["id"]}], "write_roles": []}
    put = gated.sail.send("PUT", f"/vault/api/v1/secrets/{gated.name}", json=body)
    assert put.status_code == 200

    again = gated.read()
    assert again.status_code == 202
    assert again.json()["context"]["approval"] != place


def test_people_decide_over_the_api(sail: Sail, portal: Portal, gated: Gated) -> None:
    sail.ok("DELETE", f"/api/v1/triggers/gates/{gated.gate}", 204)
    role = sail.ok("POST", "/role-store/api/v1/roles", 201, json={"name": unique("approvers")})
    gate = {
        "name": gated.name,
        "trigger": TRIGGER,
        "objects": [{"kind": "secret", "id": gated.id}],
        "approval": "people",
        "approvers": [role["id"]],
    }
    gated.gate = sail.ok("POST", "/api/v1/triggers/gates", 201, json=gate)["id"]
    decider = Wire(portal.url, token_of(portal, *make_client(sail, role["id"])))

    place = gated.read_privx()
    assert place.status_code == 403
    (todo,) = decider.get("/api/v1/approvals?todo=true")["items"]
    assert todo["asked_by"]
    assert gated.reader.get("/api/v1/approvals?todo=true")["items"] == []
    own = gated.reader.send(
        "POST", f"/api/v1/approvals/{todo['id']}/decision", json={"approved": True}
    )
    assert own.status_code == 403
    decided = decider.post(f"/api/v1/approvals/{todo['id']}/decision", {"approved": True})

    assert decided["state"] == "allowed"
    assert gated.read_privx().json()["data"] == {"word": PLAINTEXT}
    assert gated.read_privx().status_code == 403
