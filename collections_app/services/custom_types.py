"""Data types made of functions of bundles: list, add, get, update, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collections_app import typetable
from collections_app.code_errors import built_in, code_missing, in_use
from collections_app.errors import bad_request, exists
from collections_app.models import CustomType
from collections_app.permissions import Capability
from collections_app.schema.custom import base_named
from collections_app.schema.datatypes import BUILTIN, DataType
from collections_app.schema.functions import (
    NORMALIZER,
    TRANSFORMER,
    VALIDATOR,
    is_code_name,
    is_reference,
)
from collections_app.schema.wire import check_description
from collections_app.services import bundles, guard
from vaultportal import trail
from vaultportal.identity.actor import Actor

MOST_TRANSFORMERS = 100


@dataclass(frozen=True, slots=True)
class TypeDraft:
    """A data type as it was asked for; None is "not given".

    validator, normalizer: ``bundle.function``. transformers: those, and bare names of the base's.
    """

    name: str
    base_type_name: str | None = None
    description: str | None = None
    validator: str | None = None
    normalizer: str | None = None
    transformers: Sequence[str] | None = None
    default_transformer: str | None = None


def list_types(actor: Actor, *, bundle: str = "", with_builtins: bool = False) -> list[DataType]:
    """Custom types by name, built-in ones first when they are asked for.

    bundle: only types that refer to a function of it.

    Source: Piiano Vault, ``GET /ctl/types``.
    """
    guard.require(actor, Capability.TYPES_READER)
    rows = {row.name: row for row in CustomType.objects.all()}
    compiled = typetable.load()
    shown = [*BUILTIN] if with_builtins else []
    shown += [name for name in sorted(rows) if name not in BUILTIN]
    if bundle:
        shown = [name for name in sorted(rows) if bundle in rows[name].bundle_names]
    return [compiled.get(name) or BUILTIN[name] for name in shown]


def get_type(actor: Actor, name: str) -> DataType:
    """One data type, built-in ones in any letter case; PV1004 when there is none.

    Source: Piiano Vault, ``GET /ctl/types/{type}``.
    """
    guard.require(actor, Capability.TYPES_READER)
    return _shown(name)


@trail.unit()
def add_type(actor: Actor, draft: TypeDraft) -> DataType:
    """Make a data type on a built-in one.

    Raises:
        Invalid: PV1012. Conflict: PV9001. NotFound: PV1004, a function that is not there.

    Source: Piiano Vault, ``POST /ctl/types``.
    """
    guard.require(actor, Capability.TYPES_WRITER)
    if not is_code_name(draft.name):
        raise bad_request("name", "must be a letter, then letters, digits and underscores")
    base = base_named(draft.base_type_name or "")
    if base is None:
        raise bad_request("base_type_name", "must be a built-in data type")
    check_description(draft.description or "")
    bundles.lock()
    if base_named(draft.name) or CustomType.objects.filter(name=draft.name).exists():
        raise exists("data type", draft.name)
    row = CustomType(
        name=draft.name,
        base_type_name=base.name,
        description=draft.description or "",
        validator=_reference("validator", draft.validator, VALIDATOR),
        normalizer=_reference("normalizer", draft.normalizer, NORMALIZER),
        transformers=_transformers(base, draft.transformers or ()),
    )
    row.default_transformer = _default(base, row, draft.default_transformer or "")
    row.save(force_insert=True)
    _record(actor, "type.add", row)
    return _shown(row.name)


@trail.unit()
def update_type(actor: Actor, name: str, draft: TypeDraft) -> DataType:
    """Replace the transformers of any type; of a custom one also description and default.

    The validator may change only while the type has no normalizer: stored values were checked
    before they were normalized, and could not be checked again.

    Raises:
        Invalid: PV9005, PV1012. NotFound: PV1004.

    Source: Piiano Vault, ``PATCH /ctl/types/{type}``.
    """
    guard.require(actor, Capability.TYPES_WRITER)
    bundles.lock()
    base = base_named(name)
    row = _extension(base) if base is not None else _row(name)
    if base is None:
        base = BUILTIN[row.base_type_name]
        _change(row, draft)
    elif any((draft.description, draft.validator, draft.normalizer, draft.default_transformer)):
        raise built_in("data type", base.name)
    if draft.transformers is not None:
        row.transformers = _transformers(base, draft.transformers)
    row.default_transformer = _default(
        base,
        row,
        row.default_transformer if draft.default_transformer is None else draft.default_transformer,
    )
    row.save()
    _record(actor, "type.update", row)
    return _shown(row.name)


@trail.unit()
def delete_type(actor: Actor, name: str) -> None:
    """Delete a data type that no property has.

    Raises:
        Invalid: PV9005, it is built in. Conflict: PV9002. NotFound: PV1004.

    Source: Piiano Vault, ``DELETE /ctl/types/{type}``.
    """
    guard.require(actor, Capability.TYPES_WRITER)
    bundles.lock()
    base = base_named(name)
    if base is not None:
        raise built_in("data type", base.name)
    row = _row(name)
    if bundles.is_type_used(row.name):
        raise in_use("data type", row.name)
    _record(actor, "type.delete", row)
    row.delete()


def _row(name: str) -> CustomType:
    rows = CustomType.objects.select_for_update()  # a property may be about to take it
    row = None if "\0" in name else rows.filter(name=name).first()
    if row is None:
        raise code_missing("data type")
    return row


def _extension(base: DataType) -> CustomType:
    row = CustomType.objects.filter(name=base.name).first()
    return row if row is not None else CustomType(name=base.name)


def _shown(name: str) -> DataType:
    base = base_named(name)
    found = typetable.load().get(base.name if base else name) or base
    if found is None:
        raise code_missing("data type")
    return found


def _change(row: CustomType, draft: TypeDraft) -> None:
    if draft.base_type_name not in (None, row.base_type_name):
        raise bad_request("base_type_name", "cannot be changed")
    if draft.normalizer not in (None, row.normalizer):
        raise bad_request("normalizer", "cannot be changed")
    if draft.validator not in (None, row.validator):
        if row.normalizer:
            raise bad_request("validator", "cannot be changed while the type has a normalizer")
        row.validator = _reference("validator", draft.validator, VALIDATOR)
    if draft.description is not None:
        check_description(draft.description)
        row.description = draft.description


def _reference(field: str, given: str | None, kind: str) -> str:
    """``bundle.function`` of an existing function of the kind, or ""."""
    if not given:
        return ""
    if not is_reference(given):
        raise bad_request(field, "must read bundle.function")
    return bundles.function_of(given, kind).reference


def _transformers(base: DataType, given: Sequence[str]) -> list[str]:
    """The functions among ``given``; bare names must be the base's own, which stay in any case."""
    if len(given) > MOST_TRANSFORMERS:
        raise bad_request("transformers", f"must have at most {MOST_TRANSFORMERS} items")
    own: dict[str, str] = {}
    for each in given:
        if each in base.transformer_names:
            continue
        reference = _reference("transformers", each, TRANSFORMER)
        if not reference:
            raise bad_request("transformers", "must not hold an empty name")
        bare = reference.partition(".")[2]
        if bare in base.transformer_names:
            raise bad_request("transformers", "must not hold a function named like a built-in one")
        if own.setdefault(bare, reference) != reference:
            raise bad_request("transformers", "must not hold two functions of one name")
    return list(own.values())


def _default(base: DataType, row: CustomType, given: str) -> str:
    """A transformer that the type has, as it is written there, or ""."""
    if not given or given in row.transformers or given in base.transformer_names:
        return given
    by_bare_name = {each.partition(".")[2]: each for each in row.transformers}
    if given not in by_bare_name:
        raise bad_request("default_transformer", "must be one of the transformers")
    return by_bare_name[given]


def _record(actor: Actor, action: str, row: CustomType) -> None:
    detail: Mapping[str, Any] = {"base": row.base_type_name, "functions": row.references[:100]}
    trail.record(actor, action, trail.Target("data_type", str(row.id), row.name), **detail)
