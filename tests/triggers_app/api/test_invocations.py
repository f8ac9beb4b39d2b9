"""Test invocations and statuses: sections 5.8 and 5.9 of the contract, really delivered."""

from __future__ import annotations

import time
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.factories import unique
from tests.receiver import Receiver
from tests.triggers_app.api.conftest import FACT, QUESTION, Sail, start

TEST = "/trigger-invocations/v1/test"
STATUS = "/trigger-invocations/v1/status"
SUBSCRIPTIONS = "/trigger-subscriptions/v1"
ANSWER = {"approved": False, "comment": "not now", "approver": "lena"}


def statuses(sail: Sail, subscription: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
    filters = f'subscriptionId eq "{subscription["id"]}"'
    return list(sail.ok("GET", STATUS, params={"filters": filters} | params))


def finished(sail: Sail, subscription: dict[str, Any]) -> dict[str, Any]:
    """The newest status, once it has an outcome."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        found = statuses(sail, subscription)
        if found and found[0]["completed"]:
            return found[0]
        time.sleep(0.1)  # between two looks
    raise AssertionError("no outcome")


def test_a_test_event_is_delivered_signed_and_told_of(sail: Sail, receiver: Receiver) -> None:
    place = unique("/told")
    made = sail.subscribe(http={"url": receiver.url + place}, enabled=False)

    begun = start(sail, made, contentJson={"ticket": "CHG-19"})
    sent = receiver.next(place)
    headers, body = sent.headers, sent.json

    assert begun["contentJson"] == {"ticket": "CHG-19"} and len(begun["secret"]) == 36
    assert headers["webhook-id"] == body["_metadata"]["invocationId"] == begun["id"]
    # Nothing is answered to a fact, so there is nothing to answer with.
    assert {"secret", "callbackURL", "responseMode"}.isdisjoint(body["_metadata"])
    found = finished(sail, made)
    example = sail.ok("GET", "/triggers/v1", params={"filters": f'id eq "{FACT}"'})[0]
    assert found == {
        "id": begun["id"],
        "triggerId": FACT,
        "subscriptionId": made["id"],
        "subscriptionName": made["name"],
        "type": "TEST",
        "created": found["created"],
        "completed": found["completed"],
        "startInvocationInput": {
            "triggerId": FACT,
            "input": example["exampleInput"],
            "contentJson": {"ticket": "CHG-19"},
        },
        "completeInvocationInput": {"output": None, "localizedError": None},
    }
    assert found["created"].endswith("Z") and len(found["created"]) == 24
    assert begun["secret"] not in str(found)
    sail.ok("DELETE", f"{SUBSCRIPTIONS}/{made['id']}", 204)


def test_the_signature_is_one_of_the_library(sail: Sail, receiver: Receiver) -> None:
    place = unique("/signed")
    made = sail.subscribe(http={"url": receiver.url + place})
    start(sail, made)

    sent = receiver.next(place)

    assert Webhook(made["signingSecret"]).verify(sent.body, sent.headers) == sent.json
    sail.ok("DELETE", f"{SUBSCRIPTIONS}/{made['id']}", 204)


def test_a_question_carries_its_secret_and_is_answered_by_it(
    sail: Sail, question: dict[str, Any], receiver: Receiver, stranger: Sail
) -> None:
    begun = start(sail, question)
    metadata = receiver.next(question["path"]).json["_metadata"]

    assert metadata["secret"] == begun["secret"]
    assert metadata["callbackURL"] == f"{sail.url}/beta/trigger-invocations/{begun['id']}/complete"
    path = metadata["callbackURL"].removeprefix(sail.url)
    stranger.ok("POST", path, 204, json={"secret": metadata["secret"], "output": ANSWER})

    (found,) = statuses(sail, question)
    assert found["completeInvocationInput"] == {"output": ANSWER, "localizedError": None}
    assert begun["secret"] not in str(found)


def test_who_is_excluded_by_a_filter_gets_nothing(sail: Sail) -> None:
    made = sail.subscribe(filter='$[?($.name == "other")]')
    body = {"triggerId": FACT, "contentJson": {}, "subscriptionIds": [made["id"]]}

    assert sail.ok("POST", TEST, json=body) == []
    assert statuses(sail, made) == []
    sail.ok("DELETE", f"{SUBSCRIPTIONS}/{made['id']}", 204)


def test_without_a_subscriber_there_is_no_content(sail: Sail) -> None:
    body = {"triggerId": FACT, "contentJson": {}, "subscriptionIds": []}
    sail.ok("POST", TEST, 204, json=body)
    sail.ok("POST", TEST, 204, json=body | {"subscriptionIds": ["none"]})


def test_an_input_of_ones_own_must_fit_the_schema(sail: Sail, question: dict[str, Any]) -> None:
    (trigger,) = sail.ok("GET", "/triggers/v1", params={"filters": f'id eq "{QUESTION}"'})
    own = trigger["exampleInput"] | {"name": "mine", "more": {"created": "x"}}

    start(sail, question, input=own)

    assert statuses(sail, question)[0]["startInvocationInput"]["input"] == own
    changes: list[dict[str, Any]] = [{"actor": None}, {"type": "OTHER"}, {"_metadata": {}}]
    for wrong in ({}, *(own | change for change in changes)):
        body = {"triggerId": QUESTION, "contentJson": {}, "input": wrong}
        assert sail.send("POST", TEST, json=body).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"triggerId": FACT},
        {"contentJson": {}},
        {"triggerId": "vault:none", "contentJson": {}},
        {"triggerId": FACT, "contentJson": []},
        {"triggerId": FACT, "contentJson": {}, "subscriptionIds": "x"},
        {"triggerId": FACT, "contentJson": {}, "subscriptionIds": [1]},
        {"triggerId": FACT, "contentJson": {}, "input": "x"},
    ],
)
def test_what_no_test_is_started_with(sail: Sail, body: Any) -> None:
    assert sail.send("POST", TEST, json=body).status_code == 400


def test_statuses_are_filtered_sorted_and_counted(sail: Sail, question: dict[str, Any]) -> None:
    begun = [start(sail, question)["id"] for _ in range(3)]
    filters = f'subscriptionId eq "{question["id"]}" and triggerId eq "{QUESTION}"'

    newest_first = sail.send("GET", STATUS, params={"filters": filters, "count": "true"})
    oldest_first = sail.ok("GET", STATUS, params={"filters": filters, "sorters": "created"})
    page = sail.ok("GET", STATUS, params={"filters": filters, "limit": 1, "offset": 1})
    other = sail.ok("GET", STATUS, params={"filters": filters.replace(QUESTION, FACT)})

    assert newest_first.headers["X-Total-Count"] == "3"
    assert {each["id"] for each in newest_first.json()} == set(begun)
    assert [each["id"] for each in oldest_first] == begun
    assert page[0]["id"] == newest_first.json()[1]["id"]
    assert all(each["completed"] is None for each in oldest_first)
    assert all(each["completeInvocationInput"] is None for each in oldest_first)
    assert other == []
    for sorters in ("triggerId", "-subscriptionName", "-completed,created"):
        sail.ok("GET", STATUS, params={"sorters": sorters, "limit": 1})
    for wrong in ({"sorters": "id"}, {"filters": 'id eq "x"'}, {"filters": 'triggerId co "x"'}):
        assert sail.send("GET", STATUS, params=wrong).status_code == 400
