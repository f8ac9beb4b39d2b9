"""Short-lived sealed blobs: values that wait in Redis for seconds, tickets, one-time links.

The frame is django-cryptography's FernetBytes (AES-CBC and HMAC-SHA-256) under two independent keys
of ours. Before it stands the version of the blob key; the purpose is sealed inside. What is stored
for long is opened without a time to live, and belongs into the envelope where there is a row to
bind it to.

| 4 bytes | version of the blob key, big endian                              |
| n bytes | Fernet frame of: 4 bytes length of the purpose, the purpose, data |
"""

from __future__ import annotations

import time

from django.core.signing import BadSignature
from django_cryptography.core.signing import FernetSigner
from django_cryptography.utils.crypto import FernetBytes, InvalidToken

from vaultportal.crypto import keyring, message
from vaultportal.crypto.errors import Expired, Tampered
from vaultportal.crypto.message import OpenKey

SCOPE = "blob"
MAX_CLOCK_SKEW = 60  # seconds

_VERSION_BYTES = 4
_STAMP = slice(1, 9)  # of the Fernet frame: seconds since 1970, big endian


def seal_blob(purpose: str, data: bytes) -> bytes:
    """Seal ``data``; it opens for the same purpose only. The time of sealing stays readable."""
    key = keyring.scope_key(SCOPE)
    frame: bytes = _fernet(key).encrypt(message.encode([purpose.encode()]) + data)
    return key.version.to_bytes(_VERSION_BYTES, "big") + frame


def open_blob(purpose: str, blob: bytes, *, ttl: int | None) -> bytes:
    """The data of a blob.

    ttl: seconds that it may be old; None for what does not expire.

    Raises:
        Tampered: altered, sealed for another purpose or by another portal, or stamped in the
        future.
        Expired: older than ``ttl``.
        KeyGone: its key version was destroyed.
    """
    key = keyring.scope_key(SCOPE, int.from_bytes(blob[:_VERSION_BYTES], "big"))
    frame = blob[_VERSION_BYTES:]
    try:
        # Without ttl: the package looks at the stamp before the MAC, and grants a minute.
        opened: bytes = _fernet(key).decrypt(frame)
    except (BadSignature, InvalidToken):
        raise Tampered from None
    if ttl is not None:
        _refuse_old(frame, ttl)
    prefix = message.encode([purpose.encode()])
    if not opened.startswith(prefix):
        raise Tampered
    return opened[len(prefix) :]


def _refuse_old(frame: bytes, ttl: int) -> None:
    age = time.time() - int.from_bytes(frame[_STAMP], "big")
    if age < -MAX_CLOCK_SKEW:
        raise Tampered
    if age > ttl:
        raise Expired


def _fernet(key: OpenKey) -> FernetBytes:
    encryption, signing = key.mac("blob encryption", b""), key.mac("blob signing", b"")
    return FernetBytes(key=encryption, signer=FernetSigner(signing))
