"""Reading bodies and queries: faults are collected, named by their place, and hold no value."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from vaultportal.api import query
from vaultportal.api.wire import Fields
from vaultportal.errors import Invalid


def test_every_fault_is_told_at_once() -> None:
    fields = Fields({"name": 5, "tags": ["a", 1], "roles": [{"id": None}, "x"], "flag": 1})

    fields.text("name", required=True)
    fields.texts("tags")
    fields.boolean("flag")
    for role in fields.objects("roles"):
        role.text("id", required=True)
    with pytest.raises(Invalid) as refusal:
        fields.check()

    found = {(fault.property, fault.code) for fault in refusal.value.faults}
    assert found == {
        ("name", "type"),
        ("tags.1", "type"),
        ("flag", "type"),
        ("roles.1", "type"),
        ("roles.0.id", "missing"),
    }


@pytest.mark.parametrize("value", [True, 1.0, "1", [1]])
def test_only_whole_numbers_are_whole_numbers(value: Any) -> None:
    fields = Fields({"n": value})

    fields.integer("n")

    assert [fault.code for fault in fields.faults] == ["type"]


def test_absent_and_null_give_the_default() -> None:
    fields = Fields({"a": None})

    assert fields.text("a", "x") == fields.text("b", "x") == "x"
    assert fields.given("a")
    assert not fields.given("b")
    assert fields.is_null("a")


def test_unknown_fields_are_named_where_they_matter() -> None:
    fields = Fields({"known": 1, "other": 2})

    fields.integer("known")
    fields.refuse_unknown()

    assert [(fault.property, fault.code) for fault in fields.faults] == [("other", "unknown")]


def test_a_message_never_repeats_the_value() -> None:
    fields = Fields({"name": "canary-9f2", "mode": "canary-9f2"})

    fields.text("name", max_length=3)
    fields.choice("mode", "a", ("a", "b"))
    with pytest.raises(Invalid) as refusal:
        fields.check()

    assert "canary" not in str(refusal.value)
    assert not any("canary" in fault.message for fault in refusal.value.faults)


@pytest.mark.parametrize(
    ("text", "code"),
    [("x", "type"), ("1.5", "type"), ("-1", "range"), ("9" * 30, "type"), ("²", "type")],
)
def test_query_numbers_are_strict(text: str, code: str) -> None:
    request = RequestFactory().get("/", {"limit": text})

    with pytest.raises(Invalid) as refusal:
        query.integer(request, "limit", 10, most=100)

    assert refusal.value.faults[0].code == code


def test_arrays_come_repeated_or_with_commas() -> None:
    request = RequestFactory().get("/?p=a&p=b,c&p=")

    assert query.array(request, "p") == ["a", "b", "c"]
