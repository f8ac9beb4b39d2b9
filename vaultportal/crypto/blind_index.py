"""Keyed digests, to find what is encrypted or peppered without opening it.

The caller normalises: what counts as equal is a matter of the property's type.
"""

from __future__ import annotations

from vaultportal.crypto import keyring, message

DIGEST_BYTES = 16
PEPPER_SCOPE = "pepper"


def index_scope(scope: str) -> str:
    """The key scope of the blind indexes of a scope."""
    return f"index:{scope}"


def digest(scope: str, property_id: str, normalized: bytes, *, version: int | None = None) -> bytes:
    """16 bytes: equal for equal values of one property in one scope, unrelated anywhere else.

    version: of the index key; None is the active one (``index_versions`` lists all that may be
    stored).
    """
    key = keyring.scope_key(index_scope(scope), version)
    return key.mac("blind index", message.encode([property_id.encode()]) + normalized)[
        :DIGEST_BYTES
    ]


def index_version(scope: str) -> int:
    """The version that ``digest`` uses now, to be stored beside it."""
    return keyring.active_version(index_scope(scope))


def index_versions(scope: str) -> list[int]:
    """All versions that stored digests may have, newest first: a search asks for each."""
    return keyring.versions(index_scope(scope))


def hmac_digest(purpose: str, value: bytes, *, version: int | None = None) -> bytes:
    """32 bytes for a high-entropy credential (128 bits and more): peppered HMAC-SHA-256.

    purpose: what the value is ("api_key", "session"); digests of two purposes are unrelated.
    version: of the pepper; None is the active one.
    """
    return keyring.scope_key(PEPPER_SCOPE, version).mac(purpose, value)


def hmac_digests(purpose: str, value: bytes) -> list[bytes]:
    """The digest under every live pepper, newest first: whatever version stored it, it is found."""
    live = keyring.versions(PEPPER_SCOPE) or [pepper_version()]
    return [hmac_digest(purpose, value, version=version) for version in live]


def pepper_version() -> int:
    """The version that ``hmac_digest`` uses now, to be stored beside it."""
    return keyring.active_version(PEPPER_SCOPE)
