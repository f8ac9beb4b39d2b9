"""JSON Schema over payloads and answers: linear time, no look outside, no value in a fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NoReturn

import jsonschema_rs

from vaultportal.errors import Fault
from vaultportal.events.catalog import EventType

MAX_FAULTS = 20
_CODES = {"required": "missing", "type": "type", "enum": "choice", "const": "choice"}
_WORDS = {
    "missing": "lacks a required field",
    "type": "is of the wrong type",
    "choice": "is not one of the allowed values",
    "format": "has the wrong form",
}


def input_faults(event_type: EventType, payload: Mapping[str, Any]) -> list[Fault]:
    """Where ``payload`` is not what the trigger describes."""
    return _faults(event_type.input_schema, dict(payload), "input")


def output_faults(event_type: EventType, output: Any) -> list[Fault]:
    """Where ``output`` is no answer to the trigger; none for a trigger that asks nothing."""
    schema = event_type.output_schema
    return [] if schema is None else _faults(schema, output, "output")


def _refuse(_uri: str) -> NoReturn:
    raise ValueError("Schemas may refer to their own parts only.")


@lru_cache(maxsize=256)
def _compiled(text: str) -> Any:
    return jsonschema_rs.validator_for(
        json.loads(text),
        retriever=_refuse,  # the library would fetch http and read files
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(size_limit=1 << 20),  # no backtracking
    )


def _faults(schema: str, value: Any, name: str) -> list[Fault]:
    faults: list[Fault] = []
    for error in _compiled(schema).iter_errors(value):
        code = _CODES.get(error.kind.name, "format")
        place = ".".join([name, *(str(part) for part in error.instance_path)])
        faults.append(Fault(place, code, _WORDS[code]))
        if len(faults) == MAX_FAULTS:
            break
    return faults
