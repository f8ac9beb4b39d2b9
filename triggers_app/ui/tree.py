"""JSON as a tree of names: payloads, answers and the schemas of both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_NODES = 2000
MOST_LETTERS = 300
MOST_LEVELS = 20  # the template goes down as far as the tree does


@dataclass(frozen=True, slots=True)
class Node:
    """One place. kind: its type; text: its value, or what the schema says of it."""

    name: str
    kind: str
    text: str = field(default="", repr=False)
    is_required: bool = False
    inner: list[Node] = field(default_factory=list)


def of_value(value: Any) -> list[Node]:
    """The members of an object or array; no more than ``MOST_NODES`` in all.

    Below ``MOST_LEVELS`` levels, "…" stands for what is inside.
    """
    return _members(value, [MOST_NODES], MOST_LEVELS)


def of_schema(text: str) -> list[Node]:
    """The properties that a JSON Schema describes."""
    return _properties(json.loads(text))


def pretty(value: Any) -> str:
    """JSON for people to read."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _members(value: Any, left: list[int], levels: int) -> list[Node]:
    if isinstance(value, Mapping):
        pairs = [(str(name), each) for name, each in value.items()]
    elif isinstance(value, list):
        pairs = [(str(number), each) for number, each in enumerate(value)]
    else:
        return []
    found = []
    for name, each in pairs:
        if left[0] <= 0:
            break
        left[0] -= 1
        if levels == 1 and isinstance(each, Mapping | list) and each:
            found.append(Node(name, _kind(each), "…"))
        else:
            inner = _members(each, left, levels - 1)
            found.append(Node(name, _kind(each), _text(each), inner=inner))
    return found


def _kind(value: Any) -> str:
    kinds = ((bool, "boolean"), ((int, float), "number"), (str, "string"), (Mapping, "object"))
    for python, name in kinds:
        if isinstance(value, python):
            return name
    return "array" if isinstance(value, list) else "null"


def _text(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return "" if value else ("{}" if isinstance(value, Mapping) else "[]")
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS] + "…"


def _properties(schema: Mapping[str, Any]) -> list[Node]:
    required = set(schema.get("required", ()))
    return [
        _property(name, each, is_required=name in required)
        for name, each in schema.get("properties", {}).items()
    ]


def _property(name: str, schema: Mapping[str, Any], *, is_required: bool) -> Node:
    kind = schema.get("format") or schema.get("type") or ""
    inner = _properties(schema)
    if schema.get("type") == "array" and isinstance(schema.get("items"), Mapping):
        items = schema["items"]
        inner = _properties(items)
        kind = f"{items.get('type', '')}[]"
    text = ""
    if "const" in schema:
        text, kind = json.dumps(schema["const"]), kind or "string"
    elif "enum" in schema:
        text, kind = " | ".join(json.dumps(each) for each in schema["enum"]), kind or "string"
    return Node(name, str(kind or "any"), text, is_required, inner)
