"""What a process knows and has open of the key tree.

Opened data keys stay here. What is known of a scope is at most a second old: each call compares the
database's key epoch when its own is older, and a change of any key's state raises that epoch.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import RLock
from time import monotonic
from uuid import UUID

from vaultportal.crypto import message, roots
from vaultportal.crypto.errors import KeyGone, RootKeyRefused, UnknownKey
from vaultportal.crypto.message import KEY_BYTES, OpenKey
from vaultportal.crypto.models import DataKey, KeyState
from vaultportal.crypto.providers import registry
from vaultportal.crypto.store import DataKeyRow, Store
from vaultportal.errors import Unavailable

MAX_AGE = 1.0  # seconds
_NEVER = float("-inf")
MAX_SCOPES = 5_000  # some 1.5 KiB each; a forgotten scope costs one statement


@dataclass(frozen=True, slots=True)
class _Scope:
    rows: dict[int, DataKeyRow]
    active: int | None
    lowest: int


class Keyring:
    """The opened part of the key tree in this process. Threads share it."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._store = Store()
        self._scopes: dict[str, _Scope] = {}
        self._open: dict[UUID, OpenKey] = {}  # by the id of the stored row: numbers may come again
        self._identity: tuple[UUID, int] | None = None
        self._line = 0
        self._refreshed = _NEVER

    def check(self) -> None:
        """Start up, or go over the start-up checks again."""
        with self._lock:
            self.forget()
            self._refresh()

    def is_fresh(self) -> bool:
        """Whether the database is not migrated, or holds no keys: there is nothing to check."""
        with self._lock:
            self._store.follow_settings()
            return not (self._store.is_migrated() and self._store.holds_keys())

    def instance(self) -> bytes:
        """The 16 bytes that every sealed value is bound to."""
        self._refresh()
        identity = self._identity
        if identity is None:  # forgotten by another thread meanwhile
            return self.instance()
        return identity[0].bytes

    def data_key(self, scope: str, version: int | None) -> OpenKey:
        """A version of a scope's key; None: the active one, made when the scope has no key."""
        known = self._scope(scope)
        if known is None and version is None:
            known = self._make_first(scope)
        if version is None:
            version = self._active(known)
        elif known is None or version not in known.rows:
            known = self._load([scope]).get(scope)  # made elsewhere within the last second?
        if known is None or version not in known.rows:
            raise UnknownKey
        row = known.rows[version]
        if row.state == KeyState.DESTROYED or version < known.lowest:
            raise KeyGone
        return self._open.get(row.id) or self._unwrap(row)

    def active_version(self, scope: str) -> int:
        return self._active(self._scope(scope) or self._make_first(scope))

    def live_versions(self, scope: str) -> list[int]:
        known = self._scope(scope)
        if known is None:
            return []
        live = (
            version
            for version, row in known.rows.items()
            if version >= known.lowest and row.state in (KeyState.ACTIVE, KeyState.DECRYPT_ONLY)
        )
        return sorted(live, reverse=True)

    def preload(self, scopes: Iterable[str]) -> None:
        """Learn of many scopes with one statement."""
        self._refresh()
        missing = set(scopes) - self._scopes.keys()
        if missing:
            self._load(list(missing))

    def forget(self) -> None:
        """Wipe what is open and close the line to the database; the next call begins anew."""
        with self._lock:
            for key in self._open.values():
                key.wipe()
            self._drop()
            self._store.close()

    def expire(self) -> None:
        """Ask the database at the next call, however young the answer is."""
        with self._lock:  # after an answer that is just being fetched
            self._refreshed = _NEVER

    def renew_after_fork(self) -> None:
        """In a forked child: another thread of the parent may have held the lock."""
        self._lock = RLock()

    def _drop(self) -> None:
        self._scopes.clear()
        self._open.clear()
        self._identity = None
        self._refreshed = _NEVER

    def _refresh(self) -> None:
        if monotonic() - self._refreshed < MAX_AGE:
            return
        with self._lock:
            now = monotonic()  # before asking: the answer is never older than it claims
            if now - self._refreshed < MAX_AGE:
                return
            self._store.follow_settings()
            if self._identity is None and not self._store.is_migrated():
                raise Unavailable(message="The database is not set up yet: run migrate.")
            identity = self._store.identity()
            # A new line may lead to another state of things: a restored dump, a replica promoted.
            if (self._identity, self._line) != (identity, self._store.lines):
                self._drop()
                roots.ensure(self._store, registry.provider())
                identity = self._store.identity()
            self._identity, self._line = identity, self._store.lines
            self._refreshed = now

    def _scope(self, scope: str) -> _Scope | None:
        self._refresh()
        return self._scopes.get(scope) or self._load([scope]).get(scope)

    def _load(self, scopes: Sequence[str]) -> dict[str, _Scope]:
        with self._lock:
            rows: dict[str, dict[int, DataKeyRow]] = {}
            for row in self._store.data_keys(scopes):
                rows.setdefault(row.scope, {})[row.version] = row
            loaded = {scope: _scope_of(found) for scope, found in rows.items()}
            if len(self._scopes) + len(loaded) > MAX_SCOPES:
                self._scopes.clear()
                self._open.clear()
            self._scopes |= loaded
            return loaded

    def _make_first(self, scope: str) -> _Scope:
        instance = self.instance()
        with self._lock, self._store.transaction():
            root = self._store.active_root()
            secret = secrets.token_bytes(KEY_BYTES)
            wrapped = wrap_data_key(instance, scope, 1, secret, root)
            self._store.add_first_data_key(scope, wrapped, root)
        return self._load([scope])[scope]

    def _active(self, known: _Scope | None) -> int:
        if known is None or known.active is None:
            # Every key was destroyed: the scope is closed, and no write opens it again.
            raise KeyGone
        return known.active

    def _unwrap(self, row: DataKeyRow) -> OpenKey:
        with self._lock:
            opened = self._open.get(row.id)
            if opened is None:
                secret = unwrap_data_key(self.instance(), row)
                opened = self._open[row.id] = OpenKey(row.scope, row.version, secret)
            return opened


def _scope_of(rows: dict[int, DataKeyRow]) -> _Scope:
    active = (version for version, row in rows.items() if row.state == KeyState.ACTIVE)
    return _Scope(rows, next(active, None), next(iter(rows.values())).lowest)


def wrap_data_key(
    instance: bytes, scope: str, version: int, secret: bytes, root: tuple[str, int]
) -> bytes:
    """Wrap under the root key ``(provider family, version)``."""
    family, root_version = root
    provider = registry.provider()
    if family != provider.family:
        raise RootKeyRefused(
            message=f"The active root key is kept by {family}, not by this provider."
        )
    return provider.wrap(secret, _data_key_context(instance, scope, version), version=root_version)


def unwrap_data_key(instance: bytes, row: DataKeyRow | DataKey) -> bytes:
    """The bytes of a data key; it opens in its own row only."""
    provider = registry.provider()
    if row.provider != provider.family:
        raise RootKeyRefused(
            message=f"A data key is wrapped by {row.provider}, not by this provider."
        )
    return provider.unwrap(bytes(row.wrapped), _data_key_context(instance, row.scope, row.version))


def _data_key_context(instance: bytes, scope: str, version: int) -> bytes:
    return message.encode([b"data-key", instance, scope.encode(), version.to_bytes(4, "big")])
