"""JSON Patch, RFC 6902, and the pointers of RFC 6901: all operations or none."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from vaultportal.errors import Fault, Invalid

MOST_OPERATIONS = 200
# Values in the document: "copy" could double it with each operation.
MOST_VALUES = 300
_NEEDS = {
    "add": "value",
    "replace": "value",
    "test": "value",
    "move": "from",
    "copy": "from",
    "remove": "",
}


def apply(document: Mapping[str, Any], operations: Sequence[Any]) -> dict[str, Any]:
    """A patched copy of ``document``.

    Raises:
        Invalid: an operation is malformed, its target is missing, or a test failed.
    """
    if len(operations) > MOST_OPERATIONS:
        raise _wrong("", "range", f"must have at most {MOST_OPERATIONS} operations")
    patched: Any = copy.deepcopy(dict(document))
    for number, operation in enumerate(operations):
        patched = _one(patched, operation, number)
        if _count(patched, MOST_VALUES) > MOST_VALUES:
            raise _wrong(str(number), "range", "makes the document too large")
    if not isinstance(patched, dict):
        raise _wrong("", "type", "must leave an object")
    return patched


def pointers(operation: Any, number: int = 0) -> list[str]:
    """The pointers of one operation, ``path`` first; Invalid for what is no operation."""
    if not isinstance(operation, dict):
        raise _wrong(str(number), "type", "must be an object")
    name = operation.get("op")
    if not isinstance(name, str) or name not in _NEEDS:
        raise _wrong(f"{number}.op", "choice", f"must be one of {', '.join(sorted(_NEEDS))}")
    needed = _NEEDS[name]
    if needed and needed not in operation:
        raise _wrong(f"{number}.{needed}", "missing", "is required")
    found = []
    for key in ("path", "from") if needed == "from" else ("path",):
        pointer = operation.get(key)
        if pointer is None:
            raise _wrong(f"{number}.{key}", "missing", "is required")
        if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
            raise _wrong(f"{number}.{key}", "format", "must be a JSON pointer")
        found.append(pointer)
    return found


def parts_of(pointer: str) -> list[str]:
    """The unescaped parts of a pointer; none for the whole document."""
    if not pointer:
        return []
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def _one(document: Any, operation: Any, number: int) -> Any:
    path, *source = [parts_of(pointer) for pointer in pointers(operation, number)]
    name = operation["op"]
    if name == "test":
        if not equal(_get(document, path, number), operation["value"]):
            raise _wrong(f"{number}", "conflict", "is a test that failed")
        return document
    if name == "remove":
        return _remove(document, path, number)
    if name == "replace":
        _get(document, path, number)
        return _put(document, path, operation["value"], number, replaces=True)
    if name == "add":
        return _put(document, path, operation["value"], number)
    value = copy.deepcopy(_get(document, source[0], number))
    if name == "move":
        if path[: len(source[0])] == source[0] and path != source[0]:
            raise _wrong(f"{number}.path", "format", "must not lie within what is moved")
        document = _remove(document, source[0], number)
    return _put(document, path, value, number)


def _get(document: Any, path: list[str], number: int) -> Any:
    for part in path:
        if isinstance(document, dict) and part in document:
            document = document[part]
        elif isinstance(document, list):
            document = document[_index(part, len(document) - 1, number)]
        else:
            raise _missing(number)
    return document


def _put(document: Any, path: list[str], value: Any, number: int, *, replaces: bool = False) -> Any:
    value = copy.deepcopy(value)
    if not path:
        return value
    *above, last = path
    holder = _get(document, above, number)
    if isinstance(holder, dict):
        holder[last] = value
    elif isinstance(holder, list) and replaces:
        holder[_index(last, len(holder) - 1, number)] = value
    elif isinstance(holder, list):
        at = len(holder) if last == "-" else _index(last, len(holder), number)
        holder.insert(at, value)
    else:
        raise _missing(number)
    return document


def _remove(document: Any, path: list[str], number: int) -> Any:
    _get(document, path, number)
    if not path:
        return None
    *above, last = path
    holder = _get(document, above, number)
    del holder[last if isinstance(holder, dict) else int(last)]
    return document


def _index(part: str, most: int, number: int) -> int:
    plain = part.isascii() and part.isdigit() and len(part) < 10 and (part == "0" or part[0] != "0")
    if not plain or int(part) > most:
        raise _missing(number)
    return int(part)


def equal(one: Any, other: Any) -> bool:
    """Equality of JSON values: 1 and 1.0 are the same number, true is no number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    return bool(one == other)


def _count(value: Any, most: int) -> int:
    """How many values there are in ``value``, itself included; stops when it is over ``most``."""
    waiting, counted = [value], 0
    while waiting and counted <= most:
        each = waiting.pop()
        counted += 1
        if isinstance(each, (dict, list)):
            waiting.extend(each.values() if isinstance(each, dict) else each)
    return counted


def _missing(number: int) -> Invalid:
    return _wrong(f"{number}.path", "conflict", "leads to nothing")


def _wrong(place: str, code: str, problem: str) -> Invalid:
    prop = place or "body"
    return Invalid(message=f"{prop} {problem}.", faults=(Fault(prop, code, problem),))
