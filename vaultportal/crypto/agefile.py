"""Files for people, sealed with a passphrase: the age format, which ``age -d`` opens.

For what leaves the portal in somebody's hands. The passphrase is the only key, so nobody here can
open it again.

Source: age-encryption.org/v1, with one scrypt recipient; payload in STREAM chunks of 64 KiB.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b64encode
from collections.abc import Iterator
from hashlib import scrypt, sha256
from itertools import count

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MEDIA_TYPE = "application/age"
WORK = 16  # 2**16 rounds of scrypt: 64 MiB and a fraction of a second, for each guess too
CHUNK = 64 * 1024
KEY_BYTES = 16
_VERSION = b"age-encryption.org/v1"
_LABEL = b"age-encryption.org/v1/scrypt"
_LINE = 64
_ZERO_NONCE = bytes(12)  # the wrapping key is used once


def seal(data: bytes, passphrase: str) -> bytes:
    """``data`` as an age file that the passphrase opens."""
    file_key = secrets.token_bytes(KEY_BYTES)
    salt = secrets.token_bytes(16)
    wrapping = scrypt(
        passphrase.encode(),
        salt=_LABEL + salt,
        n=1 << WORK,
        r=8,
        p=1,
        maxmem=(1 << WORK) * 8 * 256,
        dklen=32,
    )
    body = ChaCha20Poly1305(wrapping).encrypt(_ZERO_NONCE, file_key, None)
    lines = [_VERSION, b"-> scrypt %s %d" % (_base64(salt), WORK), *_wrapped(_base64(body)), b"---"]
    header = b"\n".join(lines)
    mac = hmac.new(_derive(file_key, b"", b"header"), header, sha256).digest()
    nonce = secrets.token_bytes(16)
    key = ChaCha20Poly1305(_derive(file_key, nonce, b"payload"))
    chunks = b"".join(
        key.encrypt(number.to_bytes(11, "big") + bytes([is_last]), chunk, None)
        for number, chunk, is_last in _chunks(data)
    )
    return header + b" " + _base64(mac) + b"\n" + nonce + chunks


def _chunks(data: bytes) -> Iterator[tuple[int, bytes, bool]]:
    for number in count():
        start = number * CHUNK
        is_last = start + CHUNK >= len(data)
        yield number, data[start : start + CHUNK], is_last
        if is_last:
            return


def _wrapped(text: bytes) -> list[bytes]:
    """Full lines, and a last one that is shorter, empty if need be."""
    return [text[start : start + _LINE] for start in range(0, len(text) + 1, _LINE)]


def _derive(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)


def _base64(data: bytes) -> bytes:
    return b64encode(data).rstrip(b"=")
