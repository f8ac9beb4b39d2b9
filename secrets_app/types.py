"""The types of secrets that every installation has, and how a type is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from secrets_app import schema
from secrets_app.models import SecretType
from secrets_app.payload import Payload
from vaultportal.errors import Fault, Invalid

TEXT = {"type": "string"}
FILLED = {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Kind:
    """What pages and the wire need to know of a type."""

    name: str
    title: str | Promise
    schema: Mapping[str, Any]
    sensitive: tuple[str, ...] = ()
    builtin: bool = True


def _object(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(required)}


BUILTIN: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("json", _("JSON"), {"type": "object"}),
        Kind(
            "login",
            _("Login"),
            _object({"username": TEXT, "password": TEXT, "url": TEXT, "notes": TEXT}, "password"),
            ("password",),
        ),
        Kind(
            "ssh-key",
            _("SSH key"),
            _object(
                {
                    "private_key": {**FILLED, "pattern": "-----BEGIN [A-Z ]*PRIVATE KEY-----"},
                    "public_key": TEXT,
                    "passphrase": TEXT,
                    "username": TEXT,
                    "host": TEXT,
                },
                "private_key",
            ),
            ("private_key", "passphrase"),
        ),
        Kind(
            "api-token",
            _("API token"),
            _object({"token": FILLED, "url": TEXT, "notes": TEXT}, "token"),
            ("token",),
        ),
        Kind(
            "database",
            _("Database"),
            _object(
                {
                    "engine": TEXT,
                    "host": TEXT,
                    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
                    "database": TEXT,
                    "username": TEXT,
                    "password": TEXT,
                },
                "host",
                "password",
            ),
            ("password",),
        ),
        Kind(
            "certificate",
            _("Certificate"),
            _object(
                {
                    "certificate": {**FILLED, "pattern": "-----BEGIN CERTIFICATE-----"},
                    "chain": TEXT,
                    "private_key": TEXT,
                    "passphrase": TEXT,
                },
                "certificate",
            ),
            ("private_key", "passphrase"),
        ),
        Kind("note", _("Note"), _object({"note": TEXT}, "note"), ("note",)),
        Kind(
            "totp",
            _("One-time password"),
            _object(
                {
                    "secret": {"type": "string", "pattern": "^[A-Za-z2-7 ]{16,}=*$"},
                    "issuer": TEXT,
                    "account": TEXT,
                    "digits": {"type": "integer", "minimum": 6, "maximum": 8},
                    "period": {"type": "integer", "minimum": 15, "maximum": 300},
                    "algorithm": {"enum": ["SHA1", "SHA256", "SHA512"]},
                },
                "secret",
            ),
            ("secret",),
        ),
    )
}


def every_kind() -> list[Kind]:
    """The built-in types, then this installation's own by name."""
    return [*BUILTIN.values(), *map(kind_of, SecretType.objects.all())]


def find(name: str) -> Kind | None:
    """The type called ``name``; None when there is none. The empty name is plain JSON."""
    if kind := BUILTIN.get(name or "json"):
        return kind
    row = SecretType.objects.filter(name=name).first()
    return kind_of(row) if row else None


def kind_of(row: SecretType) -> Kind:
    return Kind(row.name, row.title, row.schema, tuple(row.sensitive), builtin=False)


def check(name: str, payload: Payload) -> None:
    """Refuse data that does not fit the type called ``name``.

    Raises:
        Invalid: there is no such type, or its schema does not take the data.
    """
    if faults := _faults(name, payload):
        raise Invalid("secret", "The data does not fit its type.", faults=tuple(faults))


def fits(name: str, payload: Payload) -> bool:
    """Whether there is such a type and it takes the data."""
    return not _faults(name, payload)


def _faults(name: str, payload: Payload) -> list[Fault]:
    if name in ("", "json"):
        return []
    kind = find(name)
    if kind is None:
        return [Fault("type", "choice", "is not a type of this portal")]
    return schema.faults_of(kind.schema, payload.value)
