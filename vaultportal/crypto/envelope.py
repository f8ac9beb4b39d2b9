"""Seal and unseal one value in its place: what services call."""

from __future__ import annotations

from dataclasses import dataclass

from vaultportal.crypto import keyring, message
from vaultportal.crypto.errors import Tampered
from vaultportal.crypto.message import OpenKey

__all__ = ["Context", "OpenKey", "seal", "seal_in_scope", "unseal", "unseal_in_scope"]

_STEP = 32
_STEPS_END = 256
_MARK = b"\x80"


@dataclass(frozen=True, slots=True)
class Context:
    """Where a value lives. It opens there and nowhere else, and in this instance only.

    purpose: what it is for ("secret", "property", "field").
    model: label of the model or table.
    property_id: an id that survives renaming.
    scope: the scope whose key tree seals it.
    object_id: the row, as text.
    value_type: how the bytes are read ("json", "text").
    """

    purpose: str
    model: str
    property_id: str
    scope: str
    object_id: str
    value_type: str

    def encode(self) -> bytes:
        """Length-prefixed, with the instance id: no two places give the same bytes."""
        return message.encode(
            (
                self.purpose.encode(),
                keyring.instance_id(),
                self.model.encode(),
                self.property_id.encode(),
                self.scope.encode(),
                self.object_id.encode(),
                self.value_type.encode(),
            )
        )


def seal(key: OpenKey, plaintext: bytes, context: Context) -> bytes:
    """Message format 1 around the padded value: ``padded_length`` and 78 bytes."""
    return message.seal(key, _pad(plaintext), context.encode())


def unseal(key: OpenKey, sealed: bytes | memoryview, context: Context) -> bytes:
    """The value, byte for byte as it was sealed.

    Raises:
        Tampered: altered, moved from another place, or sealed under another key.
    """
    return _unpad(message.unseal(key, bytes(sealed), context.encode()))


def seal_in_scope(plaintext: bytes, context: Context) -> bytes:
    """Seal under the scope's own data key, for values that have no object key."""
    return seal(keyring.scope_key(context.scope), plaintext, context)


def unseal_in_scope(sealed: bytes | memoryview, context: Context) -> bytes:
    """Open what ``seal_in_scope`` made, under the version that its header names.

    Raises:
        Tampered: as ``unseal``; KeyGone: that version was destroyed.
    """
    sealed = bytes(sealed)
    return unseal(keyring.scope_key(context.scope, message.key_version(sealed)), sealed, context)


def padded_length(length: int) -> int:
    """Bytes that a value takes inside: steps of 32 up to 256, then Padme (at most 12 % more).

    Padme rounds up so that only the leading bits of the length show (Nikitin et al., PETS 2019).
    """
    needed = length + 1
    if needed <= _STEPS_END:
        return -(-needed // _STEP) * _STEP
    exponent = needed.bit_length() - 1
    hidden_bits = exponent - exponent.bit_length()
    mask = (1 << hidden_bits) - 1
    return (needed + mask) & ~mask


def _pad(plaintext: bytes) -> bytes:
    """A mark, then zeros (ISO/IEC 7816-4): exact for every value, also one that ends in zeros."""
    return (plaintext + _MARK).ljust(padded_length(len(plaintext)), b"\x00")


def _unpad(padded: bytes) -> bytes:
    marked = padded.rstrip(b"\x00")
    if not marked.endswith(_MARK):
        raise Tampered
    return marked[:-1]
