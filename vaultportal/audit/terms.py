"""Searched terms in the trail: keyed hashes, so that equal searches look equal and tell nothing."""

from __future__ import annotations

from vaultportal.audit.chain import SCOPE
from vaultportal.crypto import keyring


def term(value: str) -> str:
    """32 hexadecimal digits for a searched term, under the audit key of now."""
    return keyring.scope_key(SCOPE).mac("audit term 1", value.encode("utf-8", "replace"))[:16].hex()
