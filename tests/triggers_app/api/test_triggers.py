"""The catalogue on the wire, and trying a filter: sections 4, 5.1 and 5.7 of the contract."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from tests.triggers_app.api.conftest import FACT, QUESTION, Sail

PATH = "/triggers/v1"
FILTER = "/trigger-subscriptions/v1/validate-filter"
MOMENTS = {"created", "modified", "deleted"}
INPUT = {"name": "payroll-db", "vault": {"name": "finance"}}


def test_every_trigger_can_be_read_by_the_published_clients(sail: Sail) -> None:
    found = sail.ok("GET", PATH)

    assert [each["id"] for each in found] == sorted(each["id"] for each in found)
    assert {FACT, QUESTION, "vault:subscription-disabled", "vault:access-denied"} <= {
        each["id"] for each in found
    }
    for each in found:
        example = each["exampleInput"]
        # The envelope that exactly one of the client's thirty payload models fits.
        assert len(MOMENTS & example.keys()) == 1, each["id"]
        for key in ("id", "name", "type", "connector"):
            assert isinstance(example[key], str) and example[key], each["id"]
        assert set(example["actor"]) == {"type", "id", "name"}
        assert all(isinstance(value, str) for value in example["actor"].values())
        assert "_metadata" not in example
        schema = json.loads(each["inputSchema"])
        jsonschema_rs.validate(schema, example)
        assert "additionalProperties" not in schema
        assert isinstance(each["name"], str) and isinstance(each["description"], str)
        if each["type"] == "FIRE_AND_FORGET":
            assert (each["outputSchema"], each["exampleOutput"]) == (None, None)
        else:
            assert each["type"] == "REQUEST_RESPONSE"
            assert set(each["exampleOutput"]) == {"approved", "comment", "approver"}
            jsonschema_rs.validate(json.loads(each["outputSchema"]), each["exampleOutput"])


def test_the_catalogue_is_filtered_sorted_and_counted(sail: Sail) -> None:
    one = sail.send("GET", PATH, params={"filters": f'id eq "{FACT}"', "count": "true"})
    after = sail.ok("GET", PATH, params={"filters": f'id ge "{FACT}" and id le "{QUESTION}"'})
    by_name = sail.ok("GET", PATH, params={"sorters": "-name"})
    cut = sail.ok("GET", PATH, params={"limit": 2, "offset": 1})

    assert [each["id"] for each in one.json()] == [FACT]
    assert one.headers["X-Total-Count"] == "1"
    assert {FACT, QUESTION} <= {each["id"] for each in after}
    names = [each["name"].casefold() for each in by_name]
    assert names == sorted(names, reverse=True)
    assert [each["id"] for each in cut] == [each["id"] for each in sail.ok("GET", PATH)[1:3]]


@pytest.mark.parametrize(
    "params", [{"filters": 'name eq "x"'}, {"filters": 'id sw "x"'}, {"sorters": "type"}]
)
def test_what_the_catalogue_is_not_asked_for(sail: Sail, params: dict[str, str]) -> None:
    assert sail.send("GET", PATH, params=params).status_code == 400


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ('$[?($.vault.name == "finance")]', (True, True, True, True)),
        ('$[?($.vault.name == "hr")]', (True, True, True, False)),
        ("$.vault.none", (False, True, False, False)),
        ('$[?($.none.deeper == "x")]', (True, True, True, False)),
        ("$[?(", (False, False, False, False)),
        ("none", (False, False, False, False)),
    ],
)
def test_a_filter_is_tried(sail: Sail, text: str, verdict: tuple[bool, ...]) -> None:
    found = sail.ok("POST", FILTER, json={"input": INPUT, "filter": text})

    keys = ("isValid", "isValidJSONPath", "isPathExist", "matches")
    assert found == dict(zip(keys, verdict, strict=True))


@pytest.mark.parametrize(
    "body",
    [{}, {"input": {}}, {"filter": "$"}, {"input": [], "filter": "$"}, {"input": {}, "filter": 1}],
)
def test_what_is_needed_to_try_one(sail: Sail, body: Any) -> None:
    assert sail.send("POST", FILTER, json=body).status_code == 400
