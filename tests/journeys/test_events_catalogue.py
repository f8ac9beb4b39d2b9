"""Every entry of the catalogue: its real operation, and a receiver that checks what it is told."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Iterator
from itertools import chain
from typing import Any

import httpx
import pytest

from tests.collections_app.api.conftest import Vault
from tests.factories import unique
from tests.journeys.events import TOLD_BY_AN_ENGINE, Subscriber, subscribed
from tests.portal import Portal
from tests.s3vault_app.api.wire import Wire as S3Wire
from tests.triggers_app.api.conftest import Sail, make_client, token_of
from vaultportal.events import catalog

pytestmark = pytest.mark.timeout(300)
# What each journey is told of.
JOURNEYS = {
    "test_a_secrets_life_is_told": (
        "vault:secret-created",
        "vault:secret-read",
        "vault:secret-updated",
        "vault:secret-deleted",
        "vault:secret-read-approval",
    ),
    "test_an_objects_life_is_told": (
        "vault:object-added",
        "vault:object-updated",
        "vault:object-deleted",
        "vault:object-expired",
        "vault:object-read-approval",
        "vault:object-delete-approval",
    ),
    "test_an_action_is_asked_for_and_told": ("vault:action-invoked", "vault:action-approval"),
    "test_machines_are_asked_for": ("vault:endpoint-install-approval",),
    "test_a_refusal_is_told": ("vault:access-denied",),
    "test_an_endpoint_that_is_gone_is_told": ("vault:subscription-disabled",),
}
GATES = "/api/v1/triggers/gates"
VAULT = "/vault/api/v1/secrets"
TELL_EXPIRED = "from collections_app.tasks import tell_expired; tell_expired.delay()"
CODE = b"exports.greet = { type: 'action', handler: () => 'hello' };"


@pytest.fixture
def subscriber(request: pytest.FixtureRequest, sail: Sail) -> Iterator[Subscriber]:
    """To what the journey is about."""
    with subscribed(sail, JOURNEYS[request.function.__name__]) as made:
        yield made


@pytest.fixture(scope="module")
def vault(portal: Portal) -> Iterator[Vault]:
    """The collections as Admin sees them."""
    with httpx.Client(base_url=portal.url, timeout=60) as client:
        yield Vault(client, portal.credentials["piiano"]["api_key"])


@pytest.fixture
def gates(sail: Sail) -> Iterator[Any]:
    """Makes gates; they go again."""
    made = []

    def gate(trigger: str, kind: str, object_id: str) -> None:
        body = {"name": unique("gate"), "trigger": trigger,
                "objects": [{"kind": kind, "id": object_id}]}  # fmt: skip
        made.append(sail.ok("POST", GATES, 201, json=body)["id"])

    yield gate
    for each in made:
        sail.ok("DELETE", f"{GATES}/{each}", 204)


def about(subject: str) -> Any:
    """Whether an event is about this one."""
    return lambda event: event["id"] == subject


def test_a_secrets_life_is_told(
    sail: Sail, portal: Portal, subscriber: Subscriber, gates: Any
) -> None:
    role = sail.ok("POST", "/role-store/api/v1/roles", 201, json={"name": unique("role")})
    reader = Sail(portal.url, token_of(portal, *make_client(sail, role["id"])))
    name = unique("told")
    body: dict[str, Any] = {
        "name": name,
        "data": {"word": "one"},
        "read_roles": [{"id": role["id"]}],
    }
    sail.ok("POST", VAULT, 201, json=body)
    secret = sail.ok("GET", f"/api/v1/secrets/lookup?owner=shared&name={name}")["id"]
    gates("vault:secret-read-approval", "secret", secret)
    subscriber.decide("vault:secret-read-approval", approved=True)

    with reader:
        opened = reader.ok("GET", f"/api/v1/secrets/{secret}/data")
    newer = body | {"data": {"word": "two"}, "write_roles": []}
    assert sail.send("PUT", f"{VAULT}/{name}", json=newer).status_code == 200
    assert sail.send("DELETE", f"{VAULT}/{name}").status_code == 200

    assert opened["data"] == {"word": "one"}
    asked = subscriber.told("vault:secret-read-approval", about(secret))
    read = subscriber.told("vault:secret-read", about(secret))
    created = subscriber.told("vault:secret-created", about(secret))
    updated = subscriber.told("vault:secret-updated", about(secret))
    deleted = subscriber.told("vault:secret-deleted", about(secret))
    assert {each["name"] for each in (asked, read, created, updated, deleted)} == {name}
    assert (created["version"], read["version"], updated["version"]) == (1, 1, 2)
    assert read["actor"] == asked["actor"] != created["actor"]


def test_an_objects_life_is_told(
    portal: Portal, vault: Vault, subscriber: Subscriber, gates: Any
) -> None:
    name = vault.collection()
    data = f"data/collections/{name}"
    made = vault.add(name, {"full_name": "Ida Roth", "ssn": "987-65-4321"})
    added = subscriber.told("vault:object-added", about(made))
    collection = added["vault"]["id"]
    for trigger in ("vault:object-delete-approval", "vault:object-read-approval"):
        gates(trigger, "collection", collection)
        subscriber.decide(trigger, approved=True)
    item = {"type": "pci", "object": {"id": made}, "props": ["ssn"]}
    token = vault.ok("POST", f"{data}/tokens", json=[item])[0]["token_id"]
    short = vault.add(name, {"full_name": "Eve"}, params={"expiration_secs": "1"})

    vault.ok("PATCH", f"{data}/objects/{made}", json={"note": "called back"})
    values = vault.ok("GET", f"{data}/tokens", params={"token_ids": token})
    vault.ok("DELETE", f"{data}/objects/{made}")
    archived = f"{data}/objects/{short}?options=unsafe&options=archived"
    until = time.monotonic() + 60
    while vault.call("GET", archived).status_code == 404:  # until its second is over
        assert time.monotonic() < until
    portal.manage("shell", "--no-imports", "-c", TELL_EXPIRED)

    assert values[0]["fields"] == {"ssn": "987-65-4321"}
    assert added["path"] == f"{name}/{made}"
    updated = subscriber.told("vault:object-updated", about(made))
    assert updated["changes"] == [{"attribute": "note"}]
    assert subscriber.told("vault:object-read-approval", about(collection))["name"] == name
    assert subscriber.told("vault:object-delete-approval", about(made))["path"] == added["path"]
    assert subscriber.told("vault:object-deleted", about(made))["path"] == added["path"]
    assert subscriber.told("vault:object-expired", about(short))["actor"]["id"] == "system"


def test_an_action_is_asked_for_and_told(vault: Vault, subscriber: Subscriber, gates: Any) -> None:
    name = unique("greet").replace("-", "_")
    vault.ok("POST", "ctl/bundles", json={"name": name, "code": b64encode(CODE).decode()})
    body = {"name": name, "function": f"{name}.greet", "role": "VaultAdminRole"}
    vault.ok("POST", "ctl/actions", json=body)
    assert vault.ok("POST", f"data/actions/{name}") == "hello"
    told = subscriber.told("vault:action-invoked", lambda event: event["action"] == name)
    gates("vault:action-approval", "action", told["id"])
    subscriber.decide("vault:action-approval", approved=True)

    assert vault.ok("POST", f"data/actions/{name}") == "hello"

    assert subscriber.told("vault:action-approval", about(told["id"]))["action"] == name
    again = subscriber.told("vault:action-invoked", about(told["id"]))
    assert (again["outcome"], again["function"]) == ("success", f"{name}.greet")


def test_machines_are_asked_for(
    portal: Portal, sail: Sail, subscriber: Subscriber, gates: Any
) -> None:
    wire = S3Wire(portal)
    access = portal.credentials["commvault"]
    wire.log_in(access["username"], access["password"])
    (machine,) = [
        each["number"] for each in sail.ok("GET", "/api/v1/s3/machines")["items"]
        if each["kind"] == "local"
    ]  # fmt: skip
    plans = wire.get("v2/Plan", subType="Server")["plans"]
    (plan,) = [each["plan"] for each in plans if each["plan"]["planName"] == "standard"]
    gates("vault:endpoint-install-approval", "machine", str(machine))
    subscriber.decide("vault:endpoint-install-approval", approved=False)
    name = unique("told")
    order = {"bucket": {"clientName": name}, "plan": plan, "cvs3Endpoints": [{"clientId": machine}]}

    refused = wire.send("POST", "V4/CVS3Store", json=order)

    assert refused.status_code == 403, refused.text
    asked = subscriber.told("vault:endpoint-install-approval", lambda event: event["name"] == name)
    assert asked["machines"] == [machine]


def test_a_refusal_is_told(sail: Sail, portal: Portal, subscriber: Subscriber) -> None:
    client_id, secret = make_client(sail)
    with Sail(portal.url, token_of(portal, client_id, secret)) as stranger:
        answer = stranger.send("GET", "/api/v1/triggers/gates")

    assert answer.status_code == 403
    told = subscriber.told("vault:access-denied", lambda event: event["actor"]["id"] == client_id)
    assert told["operation"].startswith("GET ")
    assert re.fullmatch(r"127\.0\.0\.1|::1", told["client"]["ip"])


def test_an_endpoint_that_is_gone_is_told(sail: Sail, vault: Vault, subscriber: Subscriber) -> None:
    url = f"{subscriber.receiver.url}{unique('/told')}/gone"
    dead = sail.subscribe(triggerId="vault:object-added", http={"url": url})
    vault.add(vault.collection(), {"full_name": "Ida Roth"})

    told = subscriber.told("vault:subscription-disabled", about(dead["id"]))

    assert (told["trigger"], told["reason"]) == ("vault:object-added", "gone")
    sail.ok("DELETE", f"/trigger-subscriptions/v1/{dead['id']}", 204)


def test_every_entry_has_its_journey() -> None:
    told = [*chain(*JOURNEYS.values()), *TOLD_BY_AN_ENGINE]

    assert sorted(told) == sorted(each.id for each in catalog.every())
    assert JOURNEYS.keys() <= globals().keys()
