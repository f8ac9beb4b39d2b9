"""The data of a secret ⇄ what lies in the database: a key per secret, a context per version."""

from __future__ import annotations

from uuid import UUID

import orjson

from secrets_app.payload import Payload
from vaultportal.crypto import envelope
from vaultportal.crypto.envelope import Context
from vaultportal.crypto.keyring import OpenKey

MODEL = "secrets_app.SecretVersion"


def _context(scope: str, secret_id: UUID, number: int, prop: str) -> Context:
    """Binds a ciphertext to its secret, its version and its column: moved, it does not open."""
    return Context("secret", MODEL, prop, scope, str(secret_id), f"json;version={number}")


def seal(
    key: OpenKey, scope: str, secret_id: UUID, number: int, payload: Payload
) -> tuple[bytes, bytes]:
    """The sealed text of the data and the sealed names of its fields."""
    data = envelope.seal(key, payload.text, _context(scope, secret_id, number, "data"))
    names = orjson.dumps(payload.outline())
    return data, envelope.seal(key, names, _context(scope, secret_id, number, "outline"))


def unseal(key: OpenKey, scope: str, secret_id: UUID, number: int, sealed: bytes) -> Payload:
    """The data again; crypto.errors.Tampered when it is not what was sealed here."""
    return Payload(envelope.unseal(key, sealed, _context(scope, secret_id, number, "data")))


def unseal_outline(
    key: OpenKey, scope: str, secret_id: UUID, number: int, sealed: bytes
) -> list[str]:
    """The names of the fields again."""
    names: list[str] = orjson.loads(
        envelope.unseal(key, sealed, _context(scope, secret_id, number, "outline"))
    )
    return names
