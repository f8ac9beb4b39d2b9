"""Subscriptions on the wire: sections 3 to 5 of the contract, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import unique
from tests.triggers_app.api.conftest import BAD, FACT, QUESTION, Sail, draft

PATH = "/trigger-subscriptions/v1"
MISSING = "400.1.0 Required Data Missing Or Empty"
READONLY = "400.1.1 Illegal update attempt"
LENGTH = "400.1.2 Value length out of range"
ILLEGAL = "400.1.3 Illegal value"
LIMIT = "400.1.4 Limit violation"
REFERENCE = "400.1.404 Referenced object not found"
NOT_FOUND = "404 Not found"
NOBODY = "5f0e7d6c-1b2a-4c3d-8e9f-0123456789ab"
UPDATED = "vault:secret-updated"
BASIC = {
    "httpAuthenticationType": "BASIC_AUTH",
    "basicAuthConfig": {"userName": "vault", "password": "pa55word"},
}


def read(sail: Sail, made: dict[str, Any]) -> dict[str, Any]:
    (found,) = sail.ok("GET", PATH, params={"filters": f'id eq "{made["id"]}"'})
    return dict(found)


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


def patch(sail: Sail, made: dict[str, Any], *operations: Any, **parts: Any) -> Any:
    headers = {"Content-Type": "application/json-patch+json"}
    return sail.ok("PATCH", f"{PATH}/{made['id']}", json=list(operations), headers=headers, **parts)


def patch_refused(sail: Sail, made: dict[str, Any], *operations: Any) -> str:
    before = read(sail, made)
    answer = sail.send("PATCH", f"{PATH}/{made['id']}", json=list(operations))
    assert answer.status_code == 400, answer.text
    assert read(sail, made) == before
    return str(answer.json()["detailCode"])


# -- create -------------------------------------------------------------------------------------


def test_what_was_created_is_told_whole_and_without_credentials(
    sail: Sail, one: dict[str, Any]
) -> None:
    told = dict(one)

    assert told.pop("signingSecret").startswith("whsec_")
    assert told == read(sail, one)
    assert told == {
        "id": one["id"],
        "name": one["name"],
        "description": "for the night",
        "triggerId": UPDATED,
        "triggerName": "Secret updated",
        "type": "HTTP",
        "responseDeadline": "PT20M",
        "httpConfig": {
            "url": "http://127.0.0.1:8999/in",
            "httpDispatchMode": "SYNC",
            "httpAuthenticationType": "BASIC_AUTH",
            "basicAuthConfig": {"userName": "vault", "password": None},
            "bearerTokenAuthConfig": None,
        },
        "eventBridgeConfig": None,
        "enabled": True,
        "filter": '$[?($.vault.name == "finance")]',
    }


def test_what_the_published_python_client_sends_is_taken(sail: Sail) -> None:
    body = draft(
        description=None,
        responseDeadline="PT1H",
        enabled=True,
        http={
            "httpAuthenticationType": "BEARER_TOKEN",
            "basicAuthConfig": None,
            "bearerTokenAuthConfig": {"bearerToken": "r7"},
        },
    ) | {"id": None, "workflowConfig": None, "eventBridgeConfig": None, "unheardOf": {"x": 1}}

    made = sail.ok("POST", PATH, 201, json=body)

    assert made["httpConfig"]["bearerTokenAuthConfig"] == {"bearerToken": None}
    assert made["httpConfig"]["basicAuthConfig"] is None
    sail.ok("DELETE", f"{PATH}/{made['id']}", 204)


def test_a_signing_secret_may_be_brought_along(sail: Sail) -> None:
    secret = "whsec_" + "QUJD" * 8
    made = sail.subscribe(signingSecret=secret)

    assert made["signingSecret"] == secret
    sail.ok("DELETE", f"{PATH}/{made['id']}", 204)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"triggerId": "vault:none"}, REFERENCE),
        ({"triggerId": None}, MISSING),
        ({"name": None}, MISSING),
        ({"type": None}, MISSING),
        ({"httpConfig": None}, MISSING),
        ({"http": {"url": None}}, MISSING),
        ({"http": {"httpDispatchMode": None}}, MISSING),
        ({"http": {"httpAuthenticationType": "BASIC_AUTH"}}, MISSING),
        ({"http": BASIC | {"basicAuthConfig": {"userName": "vault", "password": None}}}, MISSING),
        ({"http": {"httpAuthenticationType": "BEARER_TOKEN"}}, MISSING),
        ({"name": "x" * 256}, LENGTH),
        ({"name": " "}, LENGTH),
        ({"description": "x" * 4001}, LENGTH),
        ({"filter": "$." + "x" * 4096}, LENGTH),
        ({"http": {"url": "https://example.org/" + "x" * 2048}}, LENGTH),
        ({"filter": "$[?("}, ILLEGAL),
        ({"type": "SCRIPT"}, ILLEGAL),
        ({"type": "WORKFLOW"}, ILLEGAL),
        ({"type": "INLINE"}, ILLEGAL),
        ({"type": "EVENTBRIDGE", "eventBridgeConfig": {"awsAccount": "1"}}, ILLEGAL),
        ({"type": "MAIL"}, ILLEGAL),
        ({"http": {"httpDispatchMode": "sync"}}, ILLEGAL),
        ({"http": {"httpAuthenticationType": "MTLS"}}, ILLEGAL),
        ({"responseDeadline": "P1Y"}, ILLEGAL),
        ({"responseDeadline": "PT0S"}, ILLEGAL),
        ({"responseDeadline": "P31D"}, ILLEGAL),
        ({"responseDeadline": "1 hour"}, ILLEGAL),
        ({"signingSecret": "whsec_c2hvcnQ="}, ILLEGAL),
        ({"signingSecret": "none"}, ILLEGAL),
        ({"http": {"url": "ftp://example.org/"}}, ILLEGAL),
        ({"http": {"url": "http://169.254.169.254/latest"}}, ILLEGAL),
        ({"http": {"url": "http://10.0.0.1/"}}, ILLEGAL),
        ({"http": {"url": "http://[::ffff:10.0.0.1]/"}}, ILLEGAL),
        ({"http": {"url": "http://u:p@127.0.0.1:9/"}}, ILLEGAL),
        ({"http": {"url": "no address"}}, ILLEGAL),
        (
            {"http": BASIC | {"basicAuthConfig": {"userName": "a:b", "password": "x"}}},
            ILLEGAL,
        ),
        (
            {
                "http": {
                    "httpAuthenticationType": "BEARER_TOKEN",
                    "bearerTokenAuthConfig": {"bearerToken": "a\r\nX: y"},
                }
            },
            ILLEGAL,
        ),
        ({"name": "a\0b"}, ILLEGAL),
        ({"enabled": "true"}, BAD),
        ({"name": 7}, BAD),
        ({"httpConfig": []}, BAD),
        ({"name": None, "responseDeadline": 1}, BAD),
    ],
)
def test_what_is_not_created(sail: Sail, fields: dict[str, Any], code: str) -> None:
    body = draft() | {key: value for key, value in fields.items() if key != "http"}
    body["httpConfig"] = fields.get("httpConfig", draft()["httpConfig"] | fields.get("http", {}))
    if "httpConfig" in fields:
        body["httpConfig"] = fields["httpConfig"]

    refused = sail.refused("POST", PATH, code, json=body)

    assert "pa55word" not in str(refused)


def test_a_trigger_that_asks_has_one_subscription_disabled_or_not(
    sail: Sail, question: dict[str, Any]
) -> None:
    patch(sail, question, {"op": "replace", "path": "/enabled", "value": False})

    sail.refused("POST", PATH, LIMIT, json=draft(triggerId=QUESTION))


# -- list ---------------------------------------------------------------------------------------


def test_lists_are_filtered_sorted_counted_and_cut(sail: Sail) -> None:
    trigger = "vault:secret-deleted"
    made = [sail.subscribe(triggerId=trigger) for _ in range(3)]
    query = {"filters": f'triggerId eq "{trigger}"'}
    wanted = {each["id"] for each in made}

    whole = sail.send("GET", PATH, params=query | {"count": "true"})
    first = sail.send("GET", PATH, params=query | {"limit": 2, "sorters": "-triggerId"})
    rest = sail.ok("GET", PATH, params=query | {"offset": 2, "sorters": "triggerName"})
    past = sail.ok("GET", PATH, params=query | {"offset": 10})
    none = sail.send("GET", PATH, params=query | {"limit": 0, "count": "true"})

    assert {each["id"] for each in whole.json()} == wanted
    assert whole.headers["X-Total-Count"] == none.headers["X-Total-Count"] == "3"
    assert "X-Total-Count" not in first.headers
    assert (len(first.json()), len(rest), past, none.json()) == (2, 1, [], [])
    for each in made:
        sail.ok("DELETE", f"{PATH}/{each['id']}", 204)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ('id eq "{id}"', 1),
        (f'id eq "{{id}}" and triggerId eq "{UPDATED}"', 1),
        ('not id eq "{id}" and id eq "{id}"', 0),
        ('id eq "none" or ( id eq "{id}" and type eq "HTTP" )', 1),
        ('id eq "{id}" and type le "HTTP"', 1),
        ('id eq "{id}" and type le "A"', 0),
        ('not (id eq "{id}")  and id eq "{id}"', 0),
    ],
)
def test_filters_that_are_understood(
    sail: Sail, one: dict[str, Any], filters: str, found: int
) -> None:
    text = filters.format(id=one["id"])

    assert len(sail.ok("GET", PATH, params={"filters": text})) == found


@pytest.mark.parametrize(
    "params",
    [
        {"filters": 'name eq "x"'},
        {"filters": 'id EQ "x"'},
        {"filters": 'id ne "x"'},
        {"filters": "id eq x"},
        {"filters": 'id eq "x'},
        {"filters": 'id eq "x" and'},
        {"filters": "(" * 40 + 'id eq "x"' + ")" * 40},
        {"filters": 'id in ("x")'},
        {"filters": "pr id"},
        {"filters": "id isnull"},
        {"filters": 'id eq "x")'},
        {"sorters": "name"},
        {"limit": "251"},
        {"limit": "-1"},
        {"limit": "x"},
        {"offset": "-1"},
        {"count": "maybe"},
    ],
)
def test_parameters_that_are_not(sail: Sail, params: dict[str, str]) -> None:
    assert sail.send("GET", PATH, params=params).status_code == 400


def test_spaces_may_come_as_plus(sail: Sail, one: dict[str, Any]) -> None:
    assert len(sail.ok("GET", f"{PATH}?filters=id+eq+%22{one['id']}%22")) == 1


# -- replace ------------------------------------------------------------------------------------


def test_put_replaces_and_does_not_merge(sail: Sail, one: dict[str, Any]) -> None:
    body = {"name": "other", "type": "HTTP", "httpConfig": draft()["httpConfig"]}

    told = sail.ok("PUT", f"{PATH}/{one['id']}", json=body)

    assert told == read(sail, one)
    assert (told["description"], told["filter"], told["responseDeadline"]) == (None, None, "PT1H")
    assert told["httpConfig"]["httpAuthenticationType"] == "NO_AUTH"
    assert told["triggerId"] == UPDATED


def test_a_password_is_kept_for_the_same_name_and_for_no_other(
    sail: Sail, one: dict[str, Any]
) -> None:
    path = f"{PATH}/{one['id']}"
    same = draft(http={**BASIC, "basicAuthConfig": {"userName": "vault", "password": None}})
    other = draft(http={**BASIC, "basicAuthConfig": {"userName": "other", "password": None}})
    without = draft()
    for body in (same, other, without):
        del body["triggerId"]

    sail.ok("PUT", path, json=same)
    sail.refused("PUT", path, MISSING, json=other)
    sail.ok("PUT", path, json=without)
    sail.refused("PUT", path, MISSING, json=same)


@pytest.mark.parametrize("field", ["id", "triggerId"])
def test_what_cannot_change(sail: Sail, one: dict[str, Any], field: str) -> None:
    body = {**one, field: FACT}
    refused = sail.refused("PUT", f"{PATH}/{one['id']}", READONLY, json=body)

    assert refused["causes"][0]["text"] == f"{field} cannot be changed."
    del one["signingSecret"]
    assert sail.ok("PUT", f"{PATH}/{one['id']}", json=one) == one


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("subscription", [NOBODY, "none", "a%2Fb"])
def test_unknown_subscriptions_are_404(sail: Sail, method: str, subscription: str) -> None:
    bodies: dict[str, Any] = {"PUT": {"json": draft()}, "PATCH": {"json": []}, "DELETE": {}}

    sail.refused(method, f"{PATH}/{subscription}", NOT_FOUND, 404, **bodies[method])


# -- patch --------------------------------------------------------------------------------------


def test_patches_of_every_kind(sail: Sail, one: dict[str, Any]) -> None:
    url = "http://127.0.0.1:8998/other"
    told = patch(
        sail,
        one,
        {"op": "test", "path": "/name", "value": one["name"]},
        {"op": "replace", "path": "/httpConfig/url", "value": url},
        {"op": "copy", "from": "/name", "path": "/description"},
        {"op": "add", "path": "/name", "value": "new"},
        {"op": "remove", "path": "/filter"},
        {"op": "replace", "path": "/enabled", "value": False},
    )

    assert told == read(sail, one)
    assert (told["name"], told["description"]) == ("new", one["name"])
    assert (told["filter"], told["enabled"], told["httpConfig"]["url"]) == (None, False, url)
    moved = patch(sail, one, {"op": "move", "from": "/description", "path": "/name"})
    assert (moved["name"], moved["description"]) == (one["name"], None)


@pytest.mark.parametrize(
    ("value", "enabled"), [("false", False), ("true", True), (0, False), (1, True)]
)
def test_what_stands_for_a_boolean_in_the_python_client(
    sail: Sail,
    one: dict[str, Any],
    value: Any,
    enabled: bool,  # noqa: FBT001 a table
) -> None:
    operation = {"op": "replace", "path": "/enabled", "value": value}

    assert patch(sail, one, operation)["enabled"] is enabled


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/id", "value": NOBODY},
        {"op": "replace", "path": "/triggerId", "value": FACT},
        {"op": "replace", "path": "/triggerName", "value": "x"},
        {"op": "replace", "path": "", "value": {}},
        {"op": "copy", "from": "/id", "path": "/name"},
        {"op": "increase", "path": "/name"},
        {"op": "replace", "path": "/name"},
        {"op": "replace", "path": "name", "value": "x"},
        {"op": "replace", "value": "x"},
        {"op": "replace", "path": "/httpConfig/none", "value": "x"},
        {"op": "remove", "path": "/httpConfig/bearerTokenAuthConfig/bearerToken"},
        {"op": "test", "path": "/name", "value": "other"},
        {"op": "remove", "path": "/name"},
        {"op": "remove", "path": "/httpConfig"},
        {"op": "replace", "path": "/filter", "value": "$[?("},
        {"op": "replace", "path": "/enabled", "value": "yes"},
        {"op": "replace", "path": "/enabled", "value": 2},
        {"op": "replace", "path": "/type", "value": "WORKFLOW"},
        {"op": "add", "path": "/workflowConfig", "value": {"workflowId": "x"}},
        {"op": "replace", "path": "/httpConfig/url", "value": "http://10.0.0.1/"},
        "text",
    ],
)
def test_of_a_wrong_patch_nothing_is_applied(
    sail: Sail, one: dict[str, Any], operation: Any
) -> None:
    first = {"op": "replace", "path": "/description", "value": "was applied"}

    patch_refused(sail, one, first, operation)


def test_a_patch_is_an_array(sail: Sail, one: dict[str, Any]) -> None:
    sail.refused("PATCH", f"{PATH}/{one['id']}", BAD, json={"op": "remove", "path": "/filter"})


# -- delete, rights, prefixes -------------------------------------------------------------------


def test_what_is_deleted_is_gone_and_its_open_questions_fail(
    sail: Sail, question: dict[str, Any]
) -> None:
    body = {"triggerId": QUESTION, "contentJson": {}}
    (made,) = sail.ok("POST", "/trigger-invocations/v1/test", json=body)

    sail.ok("DELETE", f"{PATH}/{question['id']}", 204)
    sail.refused("DELETE", f"{PATH}/{question['id']}", NOT_FOUND, 404)

    filters = {"filters": f'subscriptionId eq "{question["id"]}"'}
    (status,) = sail.ok("GET", "/trigger-invocations/v1/status", params=filters)
    assert (status["id"], status["subscriptionName"]) == (made["id"], question["name"])
    assert status["completeInvocationInput"]["localizedError"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/triggers/v1"),
        ("GET", PATH),
        ("POST", PATH),
        ("PUT", f"{PATH}/{NOBODY}"),
        ("PATCH", f"{PATH}/{NOBODY}"),
        ("DELETE", f"{PATH}/{NOBODY}"),
        ("POST", f"{PATH}/validate-filter"),
        ("GET", "/trigger-invocations/v1/status"),
        ("POST", "/trigger-invocations/v1/test"),
    ],
)
def test_strangers_are_refused(stranger: Sail, method: str, path: str) -> None:
    bodies: dict[str, Any] = {
        "POST": draft() | {"input": {}, "filter": "$.a", "contentJson": {}},
        "PUT": draft(),
        "PATCH": [],
    }
    parts = {"json": bodies[method]} if method in bodies else {}

    stranger.refused(method, path, "403 Forbidden", 403, **parts)


@pytest.mark.parametrize("release", ["beta", "v2024", "v2025", "v2026"])
def test_every_release_has_the_same_operations(sail: Sail, release: str) -> None:
    base = f"/{release}/trigger-subscriptions"
    headers = {"X-SailPoint-Experimental": "true"} if release in ("v2024", "v2025") else {}
    body = draft(name=unique("release"))

    made = sail.ok("POST", base, 201, json=body, headers=headers)
    path = f"{base}/{made.pop('id')}"
    sail.ok("PUT", path, json=body, headers=headers)
    sail.ok("PATCH", path, json=[], headers=headers)
    sail.ok("DELETE", path, 204, headers=headers)
    sail.ok("GET", base, headers=headers)
    sail.ok("GET", f"/{release}/triggers", headers=headers)
    sail.ok("GET", f"/{release}/trigger-invocations/status", headers=headers)
    sail.ok("POST", f"{base}/validate-filter", json={"input": {}, "filter": "$"}, headers=headers)
    sail.refused("POST", f"/{release}/trigger-invocations/test", MISSING, json={}, headers=headers)


def test_the_header_is_asked_for_by_all_operations_of_two_releases(sail: Sail) -> None:
    for release in ("v2024", "v2025"):
        sail.refused("GET", f"/{release}/triggers", BAD)
