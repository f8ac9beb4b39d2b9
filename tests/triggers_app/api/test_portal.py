"""Our own API of triggers, over HTTP: secrets, health, log, replay, keys, and its documents."""

from __future__ import annotations

import time
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.factories import unique
from tests.receiver import Receiver
from tests.triggers_app.api.conftest import Sail, start

BASE = "/api/v1/triggers"


@pytest.fixture
def told(sail: Sail, receiver: Receiver) -> Any:
    """A subscription whose deliveries the receiver takes."""
    place = unique("/told")
    made = sail.subscribe(http={"url": receiver.url + place})
    yield made | {"path": place}
    sail.send("DELETE", f"/trigger-subscriptions/v1/{made['id']}")


def entry(sail: Sail, invocation: str) -> dict[str, Any]:
    """A row of the log, once it has an outcome."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        found = dict(sail.ok("GET", f"{BASE}/invocations/{invocation}"))
        if found["completed_at"]:
            return found
        time.sleep(0.1)  # between two looks
    raise AssertionError("no outcome")


def delivered(receiver: Receiver, path: str, invocation: str) -> None:
    """Wait for this one; events of other tests may come before it."""
    while receiver.next(path).headers["webhook-id"] != invocation:
        pass


def test_a_rotated_secret_signs_beside_the_old_one(
    sail: Sail, told: dict[str, Any], receiver: Receiver
) -> None:
    path = f"{BASE}/subscriptions/{told['id']}"
    rotated = sail.ok("POST", f"{path}/signing-secret", 201, json={"overlap_seconds": 600})
    start(sail, told)

    sent = receiver.next(told["path"])

    for secret in (told["signingSecret"], rotated["signing_secret"]):
        assert Webhook(secret).verify(sent.body, sent.headers) == sent.json
    state = sail.ok("GET", path)
    assert state["previous_secret_until"] == rotated["previous_secret_until"]
    assert state["health"]["circuit"] == "closed"
    assert "whsec_" not in str(state)


def test_an_endpoint_is_spared_and_gets_a_second_signature(
    sail: Sail, told: dict[str, Any], receiver: Receiver
) -> None:
    path = f"{BASE}/subscriptions/{told['id']}"
    changes = {"ed25519": True, "most_at_once": 2, "most_per_second": 50}

    assert changes.items() <= sail.ok("PATCH", path, json=changes).items()
    start(sail, told)

    headers = receiver.next(told["path"]).headers
    assert [each[:3] for each in headers["webhook-signature"].split()] == ["v1,", "v1a"]
    (key,) = [each for each in sail.ok("GET", f"{BASE}/keys")["keys"] if not each["retired_at"]]
    assert key["algorithm"] == "ed25519" and key["key"].startswith("whpk_")
    for wrong in ({"most_at_once": 0}, {"ed25519": None}, {"none": 1}):
        assert sail.send("PATCH", path, json=wrong).status_code == 400


def test_the_log_tells_each_attempt_and_no_secret(
    sail: Sail, told: dict[str, Any], receiver: Receiver
) -> None:
    begun = start(sail, told)
    receiver.next(told["path"])

    found = entry(sail, begun["id"])

    assert (found["state"], found["attempts"], found["error"]) == ("completed", 1, None)
    (attempt,) = found["tries"]
    assert (attempt["number"], attempt["outcome"], attempt["status"]) == (1, "accepted", 200)
    assert attempt["response_body"] == "{}" and attempt["duration_ms"] >= 0
    assert begun["secret"] not in str(found)


def test_the_log_is_paged_by_key_and_filtered(sail: Sail, told: dict[str, Any]) -> None:
    begun = [start(sail, told)["id"] for _ in range(3)]
    query = {"subscription": told["id"], "limit": 2}

    pages = [sail.ok("GET", f"{BASE}/invocations", params=query)]
    while pages[-1]["next"]:
        query["before"] = pages[-1]["next"]
        pages.append(sail.ok("GET", f"{BASE}/invocations", params=query))

    ids = [row["id"] for page in pages for row in page["items"]]
    assert [each for each in ids if each in begun] == begun[::-1]  # what others did is told too
    assert len(pages) == -(-len(ids) // 2) and len(ids) == len(set(ids))
    since = {"since": "2100-01-01T00:00:00Z", "subscription": told["id"]}
    assert sail.ok("GET", f"{BASE}/invocations", params=since)["items"] == []
    for wrong in ({"state": "none"}, {"since": "x"}, {"before": "x"}, {"limit": 0}):
        assert sail.send("GET", f"{BASE}/invocations", params=wrong).status_code == 400


def test_one_and_many_are_delivered_once_more(
    sail: Sail, told: dict[str, Any], receiver: Receiver
) -> None:
    begun = start(sail, told)
    delivered(receiver, told["path"], begun["id"])
    entry(sail, begun["id"])

    again = sail.ok("POST", f"{BASE}/invocations/{begun['id']}/replay", 201)
    delivered(receiver, told["path"], again["id"])

    assert again["replay_of"] == begun["id"] != again["id"]
    choice = {"subscription_id": told["id"], "states": ["completed"]}
    job = sail.ok("POST", f"{BASE}/replays", 202, json=choice)
    assert job["subscription_id"] == told["id"]
    assert job["id"] in {each["id"] for each in sail.ok("GET", f"{BASE}/replays")["items"]}
    assert sail.ok("GET", f"{BASE}/replays/{job['id']}")["state"] in {"queued", "running", "done"}
    assert sail.send("POST", f"{BASE}/replays", json={"since": "x"}).status_code == 400
