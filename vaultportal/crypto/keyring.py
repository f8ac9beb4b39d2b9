"""The key tree: root keys open data keys, data keys open object keys. The newest seals."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from uuid import UUID

from vaultportal.crypto import message
from vaultportal.crypto.message import KEY_BYTES, OpenKey
from vaultportal.crypto.models import DataKey, ObjectKey
from vaultportal.crypto.ring import Keyring, unwrap_data_key, wrap_data_key

__all__ = [
    "OpenKey",
    "active_version",
    "check",
    "forget",
    "forget_after_migrate",
    "instance_id",
    "is_fresh",
    "new_object_key",
    "new_object_keys",
    "open_object_key",
    "open_object_keys",
    "refresh",
    "rewrap_data_key",
    "rewrap_object_key",
    "scope_key",
    "versions",
]

OBJECT_KEY_VERSION = 1

_ring = Keyring()
os.register_at_fork(after_in_child=_ring.renew_after_fork)


def check() -> None:
    """Refuse to start with a missing, unsafe or wrong root key; on a fresh database make the first.

    Raises:
        RootKeyRefused: the message is a sentence for the operator.
        Unavailable: the database does not answer, or is not migrated.
    """
    _ring.check()


def is_fresh() -> bool:
    """Whether no key was ever recorded in this database."""
    return _ring.is_fresh()


def instance_id() -> bytes:
    """16 bytes: who this database is."""
    return _ring.instance()


def scope_key(scope: str, version: int | None = None) -> OpenKey:
    """A data key used directly: portal credentials, blobs, peppers, audit, indexes.

    Raises:
        UnknownKey: the scope never had that version.
        KeyGone: it was destroyed, or lies below the scope's lowest version.
    """
    return _ring.data_key(scope, version)


def active_version(scope: str) -> int:
    """The version that seals now; the scope's first key is made when there is none."""
    return _ring.active_version(scope)


def versions(scope: str) -> list[int]:
    """The versions that open, newest first; empty for a scope without keys."""
    return _ring.live_versions(scope)


def new_object_key(scope: str, object_id: UUID) -> tuple[ObjectKey, OpenKey]:
    """An unsaved row and the usable key. Save it in the transaction that saves what it sealed."""
    return new_object_keys(scope, [object_id])[0]


def new_object_keys(scope: str, object_ids: Iterable[UUID]) -> list[tuple[ObjectKey, OpenKey]]:
    """As ``new_object_key`` for many, in order; about 15 us each."""
    wrapping = _ring.data_key(scope, None)
    made: list[tuple[ObjectKey, OpenKey]] = []
    for object_id in object_ids:
        secret = secrets.token_bytes(KEY_BYTES)
        row = ObjectKey(
            object_id=object_id,
            scope=scope,
            data_key_version=wrapping.version,
            wrapped=message.seal(wrapping, secret, _object_key_context(scope, object_id)),
        )
        made.append((row, OpenKey(scope, OBJECT_KEY_VERSION, secret)))
    return made


def open_object_key(
    scope: str, object_id: UUID, data_key_version: int, wrapped: bytes | memoryview
) -> OpenKey:
    """Open a stored object key: no statement while the scope's data key is in the process.

    Raises:
        Tampered: the row was altered or belongs to another object or scope.
        KeyGone: the data key was destroyed.
    """
    wrapping = _ring.data_key(scope, data_key_version)
    secret = message.unseal(wrapping, bytes(wrapped), _object_key_context(scope, object_id))
    return OpenKey(scope, OBJECT_KEY_VERSION, secret)


def open_object_keys(rows: Iterable[ObjectKey]) -> dict[UUID, OpenKey]:
    """Open many, of any scopes, by object id; unknown scopes cost one statement together."""
    rows = list(rows)
    _ring.preload({row.scope for row in rows})
    return {
        row.object_id: open_object_key(
            row.scope, row.object_id, row.data_key_version, bytes(row.wrapped)
        )
        for row in rows
    }


def rewrap_object_key(row: ObjectKey) -> ObjectKey:
    """The same key under the scope's active data key; the row is changed and not saved."""
    opened = open_object_key(row.scope, row.object_id, row.data_key_version, bytes(row.wrapped))
    wrapping = _ring.data_key(row.scope, None)
    row.wrapped = message.seal(
        wrapping, opened.export(), _object_key_context(row.scope, row.object_id)
    )
    row.data_key_version = wrapping.version
    return row


def rewrap_data_key(row: DataKey, root: tuple[str, int]) -> None:
    """The same key under another root key; the row is changed and not saved."""
    instance = _ring.instance()
    secret = unwrap_data_key(instance, row)
    row.wrapped = wrap_data_key(instance, row.scope, row.version, secret, root)
    row.provider, row.kek_version = root


def refresh() -> None:
    """See at once, in this process, what has just changed; the others see it within a second."""
    _ring.expire()


def forget() -> None:
    """Wipe the opened keys of this process and close the keyring's connection."""
    _ring.forget()


def forget_after_migrate(**_signal: object) -> None:
    """A flushed or migrated database may hold other keys than those that are open here."""
    _ring.forget()


def _object_key_context(scope: str, object_id: UUID) -> bytes:
    return message.encode([b"object-key", _ring.instance(), scope.encode(), object_id.bytes])
