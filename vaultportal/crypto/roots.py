"""May this process start? Its root key must open what the database's root key sealed."""

from __future__ import annotations

from vaultportal.crypto import message
from vaultportal.crypto.errors import RootKeyRefused, Tampered
from vaultportal.crypto.message import OpenKey
from vaultportal.crypto.models import KeyState
from vaultportal.crypto.providers.base import KeyProvider
from vaultportal.crypto.store import RootRow, Store

SENTINEL = b"vault portal sentinel 1"


def ensure(store: Store, provider: KeyProvider) -> None:
    """Prove that the provider holds this database's keys; record the first on a fresh one.

    Raises:
        RootKeyRefused: a key is missing, unsafe or another one. The message says what to do.
    """
    fresh = not store.holds_keys()
    provider.prepare(fresh=fresh)
    if fresh:
        store.add_instance()
        version = provider.current_version()
        first = row_for(instance_id(store), provider, version, KeyState.ACTIVE)
        store.add_root_version(first)
    verify(store, provider)


def verify(store: Store, provider: KeyProvider) -> None:
    """Open the sentinel of every held key; refuse when one that is needed is not held."""
    instance = instance_id(store)
    held = provider.versions()
    rows = store.root_versions()
    if not any(row.state == KeyState.ACTIVE for row in rows):
        raise RootKeyRefused(
            message="The database has keys and no record of its root key. Restore the table "
            "crypto_root_key_version from a backup."
        )
    for row in rows:
        if row.provider != provider.family:
            if row.state == KeyState.ACTIVE or row.used:
                _refuse(row, held, "is kept by another provider; set PORTAL_KEY_PROVIDER to it")
        elif row.version in held:
            _open_sentinel(provider, row, instance, held)
        elif row.state == KeyState.ACTIVE or row.used:
            _refuse(
                row, held, "is not held by this process; put back the key file or key of that label"
            )


def row_for(instance: bytes, provider: KeyProvider, version: int, state: KeyState) -> RootRow:
    """The record of a held version, with its sentinel."""
    context = _context(instance, provider.family, version)
    sentinel = provider.wrap(SENTINEL, context, version=version)
    label = provider.versions()[version]
    return RootRow(provider.family, version, label, state.value, sentinel, used=False)


def opens_sentinel(key: OpenKey, row: RootRow, instance: bytes) -> bool:
    """Whether a candidate for a lost root key is the right one."""
    try:
        opened = message.unseal(key, row.sentinel, _context(instance, row.provider, row.version))
    except Tampered:
        return False
    return opened == SENTINEL


def instance_id(store: Store) -> bytes:
    """The 16 bytes that all is bound to; RootKeyRefused when the row was lost."""
    identity = store.identity()
    if identity is None:
        raise RootKeyRefused(
            message="The database has keys and no instance id, to which all sealed data is bound. "
            "Restore the table crypto_instance from a backup."
        )
    return identity[0].bytes


def _open_sentinel(
    provider: KeyProvider, row: RootRow, instance: bytes, held: dict[int, str]
) -> None:
    try:
        opened = provider.unwrap(row.sentinel, _context(instance, row.provider, row.version))
    except Tampered:
        opened = b""
    if opened != SENTINEL:
        _refuse(
            row, held, "is another key than the one of that number here; put back the right one"
        )


def _refuse(row: RootRow, held: dict[int, str], what: str) -> None:
    known = ", ".join(held.values()) or "none"
    raise RootKeyRefused(
        message=f"Root key {row.label} of this database {what}. This process knows: {known}."
    )


def _context(instance: bytes, family: str, version: int) -> bytes:
    return message.encode([b"sentinel", instance, family.encode(), version.to_bytes(4, "big")])
