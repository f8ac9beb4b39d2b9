"""Message format 1: one key, one plaintext, one context. The only file that names a cipher.

| bytes | part                                                                    |
| 1     | format = 1                                                              |
| 1     | suite = 1: AES-256-GCM, HKDF-Expand-SHA-512, committing                 |
| 4     | key version, big endian                                                 |
| 24    | salt, random                                                            |
| 32    | commitment to the key and the context                                   |
| n     | ciphertext                                                              |
| 16    | tag                                                                     |

A fresh message key comes out of every salt, so the nonce is constant and no counter is kept. Salt
and context enter the derivation; the whole header and the context are authenticated once more by
the tag.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from vaultportal.crypto.errors import KeyGone, Tampered

KEY_BYTES = 32
SALT_BYTES = 24
OVERHEAD = 78

_FORMAT_AND_SUITE = b"\x01\x01"
_PREFIX = 6  # format, suite, key version
_FIXED = _PREFIX + SALT_BYTES  # the header without the commitment
_HEADER = _FIXED + 32
_NONCE = bytes(12)
_MESSAGE_LABEL = b"vault-portal message 1\x00"
_MAC_LABEL = b"vault-portal mac 1\x00"
_SHA512 = SHA512()


def encode(parts: Iterable[bytes]) -> bytes:
    """A list of byte strings as one, each after its length: no two lists give the same bytes."""
    out = bytearray()
    for part in parts:
        out += len(part).to_bytes(4, "big")
        out += part
    return bytes(out)


class OpenKey:
    """A key that lies open in this process: it derives, it is never shown, copied or pickled."""

    __slots__ = ("_macs", "_secret", "_wiped", "scope", "version")

    def __init__(self, scope: str, version: int, secret: bytes | bytearray) -> None:
        if len(secret) != KEY_BYTES:
            raise Tampered
        self.scope = scope
        self.version = version
        self._secret = bytearray(secret)
        self._macs: dict[str, bytes] = {}
        self._wiped = False

    def __repr__(self) -> str:
        return f"<open key of {self.scope}, version {self.version}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("An open key does not leave its process.")

    def expand(self, info: bytes) -> bytes:
        """64 bytes that only this key gives for ``info``."""
        derived = HKDFExpand(algorithm=_SHA512, length=64, info=info).derive(self._secret)
        # After the derivation: a wipe that came between would have given the keys of 32 zero bytes.
        if self._wiped:
            raise KeyGone
        return derived

    def mac(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SHA-256 of ``data``, 32 bytes, under a key of its own for each purpose."""
        key = self._macs.get(purpose)
        if key is None:
            key = self._macs[purpose] = self.expand(_MAC_LABEL + encode([purpose.encode()]))[:32]
        return hmac.digest(key, data, "sha256")

    def export(self) -> bytes:
        """The key itself, for wrapping it under another key."""
        if self._wiped:
            raise KeyGone
        return bytes(self._secret)

    def wipe(self) -> None:
        """Make it useless, also to those who still hold it."""
        self._wiped = True
        self._secret[:] = bytes(KEY_BYTES)
        self._macs.clear()


def seal(key: OpenKey, plaintext: bytes, context: bytes) -> bytes:
    """Seal ``plaintext`` so that it opens under this key in this context only; adds 78 bytes."""
    return seal_with_salt(key, plaintext, context, os.urandom(SALT_BYTES))


def seal_with_salt(key: OpenKey, plaintext: bytes, context: bytes, salt: bytes) -> bytes:
    """The deterministic half of ``seal``. A salt is used once, but by the golden vectors."""
    fixed = _FORMAT_AND_SUITE + key.version.to_bytes(4, "big") + salt
    derived = key.expand(_MESSAGE_LABEL + fixed + context)
    header = fixed + derived[32:]
    return header + AESGCM(derived[:32]).encrypt(_NONCE, plaintext, header + context)


def unseal(key: OpenKey, sealed: bytes, context: bytes) -> bytes:
    """The plaintext; Tampered when a bit of the message, the key or the context is another."""
    if len(sealed) < OVERHEAD or sealed[:2] != _FORMAT_AND_SUITE:
        raise Tampered
    if int.from_bytes(sealed[2:_PREFIX], "big") != key.version:
        raise Tampered
    derived = key.expand(_MESSAGE_LABEL + sealed[:_FIXED] + context)
    if not hmac.compare_digest(derived[32:], sealed[_FIXED:_HEADER]):
        raise Tampered
    try:
        return AESGCM(derived[:32]).decrypt(_NONCE, sealed[_HEADER:], sealed[:_HEADER] + context)
    except InvalidTag:
        raise Tampered from None


def key_version(sealed: bytes) -> int:
    """The key version that the header names. It proves nothing until the message opens."""
    if len(sealed) < OVERHEAD or sealed[:2] != _FORMAT_AND_SUITE:
        raise Tampered
    return int.from_bytes(sealed[2:_PREFIX], "big")
