"""Section 12 of the contract: the fifteen things that are easily got wrong, over HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.factories import unique
from tests.portal import Portal
from tests.receiver import Receiver, Reply
from tests.triggers_app.api.conftest import FACT, QUESTION, Sail, draft, start
from tests.triggers_app.api.subscriptions import BASIC, PATH
from tests.triggers_app.api.test_invocations import finished

MOMENTS = {"created", "modified", "deleted"}
NOBODY = "5f0e7d6c-1b2a-4c3d-8e9f-0123456789ab"
ANSWER = {"approved": True, "comment": "ok", "approver": "lena"}
Subscribe = Callable[..., dict[str, Any]]


@pytest.fixture
def own() -> Iterator[Receiver]:
    """A receiver that one test may make behave as it wants."""
    with Receiver().running() as running:
        yield running


@pytest.fixture
def subscribe(sail: Sail) -> Iterator[Subscribe]:
    """Makes subscriptions that go again; of a trigger that asks there is one at most."""
    made: list[dict[str, Any]] = []

    def make(trigger: str, url: str, mode: str = "SYNC", **fields: Any) -> dict[str, Any]:
        if trigger == QUESTION:
            for left in sail.ok("GET", PATH, params={"filters": f'triggerId eq "{QUESTION}"'}):
                sail.ok("DELETE", f"{PATH}/{left['id']}", 204)
        http = {"url": url, "httpDispatchMode": mode}
        made.append(sail.subscribe(triggerId=trigger, http=http, **fields))
        return made[-1]

    yield make
    for each in made:
        sail.send("DELETE", f"{PATH}/{each['id']}")


def complete(sail: Sail, invocation: dict[str, Any], secret: str = "") -> httpx.Response:
    body = {"secret": secret or invocation["secret"], "output": ANSWER}
    return sail.send("POST", f"/beta/trigger-invocations/{invocation['id']}/complete", json=body)


def test_1_and_12_each_trigger_is_what_a_strict_client_can_parse(sail: Sail) -> None:
    for each in sail.ok("GET", "/triggers/v1"):
        example = each["exampleInput"]
        assert len(MOMENTS & example.keys()) == 1
        assert isinstance(example["connector"], str)
        assert isinstance(each["inputSchema"], str)
        assert each["type"] in ("FIRE_AND_FORGET", "REQUEST_RESPONSE")


def test_2_a_patch_is_taken_by_its_own_type_and_whole_or_not_at_all(
    sail: Sail, one: dict[str, Any]
) -> None:
    path, headers = f"{PATH}/{one['id']}", {"Content-Type": "application/json-patch+json"}
    good = {"op": "replace", "path": "/description", "value": "by day"}
    bad = {"op": "replace", "path": "/triggerId", "value": FACT}

    refused = sail.send("PATCH", path, json=[good, bad], headers=headers)
    kept = sail.ok("GET", PATH, params={"filters": f'id eq "{one["id"]}"'})[0]
    taken = sail.ok("PATCH", path, json=[good], headers=headers)

    assert (refused.status_code, kept["description"]) == (400, "for the night")
    assert taken["description"] == "by day"


@pytest.mark.parametrize("encoding", ["data", "files", "params"])
def test_3_a_token_is_had_by_a_form_by_parts_and_by_the_address(
    portal: Portal, encoding: str
) -> None:
    pair = portal.credentials["sailpoint"]
    fields: dict[str, Any] = {"grant_type": "client_credentials", "client_id": pair["client_id"],
                              "client_secret": pair["client_secret"]}  # fmt: skip
    if encoding == "files":
        fields = {name: (None, value) for name, value in fields.items()}
    parts: dict[str, Any] = {encoding: fields}

    answer = httpx.post(f"{portal.url}/oauth/token", timeout=30, **parts)

    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "bearer"


def test_4_complete_knows_no_404_and_no_409(
    sail: Sail, nobody: Sail, question: dict[str, Any]
) -> None:
    made = start(sail, question)

    answers = [complete(sail, each) for each in ({"id": NOBODY, "secret": "x"}, made, made)]

    assert [each.status_code for each in answers] == [400, 204, 400]
    for each in (answers[0], answers[2]):
        assert list(each.json()) == ["detailCode", "trackingId", "messages", "causes"]
    assert complete(nobody, made).json().keys() == {"error"}


def test_5_a_wrong_secret_closes_nothing_and_the_first_completion_wins(
    sail: Sail, question: dict[str, Any]
) -> None:
    made = start(sail, question)

    statuses = [complete(sail, made, secret).status_code for secret in ("wrong", "", "")]

    assert statuses == [403, 204, 400]


def test_6_only_who_may_answer_later_is_told_how(
    sail: Sail, subscribe: Subscribe, own: Receiver
) -> None:
    for trigger, mode, told in (
        (FACT, "SYNC", False), (QUESTION, "SYNC", False), (QUESTION, "ASYNC", True),
    ):  # fmt: skip
        place = unique("/told")
        start(sail, subscribe(trigger, own.url + place, mode))
        metadata = own.next(place).json["_metadata"]
        assert ({"secret", "callbackURL"} <= metadata.keys()) is told
        assert metadata.get("responseMode", "none") in ("none", "sync", "async")


def test_7_the_mode_says_what_a_200_means(sail: Sail, subscribe: Subscribe, own: Receiver) -> None:
    own.answer = lambda received: Reply(
        202 if received.path == "/later" else 200, b'{"approved": true, "comment": "at once"}'
    )

    start(sail, dynamic := subscribe(QUESTION, f"{own.url}/now", "DYNAMIC"))
    output = finished(sail, dynamic)["completeInvocationInput"]["output"]
    assert output["comment"] == "at once"
    for place, mode in (("/later", "DYNAMIC"), ("/now", "ASYNC")):
        waiting = subscribe(QUESTION, own.url + place, mode)
        made = start(sail, waiting)
        own.next(place)
        assert complete(sail, made).status_code == 204
        output = finished(sail, waiting)["completeInvocationInput"]["output"]
        assert output["comment"] == "ok"


def test_8_a_test_reaches_who_is_disabled_and_says_204_for_nobody(
    sail: Sail, subscribe: Subscribe, own: Receiver
) -> None:
    place = unique("/off")

    start(sail, subscribe(FACT, own.url + place, enabled=False))
    own.next(place)

    body = {"triggerId": FACT, "contentJson": {}, "subscriptionIds": [NOBODY]}
    sail.ok("POST", "/trigger-invocations/v1/test", 204, json=body)


@pytest.mark.parametrize(
    ("text", "is_valid", "matches"),
    [
        ('$[?(@.name == "payroll")]', True, True),
        ('$[?(@.tags contains "x")]', True, True),
        ("$[?($.tags.length() >= 2)]", True, True),
        ("$.tags[(@.length-1)]", False, False),
    ],
)
def test_9_filters_are_read_as_jayway_reads_them(
    sail: Sail, text: str, *, is_valid: bool, matches: bool
) -> None:
    body = {"input": {"name": "payroll", "tags": ["x", "y"]}, "filter": text}

    found = sail.ok("POST", f"{PATH}/validate-filter", json=body)

    assert (found["isValid"], found["matches"]) == (is_valid, matches)


def test_10_put_replaces_and_credentials_stay_inside(sail: Sail, one: dict[str, Any]) -> None:
    body = draft(triggerId=one["triggerId"], http=BASIC)
    body["httpConfig"]["basicAuthConfig"] = {"userName": "vault", "password": None}

    put = sail.ok("PUT", f"{PATH}/{one['id']}", json=body)

    assert (put["description"], put["filter"]) == (None, None)
    assert "pa55word" not in str(put)
    assert put["httpConfig"]["httpAuthenticationType"] == "BASIC_AUTH"


def test_11_the_experimental_header_is_for_some_releases_only(sail: Sail) -> None:
    paths = ("/beta/triggers", "/v2026/triggers", "/triggers/v1", "/v2024/triggers")

    assert [sail.send("GET", path).status_code for path in paths] == [200, 200, 200, 400]


def test_12_enabled_is_a_boolean_and_names_are_there(sail: Sail, question: dict[str, Any]) -> None:
    start(sail, question)

    for each in sail.ok("GET", PATH):
        assert isinstance(each["enabled"], bool)
        assert each["type"] in ("HTTP", "EVENTBRIDGE", "INLINE", "SCRIPT", "WORKFLOW")
    for each in sail.ok("GET", "/trigger-invocations/v1/status", params={"limit": 20}):
        assert isinstance(each["subscriptionName"], str)
        assert isinstance(each["triggerId"], str)


def test_13_no_redirects_and_pages_as_long_as_asked(sail: Sail) -> None:
    assert sail.send("GET", "/triggers/v1/").status_code == 404
    everything = sail.send("GET", "/triggers/v1")
    counted = sail.send("GET", "/triggers/v1", params={"count": "true", "limit": 3})

    assert "X-Total-Count" not in everything.headers
    assert counted.headers["X-Total-Count"] == str(len(everything.json()))
    assert len(counted.json()) == 3
    assert sail.send("GET", "/triggers/v1", params={"limit": 251}).status_code == 400


def test_14_whoever_writes_does_not_wait_for_the_receiver(
    sail: Sail, subscribe: Subscribe, own: Receiver
) -> None:
    """That no gate fails open: ``gates/test_gates_over_http.py``, approvers that are down."""
    answered = threading.Event()
    place = unique("/slow")

    def hang(_received: Any) -> Reply:
        answered.wait(60)
        return Reply()

    own.answer = hang
    name = unique("slow")
    subscribe(FACT, own.url + place, filter=f'$[?($.name == "{name}")]')

    made = sail.send("POST", "/vault/api/v1/secrets", json={"name": name, "data": {"a": "b"}})
    arrived = own.next(place)
    still = sail.ok("GET", f"/api/v1/secrets/lookup?owner=shared&name={name}")
    answered.set()

    assert made.status_code == 201
    assert arrived.json["name"] == still["name"] == name


def test_15_addresses_are_checked_and_redirects_not_followed(
    sail: Sail, subscribe: Subscribe, own: Receiver
) -> None:
    for url in ("http://169.254.169.254/", "https://10.0.0.1/", "https://[::ffff:10.0.0.1]/"):
        body = draft(http={"url": url, "httpDispatchMode": "SYNC"})
        sail.refused("POST", PATH, "400.1.3 Illegal value", json=body)
    own.answer = lambda _received: Reply(302, b"", {"Location": f"{own.url}/elsewhere"})
    place = unique("/moved")

    made = start(sail, subscribe(FACT, own.url + place))
    own.next(place)

    until = time.monotonic() + 60
    entry = f"/api/v1/triggers/invocations/{made['id']}"
    while not (tries := sail.ok("GET", entry)["tries"]):
        assert time.monotonic() < until
        time.sleep(0.05)  # between two looks
    assert tries[0]["status"] == 302
    assert {each.path for each in own.requests} == {place}
