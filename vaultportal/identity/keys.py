"""API keys as text: how ours are made, told apart and digested.

``vpk_<10 id>_<43 secret>_<6 checksum>``: the id is for people, the secret has 256 bits, and the
checksum lets a scanner of leaked keys, and us, tell a key from a typing error without a look-up.
Any other text can be a key as well: some clients bring their own.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib

from vaultportal.crypto import blind_index

PURPOSE = "api_key"
ALPHABET = string.digits + string.ascii_letters
OURS = re.compile(r"vpk_[0-9A-Za-z]{10}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}", re.ASCII)
# What a person is shown of a key: with ours the id, with others not enough to guess the rest.
SHOWN_OF_OURS = 14
SHOWN_OF_OTHERS = 4


def new_api_key() -> str:
    """A new key; shown once, and kept only as a digest."""
    body = f"vpk_{_random(10)}_{_random(43)}"
    return f"{body}_{_checksum(body)}"


def prefix_of(key: str) -> str:
    """What is kept of the key in clear."""
    if OURS.fullmatch(key):
        return key[:SHOWN_OF_OURS]
    return key[:SHOWN_OF_OTHERS] if len(key) >= 4 * SHOWN_OF_OTHERS else ""


def is_damaged(key: str) -> bool:
    """Whether it looks like one of ours and cannot be one."""
    if not OURS.fullmatch(key):
        return False
    body, _, checksum = key.rpartition("_")
    return not secrets.compare_digest(checksum, _checksum(body))


def digest(key: str) -> bytes:
    """What the table keeps of a new key, under the pepper in use."""
    return blind_index.hmac_digest(PURPOSE, key.encode())


def digests(sent: bytes) -> list[bytes]:
    """What the table may keep of the key, under any pepper that still lives; the newest first."""
    return blind_index.hmac_digests(PURPOSE, sent)


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def _checksum(body: str) -> str:
    """CRC-32 as six characters."""
    rest = zlib.crc32(body.encode())
    characters = []
    for _ in range(6):
        rest, position = divmod(rest, len(ALPHABET))
        characters.append(ALPHABET[position])
    return "".join(characters)
