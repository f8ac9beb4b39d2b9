"""Subscriptions made and deleted, and who may: sections 3 to 5 of the contract, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import unique
from tests.triggers_app.api.conftest import BAD, QUESTION, Sail, draft
from tests.triggers_app.api.subscriptions import (
    BASIC,
    ILLEGAL,
    LENGTH,
    LIMIT,
    MISSING,
    NOBODY,
    NOT_FOUND,
    PATH,
    REFERENCE,
    UPDATED,
    patch,
    read,
)


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


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("subscription", [NOBODY, "none", "a%2Fb"])
def test_unknown_subscriptions_are_404(sail: Sail, method: str, subscription: str) -> None:
    bodies: dict[str, Any] = {"PUT": {"json": draft()}, "PATCH": {"json": []}, "DELETE": {}}

    sail.refused(method, f"{PATH}/{subscription}", NOT_FOUND, 404, **bodies[method])


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
