"""The wire of one call: what is asked of the process, and what its answer means.

The answer comes from where hostile code runs: nothing in it is believed. What has not the shape
that our own driver gives it ends the call as ``Died``.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from vaultportal.sandbox.errors import (
    Died,
    HostError,
    LimitHit,
    LimitKind,
    NeverSettled,
    NoSuchExport,
    NotJson,
    Rejected,
    SyntaxFault,
    Thrown,
)
from vaultportal.sandbox.values import Description, Export, Limits, Outcome

DEEPEST = 100  # levels of a result: what the bodies of requests may have
ERRORS = {
    "EvalError",
    "RangeError",
    "ReferenceError",
    "SyntaxError",
    "TypeError",
    "URIError",
    "InternalError",
    "AggregateError",
}
KINDS = {"thrown": Thrown, "rejected": Rejected, "not_json": NotJson}
ENGINE_LIMITS: dict[tuple[str, str], LimitKind] = {
    ("RangeError", "Maximum call stack size exceeded"): "depth",
    ("InternalError", "out of memory"): "memory",
    ("InternalError", "string too long"): "memory",
}
# Frames of our own driver are called portal$...; before the source stands one line. A place without
# a function before it is one in a text that was parsed: the source's, or that of a JSON.parse.
FRAME = re.compile(r"^ *at (?P<name>.*) \(<input>:(?P<line>\d{1,7}):(?P<column>\d{1,7})\)$")
PARSED = re.compile(r"^ *at <input>:(?P<line>\d{1,7}):(?P<column>\d{1,7})$", re.MULTILINE)
LINES_BEFORE = 1
# A backslash, or half a character: the engine escapes those that stand alone, and no others.
ESCAPE = re.compile(rb"\\\\|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class Job:
    """A request to the process. text: JSON; count: of outcomes that are due."""

    text: bytes = field(repr=False)
    export: str
    count: int


def job(
    export: str,
    method: str | None,
    argument_lists: list[list[Any]] | None,
    limits: Limits,
    *,
    vault: bool = False,
) -> Job:
    """The request; ``argument_lists`` is None to have the exports described.

    Raises:
        LimitHit: it is too large. TypeError: the vault is to go into what is not an object.
    """
    if vault and not all(isinstance(values[0], dict) for values in argument_lists or []):
        raise TypeError("The vault goes into an object.")
    text = orjson.dumps(
        {
            "export": export,
            "method": method,
            "items": argument_lists,
            "vault": vault,
            # The code's clock stands at this moment, and its dice begin anew with each call.
            "now": time.time_ns() // 1_000_000,
            "seed": [secrets.randbits(32) for _ in range(4)],
            "output": limits.output_bytes,
            "log": limits.log_bytes,
        }
    )
    if len(text) > limits.input_bytes:
        raise LimitHit(limit="input")
    return Job(text, export, 1 if argument_lists is None else len(argument_lists))


def parse(frame: bytes) -> dict[str, Any]:
    """The JSON object of a frame; half a character in it becomes U+FFFD, as browsers send it.

    Raises:
        LimitHit: it has more levels than any result may have. Died: it is not JSON.
    """
    try:
        parsed = orjson.loads(frame)
    except orjson.JSONDecodeError:
        try:
            parsed = orjson.loads(ESCAPE.sub(_whole, frame))
        except orjson.JSONDecodeError:
            # Depth may be the doing of code that is still behind its locks; nothing else is.
            raise LimitHit(limit="depth") if _is_deep(frame) else Died() from None
    if not isinstance(parsed, dict):
        raise Died
    return parsed


def outcomes(frame: Mapping[str, Any], job: Job, refused: Mapping[int, HostError]) -> list[Outcome]:
    """What the last frame says about each item of the job.

    Args:
        refused: the requests that the host has refused, by their numbers.

    Raises:
        Thrown, NoSuchExport: evaluating the bundle, or finding the function, failed.
        LimitHit: a limit ended it, or one item ran into a limit of the engine. Died: nonsense.
    """
    if "limit" in frame:
        limit = frame["limit"]
        if limit not in ("cpu", "memory", "depth", "output"):
            raise Died
        line, column = place(frame.get("stack", ""))
        raise LimitHit(limit=limit, line=line, column=column)
    if "fault" in frame:
        fault = frame["fault"]
        if isinstance(fault, dict) and fault.get("fault") == "missing":
            raise NoSuchExport(export=job.export)
        raise _fault(fault, "", refused)
    items = frame.get("items")
    if not isinstance(items, list) or len(items) != job.count:
        raise Died
    return [_outcome(item, job.export, refused) for item in items]


def description(value: Any) -> Description:
    """Of the exports, from what the driver tells. Raises Died."""
    try:
        found = [
            Export(
                name=str(each["name"]),
                kind=str(each["kind"]),
                functions=tuple(str(name) for name in each["functions"]),
                metadata=each["metadata"],
            )
            for each in value
        ]
    except (TypeError, KeyError):
        raise Died from None
    return Description(tuple(sorted(found, key=lambda each: each.name)))


def syntax_fault(text: str) -> SyntaxFault:
    """From the message of the parser."""
    found = PARSED.search(text)
    return SyntaxFault(
        name="SyntaxError",
        line=max(1, int(found["line"]) - LINES_BEFORE) if found else 0,
        column=int(found["column"]) if found else 0,
        detail=text.partition("\n")[0][:1000],
    )


def place(stack: Any) -> tuple[int, int]:
    """Line and column of the topmost frame that lies in the bundle; (0, 0) without any."""
    if isinstance(stack, str):
        for text in stack.splitlines():
            frame = FRAME.match(text)
            if frame and not frame["name"].startswith("portal$"):
                return max(1, int(frame["line"]) - LINES_BEFORE), int(frame["column"])
    return 0, 0


def _outcome(item: Any, export: str, refused: Mapping[int, HostError]) -> Outcome:
    if item is None:
        return Outcome(error=NeverSettled(export=export))
    if not isinstance(item, dict):
        raise Died
    if "value" not in item:
        return Outcome(error=_fault(item, export, refused))
    value = item["value"]
    if isinstance(value, (dict, list)) and _is_too_deep(value):
        return Outcome(error=NotJson(export=export, detail="The result has too many levels."))
    return Outcome(value)


def _fault(fault: Any, export: str, refused: Mapping[int, HostError]) -> Thrown:
    if not isinstance(fault, dict) or fault.get("fault") not in KINDS:
        raise Died
    name, message = fault.get("name"), fault.get("message")
    if not isinstance(name, str) or not isinstance(message, str):
        raise Died
    line, column = place(fault.get("stack"))
    limit = ENGINE_LIMITS.get((name, message))
    if limit is not None:
        raise LimitHit(limit=limit, line=line, column=column)
    error = KINDS[fault["fault"]](
        name=name if name in ERRORS else "Error",
        line=line,
        column=column,
        export=export,
        detail=f"{name}: {message}"[:1000],
    )
    if isinstance(error, Rejected):
        number = fault.get("host")
        error.host = refused.get(number) if isinstance(number, int) else None
    return error


def _whole(escape: re.Match[bytes]) -> bytes:
    return escape[0] if escape[0] == rb"\\" else rb"\ufffd"


def _is_deep(frame: bytes) -> bool:
    return frame.count(b"[") + frame.count(b"{") > 1000


def _is_too_deep(value: Any) -> bool:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            return True
        level = [
            child
            for each in level
            for child in (each.values() if isinstance(each, dict) else each)
            if isinstance(child, (dict, list))
        ]
    return False
