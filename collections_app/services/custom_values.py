"""Values of custom types on their way in: put to their functions before a transaction begins.

::

    @checked_by_code(Capability.OBJECTS_CREATOR)
    @trail.unit()
    def add_object(actor: Actor, collection: str, body: Mapping[str, Any], …) -> UUID:

All values of the call go to a function at once. What the functions said stands in ``verdicts``,
where the checks within the transaction find it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import orjson

from collections_app import catalog, verdicts
from collections_app.code_errors import code_refused, place_of
from collections_app.errors import concurrent
from collections_app.permissions import Capability
from collections_app.schema import custom
from collections_app.schema.checks import BadValue
from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.schema.datatypes import BUILTIN, DataType
from collections_app.services import export, guard, script_host
from collections_app.services.options import WriteOptions
from collections_app.verdicts import Key, NeedsCode, Verdict
from vaultportal.errors import NotFound
from vaultportal.identity.actor import Actor
from vaultportal.sandbox.errors import Thrown

P = ParamSpec("P")
R = TypeVar("R")
Door = Callable[Concatenate[Actor, str, P], R]
Wanted = dict[Key, tuple[DataType, Any]]
ATTEMPTS = 5


def checked_by_code(capability: Capability) -> Callable[[Door[P, R]], Door[P, R]]:
    """Around a door that takes values of a collection: its custom types are asked first.

    capability: what the door itself asks for; code runs only for those who hold it.
    """

    def decorate(door: Door[P, R]) -> Door[P, R]:
        @wraps(door)
        def opened(actor: Actor, collection: str, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if verdicts.is_open():  # another door has asked, and would begin anew
                return door(actor, collection, *args, **kwargs)
            met: Wanted = {}
            for _ in range(ATTEMPTS):
                wanted = met | _found(collection, args, kwargs)
                if wanted:
                    guard.require(actor, capability, collection)
                try:
                    with verdicts.known(judge(wanted.values())):
                        return door(actor, collection, *args, **kwargs)
                except NeedsCode as need:
                    _want(met, need.data_type, need.value)
                    catalog.refresh()
            raise concurrent()

        return opened

    return decorate


def _found(collection: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Wanted:
    """Everything in the arguments that stands under the name of a property whose type has code."""
    try:
        schema = catalog.known(collection)
    except NotFound:  # the door refuses, in its own order
        return {}
    coded = schema.coded
    if not coded:
        return {}
    unseal = _opener(schema, args, kwargs)
    wanted: Wanted = {}
    for argument in (*args, *kwargs.values()):
        _walk(argument, coded, wanted, unseal)
    return wanted


def _walk(
    value: Any,
    coded: Mapping[str, PropertySchema],
    wanted: Wanted,
    unseal: Callable[[PropertySchema, Any], Any] | None,
) -> None:
    if isinstance(value, list | tuple):
        for item in value:
            _walk(item, coded, wanted, unseal)
    elif isinstance(value, dict):
        for name, item in value.items():
            each = coded.get(name)
            if each is not None:
                several = item if isinstance(item, list) else []  # of a search with "in"
                for one in (item, *several):
                    if one is not None:
                        _want(wanted, each.data_type, unseal(each, one) if unseal else one)
            if isinstance(item, dict | list):
                _walk(item, coded, wanted, unseal)


def _want(wanted: Wanted, data_type: DataType, value: Any) -> None:
    wanted[verdicts.key_of(custom.signature(data_type), value)] = (data_type, value)


def _opener(
    schema: CollectionSchema, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Callable[[PropertySchema, Any], Any] | None:
    """How an import opens its values; None when they are in clear."""
    if key := kwargs.get("export_key"):
        return export.opener(schema, WriteOptions(is_import=True, export_key=str(key)))
    for each in (*args, *kwargs.values()):
        if isinstance(each, WriteOptions):
            return export.opener(schema, each)
    return None


def judge(wanted: Iterable[tuple[DataType, Any]]) -> dict[Key, Verdict]:
    """What the types say of the values: one call of the runtime for each function.

    Raises:
        Unavailable, NotImplementedHere, Disabled: code cannot run now, or ran out of time.
    """
    by_type: dict[str, tuple[DataType, list[Any]]] = {}
    for data_type, value in wanted:
        by_type.setdefault(custom.signature(data_type), (data_type, []))[1].append(value)
    said: dict[Key, Verdict] = {}
    for signature, (data_type, values) in by_type.items():
        found = _judge_type(data_type, values)
        said |= {
            verdicts.key_of(signature, value): verdict
            for value, verdict in zip(values, found, strict=True)
        }
    return said


def _judge_type(data_type: DataType, values: Sequence[Any]) -> list[Verdict]:
    found = [_shaped(data_type, value) for value in values]
    if data_type.validator is not None:
        _apply(found, _validated(data_type, found))
    if data_type.normalizer is not None:
        _apply(found, _normalized(data_type, found))
    else:
        found = [_based(data_type, value, each) for value, each in zip(values, found, strict=True)]
    return found


def _is_open(verdict: Verdict) -> bool:
    return not verdict.refusal and verdict.fault is None


def _apply(found: list[Verdict], later: Iterable[Verdict]) -> None:
    """Put the verdicts of those that were asked in the places of those that were still open."""
    answers = iter(later)
    for place, verdict in enumerate(found):
        if _is_open(verdict):
            found[place] = next(answers)


def _shaped(data_type: DataType, value: Any) -> Verdict:
    """What the value must be before code sees it; the base's own rule where no validator is."""
    try:
        shaped = custom.shape_of(data_type.base)(value)
        if data_type.validator is None:
            BUILTIN[data_type.base].check(value)
    except BadValue as refusal:
        return Verdict(refusal=str(refusal))
    return Verdict(shaped)


def _validated(data_type: DataType, found: Sequence[Verdict]) -> list[Verdict]:
    function = data_type.validator
    if function is None:
        return []
    asked = [each for each in found if _is_open(each)]
    outcomes = script_host.run_many(function, [[each.value] for each in asked])
    return [
        Verdict(fault=_fault(function.reference, outcome.error))
        if outcome.error is not None
        else each
        if outcome.value is True
        else Verdict(refusal=f"is refused by {function.reference}")
        for each, outcome in zip(asked, outcomes, strict=True)
    ]


def _normalized(data_type: DataType, found: Sequence[Verdict]) -> list[Verdict]:
    function = data_type.normalizer
    if function is None:
        return []
    asked = [each for each in found if _is_open(each)]
    outcomes = script_host.run_many(function, [[each.value] for each in asked])
    made = []
    for outcome in outcomes:
        if outcome.error is not None:
            made.append(Verdict(fault=_fault(function.reference, outcome.error)))
            continue
        try:
            orjson.dumps(outcome.value)
            made.append(Verdict(custom.shape_of(data_type.base)(outcome.value)))
        except (BadValue, TypeError):
            message = f"{function.reference} makes a value that the type cannot hold."
            made.append(Verdict(fault=code_refused(message, **place_of(function.reference, None))))
    return made


def _based(data_type: DataType, value: Any, verdict: Verdict) -> Verdict:
    """Without a normalizer of its own: the base's, as far as the base knows such values."""
    if not _is_open(verdict):
        return verdict
    try:
        return Verdict(BUILTIN[data_type.base].check(value))
    except BadValue:
        return verdict


def _fault(function: str, error: Thrown) -> Any:
    """PV9013 with 400: the value was the caller's."""
    line = error.line or None
    return code_refused(f"{function} has failed with an error.", **place_of(function, line))
