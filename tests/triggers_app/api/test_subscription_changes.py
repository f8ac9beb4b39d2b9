"""Subscriptions replaced and patched."""

from __future__ import annotations

from typing import Any

import pytest

from tests.triggers_app.api.conftest import BAD, FACT, Sail, draft
from tests.triggers_app.api.subscriptions import (
    BASIC,
    MISSING,
    NOBODY,
    PATH,
    READONLY,
    UPDATED,
    patch,
    patch_refused,
    read,
)


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
