"""Root keys in this process: what the key file and the environment have in common."""

from __future__ import annotations

import base64
import binascii
from abc import ABC, abstractmethod
from collections.abc import Mapping
from threading import Lock

from vaultportal.crypto import message
from vaultportal.crypto.errors import RootKeyRefused
from vaultportal.crypto.message import KEY_BYTES, OpenKey
from vaultportal.crypto.providers.base import Health

FAMILY = "local"
_HEX_DIGITS = 2 * KEY_BYTES


def decode_key(text: str) -> bytes:
    """32 bytes from base64 (standard or URL alphabet) or 64 hexadecimal digits; else ValueError."""
    try:
        if len(text) == _HEX_DIGITS:
            return bytes.fromhex(text)
        key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (ValueError, binascii.Error):
        raise ValueError from None
    if len(key) != KEY_BYTES:
        raise ValueError
    return key


def encode_key(key: bytes) -> str:
    """44 characters of base64."""
    return base64.b64encode(key).decode("ascii")


def label(version: int, key: OpenKey) -> str:
    """Number and fingerprint, so that two keys of one number can be told apart."""
    return f"{FAMILY}:{version} ({key.mac('fingerprint', b'')[:4].hex()})"


def parse_labelled(text: str) -> tuple[int, bytes]:
    """``<version>:<key>``, or a key alone, which is version 1; else ValueError."""
    number, colon, key = text.strip().rpartition(":")
    version = int(number) if colon else 1
    if version < 1:
        raise ValueError
    return version, decode_key(key)


class LocalKeys(ABC):
    """Wraps and opens with keys in memory; subclasses say where they come from."""

    name = FAMILY
    family = FAMILY

    def __init__(self) -> None:
        self._keys: dict[int, OpenKey] = {}
        self._lock = Lock()

    @abstractmethod
    def read(self) -> Mapping[int, bytes]:
        """The keys by version, read anew; RootKeyRefused when that cannot be done safely."""

    def load(self) -> None:
        """Take what ``read`` finds. Versions that are gone stay open until the process ends."""
        found = self.read()
        with self._lock:
            self._keys |= {
                version: OpenKey(f"root:{self.family}", version, key)
                for version, key in found.items()
            }

    def wrap(self, key: bytes, context: bytes, *, version: int) -> bytes:
        return message.seal(self._held(version), key, context)

    def unwrap(self, blob: bytes, context: bytes) -> bytes:
        return message.unseal(self._held(message.key_version(blob)), blob, context)

    def export(self, version: int) -> bytes:
        """The key itself, for a recovery copy."""
        return self._held(version).export()

    def current_version(self) -> int:
        return max(self._keys)

    def versions(self) -> dict[int, str]:
        return {version: label(version, key) for version, key in sorted(self._keys.items())}

    def health(self) -> Health:
        try:
            self.read()
        except RootKeyRefused as refusal:
            return Health(ok=False, detail=refusal.message)
        return Health(ok=True, detail=f"{self.name} holds {', '.join(self.versions().values())}.")

    def _held(self, version: int) -> OpenKey:
        if version not in self._keys:
            self.load()  # another process may have added it since
        try:
            return self._keys[version]
        except KeyError:
            known = ", ".join(self.versions().values()) or "none"
            raise RootKeyRefused(
                message=f"Root key version {version} is needed and not held here. "
                f"This process knows: {known}."
            ) from None
