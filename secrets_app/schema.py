"""JSON Schema over the data of secrets: linear time, no look outside, no value in a fault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NoReturn

import jsonschema_rs

from vaultportal.errors import Fault, Invalid

MAX_SCHEMA_BYTES = 64 * 1024
MAX_FAULTS = 20

# Draft 2020-12 keywords as codes of faults; whatever is not here is a matter of format.
_CODES = {
    "required": "missing",
    "type": "type",
    "enum": "choice",
    "const": "choice",
    "maxLength": "range",
    "minLength": "range",
    "maximum": "range",
    "minimum": "range",
    "exclusiveMaximum": "range",
    "exclusiveMinimum": "range",
    "maxItems": "range",
    "minItems": "range",
    "maxProperties": "range",
    "minProperties": "range",
    "additionalProperties": "unknown",
    "unevaluatedProperties": "unknown",
}
_WORDS = {
    "missing": "lacks a required field",
    "type": "is of the wrong type",
    "choice": "is not one of the allowed values",
    "range": "is out of bounds",
    "unknown": "has a field that is not known",
    "format": "has the wrong form",
}


def _refuse(_uri: str) -> NoReturn:
    raise ValueError("Schemas may refer to their own parts only.")


@lru_cache(maxsize=128)
def _compiled(text: str) -> Any:
    return jsonschema_rs.validator_for(
        json.loads(text),
        retriever=_refuse,  # the library would fetch http and read files
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(size_limit=1 << 20),  # no backtracking
    )


def check(schema: Any, prop: str = "schema") -> None:
    """Refuse what is no JSON Schema for an object, or refers to anything beyond itself.

    Raises:
        Invalid: with one fault about ``prop``.
    """
    if not isinstance(schema, dict):
        raise _invalid(Fault(prop, "type", "must be an object"))
    text = json.dumps(schema, sort_keys=True)
    if len(text) > MAX_SCHEMA_BYTES:
        raise _invalid(Fault(prop, "range", f"must have at most {MAX_SCHEMA_BYTES} bytes"))
    try:
        _compiled(text)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
        raise _invalid(
            Fault(prop, "format", "is not a JSON Schema that stands on its own")
        ) from None


def faults_of(schema: Mapping[str, Any], data: Mapping[str, Any]) -> list[Fault]:
    """Where ``data`` does not fit ``schema``; the first faults only, and never a value."""
    faults: list[Fault] = []
    for error in _compiled(json.dumps(schema, sort_keys=True)).iter_errors(dict(data)):
        code = _CODES.get(error.kind.name, "format")
        prop = ".".join(["data", *(str(part) for part in error.instance_path)])
        faults.append(Fault(prop, code, _WORDS[code]))
        if len(faults) == MAX_FAULTS:
            break
    return faults


def _invalid(fault: Fault) -> Invalid:
    return Invalid("type", f"{fault.property} {fault.message}.", faults=(fault,))
