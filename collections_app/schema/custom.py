"""Custom data types: a built-in type with functions of bundles in place of its own.

A custom type does what its base does wherever it names no function of its own. Its values are kept
as the base's are, so whatever a function makes of a value must have the JSON type of the base.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from collections_app import verdicts
from collections_app.schema import checks, masks
from collections_app.schema.checks import Check
from collections_app.schema.datatypes import BUILTIN, DataType
from collections_app.schema.functions import Function
from collections_app.schema.masks import Transform

# How the values of types that are no strings must look, whatever a custom type makes of them.
_SHAPES: Mapping[str, Check] = {
    "LONG_TEXT": checks.long_text,
    "JSON": checks.json_value,
    "INTEGER": checks.integer,
    "BOOLEAN": checks.boolean,
    "DOUBLE": checks.double,
    "BLOB": checks.blob,
}


@dataclass(frozen=True, slots=True)
class Parts:
    """The functions that a custom type names; default: the bare name of a transformer, or ""."""

    validator: Function | None = None
    normalizer: Function | None = None
    transformers: Sequence[Function] = ()
    default: str = ""


def shape_of(base: str) -> Check:
    """What every value of a type on ``base`` must be: text, unless the base says otherwise."""
    return _SHAPES.get(base, checks.text)


def build(
    name: str, base: DataType, parts: Parts, *, description: str, created_at: datetime
) -> DataType:
    """The custom type ``name`` on the built-in type ``base``."""
    made = replace(
        base,
        name=name,
        base=base.name,
        description=description,
        is_builtin=False,
        validator=parts.validator,
        normalizer=parts.normalizer,
        coded=_added(base, parts.transformers),
        default_transformer=parts.default,
        created_at=created_at,
    )
    if not made.has_code:
        return made
    guarded = {key: _guarded(transform) for key, transform in base.transformers.items()}
    return _asking(replace(made, transformers=guarded))


def extended(base: DataType, transformers: Sequence[Function]) -> DataType:
    """A built-in type with transformers added to it."""
    return replace(base, coded=_added(base, transformers))


def _added(base: DataType, transformers: Sequence[Function]) -> dict[str, Function]:
    """By name; a function never stands in for a transformer that the base has.

    Whoever may see ``mask`` or ``token`` may see what those names promise, and no more.
    """
    return {each.name: each for each in transformers if each.name not in base.transformer_names}


def signature(data_type: DataType) -> str:
    """Names what is asked of a value: the base and the exact functions."""
    asked = (data_type.validator, data_type.normalizer)
    return "/".join(
        [data_type.base, *(f"{each.name}@{each.digest}" if each else "" for each in asked)]
    )


def _asking(data_type: DataType) -> DataType:
    """The type with a check that looks up what its functions said."""
    asked = signature(data_type)

    def check(value: Any) -> Any:
        found = verdicts.find(asked, value)
        if found is None:
            raise verdicts.NeedsCode(data_type, value)
        return found.settle()

    return replace(data_type, check=check)


def _guarded(transform: Transform) -> Transform:
    """A transformation of the base, for values that may not look as the base wants them."""

    def shown(value: Any) -> Any:
        try:
            return transform(value)
        except (ValueError, TypeError, IndexError):
            return masks.text(str(value))

    return shown


def base_named(name: str) -> DataType | None:
    """The built-in type of that name in any letter case."""
    return BUILTIN.get(name.upper())
