"""JSON Patch: the examples of RFC 6902's appendix, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from triggers_app import json_patch
from vaultportal.errors import Invalid

CASES: list[tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]] = [
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"foo": "bar", "baz": "qux"}),
    (
        {"foo": ["bar", "baz"]},
        [{"op": "add", "path": "/foo/1", "value": "qux"}],
        {"foo": ["bar", "qux", "baz"]},
    ),
    ({"baz": 1, "foo": 2}, [{"op": "remove", "path": "/baz"}], {"foo": 2}),
    ({"foo": ["a", "b", "c"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["a", "c"]}),
    ({"baz": 1}, [{"op": "replace", "path": "/baz", "value": 2}], {"baz": 2}),
    (
        {"foo": {"bar": 1, "waldo": 2}, "qux": {}},
        [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
        {"foo": {"bar": 1}, "qux": {"thud": 2}},
    ),
    (
        {"foo": ["all", "grass", "cows", "eat"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
        {"foo": ["all", "cows", "eat", "grass"]},
    ),
    (
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [
            {"op": "test", "path": "/baz", "value": "qux"},
            {"op": "test", "path": "/foo/1", "value": 2.0},
        ],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    (
        {"foo": "bar"},
        [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
        {"foo": "bar", "child": {"grandchild": {}}},
    ),
    ({"foo": 1}, [{"op": "add", "path": "/foo", "value": None, "xyz": 1}], {"foo": None}),
    (
        {"/": 9, "~1": 10},
        [
            {"op": "test", "path": "/~01", "value": 10},
            {"op": "replace", "path": "/~1", "value": 8},
        ],
        {"/": 8, "~1": 10},
    ),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["x"]}], {"foo": ["bar", ["x"]]}),
    ({"a": {"b": 1}}, [{"op": "copy", "from": "/a", "path": "/c"}], {"a": {"b": 1}, "c": {"b": 1}}),
    ({"a": 1}, [{"op": "replace", "path": "", "value": {"b": 2}}], {"b": 2}),
    ({"": 1}, [{"op": "replace", "path": "/", "value": 2}], {"": 2}),
]

REFUSED: list[tuple[dict[str, Any], Any]] = [
    ({"baz": "qux"}, {"op": "test", "path": "/baz", "value": "bar"}),
    ({"a": 1}, {"op": "test", "path": "/a", "value": True}),
    ({"a": "10"}, {"op": "test", "path": "/a", "value": 10}),
    ({"foo": "bar"}, {"op": "add", "path": "/baz/bat", "value": "qux"}),
    ({"foo": ["a"]}, {"op": "add", "path": "/foo/2", "value": 1}),
    ({"foo": ["a"]}, {"op": "add", "path": "/foo/01", "value": 1}),
    ({"foo": ["a"]}, {"op": "replace", "path": "/foo/-", "value": 1}),
    ({"foo": ["a"]}, {"op": "remove", "path": "/foo/1"}),
    ({"foo": 1}, {"op": "remove", "path": "/bar"}),
    ({"foo": 1}, {"op": "replace", "path": "/bar", "value": 1}),
    ({"foo": {"a": {}}}, {"op": "move", "from": "/foo", "path": "/foo/a"}),
    ({"foo": 1}, {"op": "copy", "path": "/bar"}),
    ({"foo": 1}, {"op": "copy", "from": "/none", "path": "/bar"}),
    ({"foo": 1}, {"op": "add", "path": "foo", "value": 1}),
    ({"foo": 1}, {"op": "add", "path": 1, "value": 1}),
    ({"foo": 1}, {"op": ["add"], "path": "/foo", "value": 1}),
    ({"foo": 1}, {"op": "replace", "path": "", "value": []}),
    ({"foo": 1}, []),
]


@pytest.mark.parametrize(("document", "operations", "patched"), CASES)
def test_what_operations_do(
    document: dict[str, Any], operations: list[Any], patched: dict[str, Any]
) -> None:
    before = repr(document)

    assert json_patch.apply(document, operations) == patched
    assert repr(document) == before


@pytest.mark.parametrize(("document", "operation"), REFUSED)
def test_what_is_refused(document: dict[str, Any], operation: Any) -> None:
    with pytest.raises(Invalid):
        json_patch.apply(document, [operation])


def test_copies_do_not_grow_without_end() -> None:
    doubling = [{"op": "copy", "from": "/a", "path": f"/a/{number}"} for number in range(100)]

    with pytest.raises(Invalid):
        json_patch.apply({"a": {"x": 1}}, doubling)
