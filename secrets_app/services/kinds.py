"""Types of secrets that an installation makes for itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from secrets_app import refusals, schema, types
from secrets_app.models import Secret, SecretType
from secrets_app.permissions import SecretTypePermission
from secrets_app.types import Kind
from vaultportal import trail
from vaultportal.errors import Conflict, Fault, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
MAX_SENSITIVE = 200


@dataclass(frozen=True, slots=True)
class KindFields:
    """What a type is to be. sensitive: fields that pages keep masked."""

    title: str
    schema: Mapping[str, Any]
    sensitive: tuple[str, ...] = ()


@trail.unit()
def create_kind(actor: Actor, name: str, fields: KindFields) -> Kind:
    """Make a type.

    Raises:
        Forbidden: the actor may not add types.
        Invalid: name, title or schema is not acceptable; Conflict: there is a type of that name.
    """
    access.require(actor, SecretTypePermission.ADD, SecretType)
    if not _NAME.fullmatch(name):
        raise refusals.invalid(
            Fault("name", "format", "must be a word of small letters, digits and dashes")
        )
    _check(fields)
    if name in types.BUILTIN:
        raise _taken()
    row = SecretType(name=name, **_columns(fields))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise _taken() from None
    trail.record(actor, "secret_type.create", _target(row))
    return types.kind_of(row)


@trail.unit()
def change_kind(actor: Actor, name: str, fields: KindFields) -> Kind:
    """Replace a type whole. Secrets that have it are looked at again when they are next written.

    Raises:
        Forbidden, Invalid: as for making one.
        NotFound: there is none; Conflict: it came with the portal.
    """
    access.require(actor, SecretTypePermission.CHANGE, SecretType)
    _check(fields)
    row = _own(name)
    for column, value in _columns(fields).items():
        setattr(row, column, value)
    row.save()
    trail.record(actor, "secret_type.change", _target(row))
    return types.kind_of(row)


@trail.unit()
def delete_kind(actor: Actor, name: str) -> None:
    """Remove a type that no secret has.

    Raises:
        Forbidden: the actor may not; NotFound: there is none.
        Conflict: it came with the portal, or secrets have it.
    """
    access.require(actor, SecretTypePermission.DELETE, SecretType)
    row = _own(name)
    if Secret.objects.filter(type=name).exists():
        raise Conflict("type", "There are secrets of this type.", reason="type.in_use")
    target = _target(row)
    row.delete()
    trail.record(actor, "secret_type.delete", target)


def _own(name: str) -> SecretType:
    if name in types.BUILTIN:
        raise Conflict("type", "This type came with the portal.", reason="type.builtin")
    row = SecretType.objects.select_for_update().filter(name=name).first()
    if row is None:
        raise NotFound("type")
    return row


def _check(fields: KindFields) -> None:
    if not fields.title or len(fields.title) > 120:
        raise refusals.invalid(Fault("title", "range", "must have 1 to 120 characters"))
    if len(fields.sensitive) > MAX_SENSITIVE:
        raise refusals.invalid(
            Fault("sensitive", "range", f"must have at most {MAX_SENSITIVE} items")
        )
    schema.check(dict(fields.schema))


def _columns(fields: KindFields) -> dict[str, Any]:
    return {
        "title": fields.title,
        "schema": dict(fields.schema),
        "sensitive": list(fields.sensitive),
    }


def _taken() -> Conflict:
    return Conflict(
        "type", reason="type.name_taken", faults=(Fault("name", "duplicate", "is taken"),)
    )


def _target(row: SecretType) -> Target:
    return Target("secret_type", str(row.pk), row.name)
