"""Lists of subscriptions: filters, sorters, pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.triggers_app.api.conftest import Sail
from tests.triggers_app.api.subscriptions import (
    PATH,
    UPDATED,
)


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
