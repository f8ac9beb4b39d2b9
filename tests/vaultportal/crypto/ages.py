"""Opens age files with a passphrase, as the ``age`` program does; written after the format."""

from __future__ import annotations

import hmac
from base64 import b64decode
from hashlib import scrypt, sha256

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CHUNK = 64 * 1024 + 16  # with its tag


def opened(sealed: bytes, passphrase: str) -> bytes:
    """What is in the file; an exception when the passphrase is another or anything was altered."""
    head, _line, rest = sealed.partition(b"\n---")
    mac, _newline, payload = rest.partition(b"\n")
    version, stanza, *body = head.split(b"\n")
    assert version == b"age-encryption.org/v1"
    _arrow, kind, salt, work = stanza.split(b" ")
    assert kind == b"scrypt"
    key = scrypt(
        passphrase.encode(),
        salt=b"age-encryption.org/v1/scrypt" + _raw(salt),
        n=1 << int(work),
        r=8,
        p=1,
        maxmem=1 << 28,
        dklen=32,
    )
    file_key = ChaCha20Poly1305(key).decrypt(bytes(12), _raw(b"".join(body)), None)
    expected = hmac.new(_derive(file_key, b"", b"header"), head + b"\n---", sha256).digest()
    assert hmac.compare_digest(expected, _raw(mac.strip()))
    stream = ChaCha20Poly1305(_derive(file_key, payload[:16], b"payload"))
    chunks = payload[16:]
    found = b""
    for number, start in enumerate(range(0, len(chunks), CHUNK)):
        is_last = start + CHUNK >= len(chunks)
        nonce = number.to_bytes(11, "big") + bytes([is_last])
        found += stream.decrypt(nonce, chunks[start : start + CHUNK], None)
    return found


def _derive(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)


def _raw(text: bytes) -> bytes:
    return b64decode(text + b"=" * (-len(text) % 4))
