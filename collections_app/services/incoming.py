"""Bodies of objects → checked, normalized values. Nothing here touches the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from collections_app.errors import (
    bad_request,
    bad_value,
    property_missing,
    readonly,
    tenant_unclear,
    value_required,
)
from collections_app.schema.checks import BadValue
from collections_app.schema.compiled import (
    BUILTIN_PROPERTIES,
    CollectionSchema,
    PropertySchema,
)
from collections_app.schema.timestamps import parse_time
from collections_app.services.guard import check_tenants
from collections_app.services.options import WriteOptions

TIMES = frozenset({"_creation_time", "_modification_time", "_expiration_time"})
OWNER = frozenset({"_owner_id", "_owner_collection"})


@dataclass(slots=True)
class Incoming:
    """One object as the caller gave it.

    values: normalized, of the collection's own properties; cleared: those that were given as null.
    builtins: normalized values of built-in properties that were given, None for null.
    """

    object_id: UUID | None = None
    values: dict[str, Any] = field(default_factory=dict, repr=False)
    cleared: set[str] = field(default_factory=set)
    builtins: dict[str, Any] = field(default_factory=dict)

    @property
    def given(self) -> set[str]:
        """Names of everything that was given, the id apart."""
        return self.values.keys() | self.cleared | (self.builtins.keys() - {"id"})

    @property
    def tenant(self) -> str | None:
        """``_tenant_id`` as given."""
        found = self.builtins.get("_tenant_id")
        return None if found is None else str(found)

    @property
    def owner(self) -> tuple[str, UUID] | None:
        """Collection and id of the owner, None for no owner or one that is taken away."""
        collection = self.builtins.get("_owner_collection")
        owner_id = self.builtins.get("_owner_id")
        return None if owner_id is None else (str(collection), UUID(owner_id))

    def time(self, name: str) -> datetime | None:
        """A built-in time that was given."""
        found = self.builtins.get(name)
        return None if found is None else parse_time(found)


def given_properties(schema: CollectionSchema, bodies: Sequence[Any]) -> list[PropertySchema]:
    """Every property that a body names, for the vote; ``id`` apart, which is no data.

    Raises:
        Invalid: a body is no object. NotFound: PV3004, a property that is not there.
    """
    names: dict[str, None] = {}
    for body in bodies:
        if not isinstance(body, dict):
            raise bad_request("body", "must hold JSON objects")
        names |= dict.fromkeys(body)
    found = []
    for name in names:
        each = schema.find(name)
        if each is None:
            raise property_missing(name)
        if name != "id":
            found.append(each)
    return found


def check_values(
    schema: CollectionSchema,
    body: Mapping[str, Any],
    *,
    options: WriteOptions,
    unseal: Callable[[PropertySchema, Any], Any] | None = None,
) -> Incoming:
    """Check and normalize what ``body`` gives; every name in it is known by now.

    unseal: opens a value that was exported from another vault.

    Raises:
        Invalid: PV3002 for a value, PV9005 for a built-in that may not be written.
    """
    incoming = Incoming()
    for name, value in body.items():
        each = schema.properties.get(name)
        if each is None:
            _take_builtin(schema, incoming, name, value, options)
        elif value is None:
            incoming.cleared.add(name)
        else:
            incoming.values[name] = normalize(each, unseal(each, value) if unseal else value)
    return incoming


def normalize(each: PropertySchema, value: Any) -> Any:
    """``value`` as the property's type wants it, or PV3002."""
    try:
        return each.data_type.check(value)
    except BadValue as refusal:
        raise bad_value(each.name, str(refusal)) from None


def _take_builtin(
    schema: CollectionSchema, incoming: Incoming, name: str, value: Any, options: WriteOptions
) -> None:
    if name in TIMES and not options.is_import:
        raise readonly(name)
    if name in OWNER and schema.type == "PERSONS" and value is not None:
        raise readonly(name)
    if name == "id":
        incoming.object_id = UUID(normalize(BUILTIN_PROPERTIES[name], value))
        return
    builtin = BUILTIN_PROPERTIES[name]
    if value is None and not builtin.is_nullable:
        raise value_required([name])
    incoming.builtins[name] = None if value is None else normalize(builtin, value)
    return


def check_complete(schema: CollectionSchema, incoming: Incoming) -> None:
    """PV9004 unless every property that must have a value has one, and an owner is named whole."""
    missing = [each.name for each in schema.required if each.name not in incoming.values]
    if missing:
        raise value_required(missing)
    check_owner(incoming)


def check_owner(incoming: Incoming) -> None:
    """Owner id and owner collection come together or not at all."""
    named = [name for name in OWNER if incoming.builtins.get(name) is not None]
    if len(named) == 1:
        raise value_required(sorted(OWNER - set(named)))


def tenant_for(given: str | None, options: WriteOptions, owner_tenant: str | None) -> str | None:
    """The tenant of a new object.

    The owner's tenant is the object's; else the body's; else the only one of the header.

    Raises:
        Invalid: the body names another tenant than the owner's, or several are possible.
        Forbidden: PV9007, not one of the header's.
    """
    if owner_tenant is not None:
        if given is not None and given != owner_tenant:
            raise bad_value("_tenant_id", "must be the tenant of the owner")
        given = owner_tenant
    if given is None and options.tenants:
        if len(options.tenants) > 1:
            raise tenant_unclear()
        given = options.tenants[0]
    check_tenants(options.tenants, [given])
    return given
