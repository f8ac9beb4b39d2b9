"""The wire, as its published clients speak it, and a receiver for what is delivered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.factories import unique
from tests.portal import Portal
from tests.receiver import Receiver
from tests.triggers_app.api.subscriptions import BASIC, PATH, UPDATED

QUESTION = "vault:secret-read-approval"
FACT = "vault:secret-created"
BAD = "400.1 Bad Request Content"


class Sail:
    """One client of the wire. Paths are below the newest form unless ``release`` says otherwise."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url
        self.token = token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.client = httpx.Client(base_url=url, headers=headers, timeout=30)

    def __enter__(self) -> Sail:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def send(self, method: str, path: str, **parts: Any) -> httpx.Response:
        return self.client.request(method, path, **parts)

    def ok(self, method: str, path: str, status: int = 200, **parts: Any) -> Any:
        """The JSON of an answer that must have this status."""
        answer = self.send(method, path, **parts)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        if status == 204:
            assert answer.content == b""
            assert "content-type" not in answer.headers
            return None
        assert answer.headers["Content-Type"].startswith("application/json")
        return answer.json()

    def refused(
        self, method: str, path: str, code: str, status: int = 400, **parts: Any
    ) -> dict[str, Any]:
        """The body of a refusal, whose shape is checked."""
        body = self.ok(method, path, status, **parts)
        assert list(body) == ["detailCode", "trackingId", "messages", "causes"]
        assert body["detailCode"] == code, body
        assert len(body["trackingId"]) == 32
        assert set(body["trackingId"]) <= set("0123456789abcdef")
        assert len(body["messages"]) == 1
        for each in [*body["messages"], *body["causes"]]:
            assert set(each) == {"locale", "localeOrigin", "text"}
            assert each["text"]
        return dict(body)

    def subscribe(self, **fields: Any) -> dict[str, Any]:
        """A new subscription, told with its signing secret."""
        return dict(self.ok("POST", "/trigger-subscriptions/v1", 201, json=draft(**fields)))


def draft(**fields: Any) -> dict[str, Any]:
    """A body that creates a subscription; fields of ``http`` go into httpConfig."""
    http = {"url": "http://127.0.0.1:8999/in", "httpDispatchMode": "SYNC"} | fields.pop("http", {})
    valid = {"name": unique("subscription"), "triggerId": FACT, "type": "HTTP", "httpConfig": http}
    return valid | fields


def token_of(portal: Portal, client_id: str, secret: str, scope: str = "") -> str:
    """A token as the published Python client gets it."""
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": secret,
    } | ({"scope": scope} if scope else {})
    answer = httpx.post(f"{portal.url}/oauth/token", data=form, timeout=30)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


# Made anew for each file: a token lives for less than a whole run takes.
@pytest.fixture(scope="module")
def sail(portal: Portal) -> Iterator[Sail]:
    """A client with every right."""
    pair = portal.credentials["sailpoint"]
    with Sail(portal.url, token_of(portal, pair["client_id"], pair["client_secret"])) as made:
        yield made


@pytest.fixture(scope="module")
def stranger(portal: Portal, sail: Sail) -> Iterator[Sail]:
    """A client with no right at all."""
    client_id, secret = make_client(sail)
    with Sail(portal.url, token_of(portal, client_id, secret)) as made:
        yield made


@pytest.fixture(scope="session")
def nobody(portal: Portal) -> Iterator[Sail]:
    """Somebody without a token."""
    with Sail(portal.url) as made:
        yield made


def make_client(admin: Sail, *roles: str) -> tuple[str, str]:
    """Id and secret of a new client with these roles."""
    path = "/local-user-store/api/v1/api-clients"
    body = {"name": unique("client"), "roles": [{"id": role} for role in roles]}
    made = str(admin.ok("POST", path, 201, json=body)["id"])
    return made, str(admin.ok("GET", f"{path}/{made}")["secret"])


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """Where deliveries go."""
    with Receiver().running() as running:
        yield running


@pytest.fixture
def question(sail: Sail, receiver: Receiver) -> Iterator[dict[str, Any]]:
    """The one subscription of a trigger that asks, answered later; gone after the test."""
    path = f'/trigger-subscriptions/v1?filters=triggerId eq "{QUESTION}"'
    for left in sail.ok("GET", path):
        sail.ok("DELETE", f"/trigger-subscriptions/v1/{left['id']}", 204)
    place = unique("/question")
    made = sail.subscribe(
        triggerId=QUESTION, http={"url": receiver.url + place, "httpDispatchMode": "ASYNC"}
    )
    yield made | {"path": place}
    sail.send("DELETE", f"/trigger-subscriptions/v1/{made['id']}")


def start(sail: Sail, subscription: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A test invocation of a subscription."""
    body = {
        "triggerId": subscription["triggerId"],
        "contentJson": {},
        "subscriptionIds": [subscription["id"]],
    } | fields
    (made,) = sail.ok("POST", "/trigger-invocations/v1/test", json=body)
    return dict(made)


@pytest.fixture
def one(sail: Sail) -> Any:
    """A subscription with all that it may have, gone after the test."""
    made = sail.subscribe(
        triggerId=UPDATED,
        description="for the night",
        responseDeadline="PT20M",
        filter='$[?($.vault.name == "finance")]',
        http=BASIC,
    )
    yield made
    sail.send("DELETE", f"{PATH}/{made['id']}")
