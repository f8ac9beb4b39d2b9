"""Ciphertexts that the caller keeps: sealed for a collection and a scope, with their own end.

| 1 byte  | format = 1                                                              |
| 1 byte  | kind: 0 randomized, 1 deterministic                                     |
| n bytes | message format 1 of: length of the head, the head as JSON, raw bytes     |

A deterministic one is equal for equal input: its salt is a MAC of what it seals, under a key of the
collection that is never rotated, and it carries neither end nor tags. Both are bound to instance,
collection and scope, and say whose tenant's the values are.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from collections_app.errors import ciphertext_archived, ciphertext_refused
from collections_app.schema.compiled import CollectionSchema
from collections_app.schema.timestamps import parse_time, wire_time
from vaultportal.crypto import envelope, keyring, message
from vaultportal.crypto.errors import KeyGone, Tampered
from vaultportal.crypto.message import SALT_BYTES, OpenKey

RANDOMIZED = "randomized"
DETERMINISTIC = "deterministic"
TYPES = (RANDOMIZED, DETERMINISTIC)
_FORMAT = 1
_FIRST_VERSION = 1
_MARK = b"\x80"


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a ciphertext says once it is open. ``values`` are normalized, by property name."""

    values: Mapping[str, Any] = field(repr=False)
    type: str
    scope: str
    tags: tuple[str, ...] = ()
    expires_at: datetime | None = None
    blob: bytes = field(default=b"", repr=False)
    tenant: str | None = None

    @property
    def is_expired(self) -> bool:
        """Whether its end has come."""
        return self.expires_at is not None and self.expires_at <= datetime.now(UTC)


def seal(schema: CollectionSchema, content: Sealed) -> bytes:
    """The ciphertext of ``content``."""
    head: dict[str, Any] = {
        "v": {str(schema.properties[name].id): value for name, value in content.values.items()}
    }
    if content.tenant is not None:
        head["n"] = content.tenant
    if content.type == DETERMINISTIC:
        plain = _framed(head, content.blob)
        key = _fixed_key(schema)
        context = _context(schema, content.scope, DETERMINISTIC)
        salt = key.mac("collections.deterministic", message.encode([context, plain]))
        sealed = message.seal_with_salt(key, plain, context, salt[:SALT_BYTES])
        return bytes((_FORMAT, 1)) + sealed
    head["t"] = list(content.tags)
    head["e"] = None if content.expires_at is None else wire_time(content.expires_at)
    key = keyring.scope_key(schema.scope)
    context = _context(schema, content.scope, RANDOMIZED)
    return bytes((_FORMAT, 0)) + message.seal(key, _framed(head, content.blob), context)


def open_(schema: CollectionSchema, ciphertext: bytes, scope: str, *, archived: bool) -> Sealed:
    """What is in ``ciphertext``.

    archived: only one whose end has come is opened; without it only one whose end has not.

    Raises:
        Invalid: PV9008, altered, of another collection or scope; PV3233, its end says otherwise.
    """
    if len(ciphertext) < 2 or ciphertext[0] != _FORMAT or ciphertext[1] > 1:
        raise ciphertext_refused()
    kind = TYPES[ciphertext[1]]
    body = ciphertext[2:]
    try:
        key = (
            _fixed_key(schema)
            if kind == DETERMINISTIC
            else keyring.scope_key(schema.scope, message.key_version(body))
        )
        head, blob = _unframed(message.unseal(key, body, _context(schema, scope, kind)))
    except (Tampered, KeyGone):
        raise ciphertext_refused() from None
    values = {
        schema.by_id[int(number)].name: value
        for number, value in head["v"].items()
        if int(number) in schema.by_id
    }
    ends = head.get("e")
    content = Sealed(
        values=values,
        type=kind,
        scope=scope,
        tags=tuple(head.get("t", ())),
        expires_at=None if ends is None else parse_time(ends),
        blob=blob,
        tenant=head.get("n"),
    )
    if content.is_expired != archived:
        raise ciphertext_archived()
    return content


def to_text(ciphertext: bytes) -> str:
    """Standard base64 with padding."""
    return b64encode(ciphertext).decode()


def from_text(text: Any) -> bytes:
    """The bytes of a ciphertext on the wire, or PV9008."""
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise ciphertext_refused() from None


def _fixed_key(schema: CollectionSchema) -> OpenKey:
    scope = f"{schema.scope}:deterministic"
    if not keyring.versions(scope):
        return keyring.scope_key(scope)
    return keyring.scope_key(scope, _FIRST_VERSION)


def _context(schema: CollectionSchema, scope: str, kind: str) -> bytes:
    parts = (b"collections.ciphertext", keyring.instance_id(), schema.id.bytes, scope.encode())
    return message.encode((*parts, kind.encode()))


def _framed(head: Mapping[str, Any], blob: bytes) -> bytes:
    text = orjson.dumps(head, option=orjson.OPT_SORT_KEYS)
    plain = len(text).to_bytes(4, "big") + text + blob + _MARK
    return plain.ljust(envelope.padded_length(len(plain) - 1), b"\0")


def _unframed(plain: bytes) -> tuple[dict[str, Any], bytes]:
    body = plain.rstrip(b"\0")
    if not body.endswith(_MARK):
        raise Tampered
    length = int.from_bytes(body[:4], "big")
    return orjson.loads(body[4 : 4 + length]), body[4 + length : -1]
