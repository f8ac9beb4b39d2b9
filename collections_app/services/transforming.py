"""Values of custom transformations on their way out: a page of objects is one call of the runtime.

A transformer sees the value, what its prototype names of the object, and a context of who asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from collections_app.code_errors import answer_refused
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.schema.functions import Function
from collections_app.services import script_host
from collections_app.services.options import DEFAULT_REASON
from vaultportal import trail
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role
from vaultportal.identity.models.role import EVERYONE

if TYPE_CHECKING:
    from collections_app.services.outgoing import Column


def functions_of(columns: Sequence[Column]) -> dict[str, Function]:
    """The functions behind the columns that have one, by the key of the column."""
    return {
        each.key: each.property.data_type.coded[each.transformer]
        for each in columns
        if each.transformer in each.property.data_type.coded
    }


def needed_by(schema: CollectionSchema, columns: Sequence[Column]) -> dict[str, PropertySchema]:
    """The properties that functions ask to see beside those that are shown."""
    functions = functions_of(columns).values()
    if not functions:
        return {}
    return {
        each.name: each
        for each in schema.listed(with_builtins=True)
        if any(function.wants(each.name) for function in functions)
    }


def shown(
    actor: Actor,
    schema: CollectionSchema,
    columns: Sequence[Column],
    opened: Sequence[Mapping[str, Any]],
    param: str,
) -> dict[str, list[Any]]:
    """What custom transformations make of every row, by the key of their column; null stays null.

    Raises:
        CodeFailed: PV9013, of the first value at which a function failed.
    """
    functions = functions_of(columns)
    if not functions:
        return {}
    asked_by = _asked_by(actor, schema, param)
    made: dict[str, list[Any]] = {}
    for column in columns:
        function = functions.get(column.key)
        if function is None:
            continue
        name = column.property.name
        context = asked_by | {"prop": name}
        places = [place for place, row in enumerate(opened) if row.get(name) is not None]
        calls = [
            [context, _visible(function, opened[place]), opened[place][name]] for place in places
        ]
        values: list[Any] = [None] * len(opened)
        if calls:
            trail.uncovered()  # the code has the values, whether or not an answer comes of it
        outcomes = script_host.run_many(function, calls) if calls else []
        for place, outcome in zip(places, outcomes, strict=True):
            if outcome.error is not None:
                raise script_host.worded(function.reference, outcome.error)
            values[place] = _writable(function, outcome.value)
        made[column.key] = values
    return made


def _writable(function: Function, value: Any) -> Any:
    """PV9013 for a number beyond 64 bits and half a character, which our JSON does not write."""
    try:
        orjson.dumps(value)
    except TypeError:
        raise answer_refused(function.reference) from None
    return value


def _visible(function: Function, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in row.items() if value is not None and function.wants(name)
    }


def _asked_by(actor: Actor, schema: CollectionSchema, param: str) -> dict[str, Any]:
    context: dict[str, Any] = {
        "user": actor.name,
        "role": role_names(actor),
        "reason": actor.reason or DEFAULT_REASON,
        "collection": schema.name,
        "props": {each.name: each.data_type.name for each in schema.listed(with_builtins=False)},
    }
    return context | ({"param": param} if param else {})


def role_names(actor: Actor) -> str:
    """The actor's roles by name, the one that everybody has apart; a comma between several."""
    held = Role.objects.filter(pk__in=actor.role_ids).exclude(name=EVERYONE, system=True)
    return ",".join(held.order_by("name").values_list("name", flat=True))
