"""What a backup says of itself, sealed by the root key: proof that it fits, before it is loaded.

A backup is a folder of three files. ``data.dump`` is the database without the rows of the key tree,
``keys.dump`` is these rows alone, and ``manifest.json`` has the digests of both. Whoever erases
something erases its key row, so it stays erased when older data is restored with younger keys.

The seal is an ordinary message of the root key over the digest of the manifest. It opens with the
right key only, and a file that was changed without it is refused when it is checked. Files are
read again when they are loaded: who writes to the folder at that time is not held off by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from vaultportal import __version__
from vaultportal.crypto import message
from vaultportal.crypto.errors import RootKeyRefused, Tampered
from vaultportal.crypto.providers.base import KeyProvider
from vaultportal.ops.backups.errors import BackupFailed
from vaultportal.ops.backups.line import Session, count_rows, database_bytes

FORMAT = 1
DATA, KEYS, MANIFEST = "data.dump", "keys.dump", "manifest.json"
KEY_TABLES = (
    "crypto_root_key_version",
    "crypto_key_scope",
    "crypto_data_key",
    "crypto_object_key",
)
MOST_BYTES = 4 * 1024 * 1024
_CHUNK = 1024 * 1024
_ROOTS = """
SELECT provider, version, label, state = 'active' FROM crypto_root_key_version root
WHERE state = 'active' OR EXISTS (
    SELECT FROM crypto_data_key key WHERE key.provider = root.provider
    AND key.kek_version = root.version AND key.state <> 'destroyed'
) ORDER BY provider, version
"""


@dataclass(frozen=True, slots=True)
class Manifest:
    """``body`` as it is written, without the seal."""

    body: Mapping[str, Any]

    @property
    def id(self) -> UUID:
        return UUID(self.body["id"])

    @property
    def name(self) -> str:
        return str(self.body["name"])

    @property
    def instance(self) -> UUID:
        """Whose database it is of."""
        return UUID(self.body["instance"])

    @property
    def started_at(self) -> datetime:
        """Before the moment that it is of."""
        return _moment(self.body["started_at"])

    @property
    def ended_at(self) -> datetime:
        return _moment(self.body["ended_at"])

    @property
    def migrations(self) -> frozenset[tuple[str, str]]:
        """App and name of each that was applied."""
        return frozenset((app, name) for app, name in self.body["migrations"])

    @property
    def rows(self) -> dict[str, int]:
        """How many each table has."""
        return dict(self.body["rows"])

    @property
    def root_keys(self) -> list[tuple[str, int, str]]:
        """Provider, version and label of each that its keys are wrapped by."""
        return [
            (str(each["provider"]), int(each["version"]), str(each["label"]))
            for each in self.body["roots"]
        ]

    @property
    def size(self) -> int:
        """Bytes of both dumps."""
        return sum(map(self.bytes_of, self.body["files"]))

    @property
    def database_bytes(self) -> int | None:
        """What the database took on its disk; None in manifests of before that was noted."""
        found = self.body.get("database_bytes")
        return None if found is None else int(found)

    @property
    def data_digest(self) -> str:
        """What tells one backup from any other."""
        return self.digest_of(DATA)

    def bytes_of(self, name: str) -> int:
        """The size of a file."""
        return int(self.body["files"][name]["bytes"])

    def digest_of(self, name: str) -> str:
        """The SHA-256 of a file, in hexadecimal."""
        return str(self.body["files"][name]["sha256"])

    def sealed(self, provider: KeyProvider) -> bytes:
        """The bytes of the file."""
        version = next(each["version"] for each in self.body["roots"] if each["active"])
        seal = provider.wrap(self._digest(), self._context(provider), version=version)
        return orjson.dumps({**self.body, "seal": seal.hex()}, option=_OPTIONS)

    def check(self, provider: KeyProvider, seal: bytes) -> None:
        """See that this process holds every root key it needs, and that nothing was changed.

        Raises:
            RootKeyRefused: a key is not held, or is another one.
            BackupFailed: the manifest is not what was sealed.
        """
        held = provider.versions()
        for family, version, label in self.root_keys:
            if family != provider.family:
                raise RootKeyRefused(
                    message=f"Root key {label} of this backup is kept by another provider; set "
                    "PORTAL_KEY_PROVIDER to it."
                )
            if held.get(version) != label:
                known = ", ".join(held.values()) or "none"
                raise RootKeyRefused(
                    message=f"Root key {label} of this backup is not the one that is held here. "
                    f"Put the key file that belongs to it in place. This process knows: {known}."
                )
        try:
            digest = provider.unwrap(seal, self._context(provider))
        except Tampered:
            digest = b""
        if digest != self._digest():
            raise BackupFailed(message=f"{MANIFEST} is not as it was written.")

    def _digest(self) -> bytes:
        return hashlib.sha256(orjson.dumps(self.body, option=_OPTIONS)).digest()

    def _context(self, provider: KeyProvider) -> bytes:
        return message.encode([b"backup", self.instance.bytes, provider.family.encode()])


_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def of_snapshot(session: Session) -> dict[str, Any]:
    """What the moment of the session's transaction says of the database."""
    instance = session.execute("SELECT id FROM crypto_instance").fetchone()
    roots = session.execute(_ROOTS).fetchall()
    if instance is None or not any(root[3] for root in roots):
        raise BackupFailed(message="There is nothing to back up: the portal was never started.")
    applied = session.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
    return {
        "format": FORMAT,
        "portal": __version__,
        "postgresql": session.info.server_version,
        "instance": str(instance[0]),
        "migrations": [list(row) for row in applied.fetchall()],
        "roots": [
            {"provider": provider, "version": version, "label": label, "active": is_active}
            for provider, version, label, is_active in roots
        ],
        "rows": count_rows(session),
        "database_bytes": database_bytes(session),
    }


def read(folder: Path) -> tuple[Manifest, bytes]:
    """A manifest and its seal, whole but not yet checked.

    Raises:
        BackupFailed: there is none, or it is none of ours.
    """
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise BackupFailed(
            message=f"{folder} is not a backup: {MANIFEST} cannot be read ({fault.strerror})."
        ) from None
    try:
        body = orjson.loads(text)
        seal = bytes.fromhex(body.pop("seal"))
        manifest = Manifest(body)
        # Whatever a caller reads later is there.
        known = (
            *(manifest.id, manifest.instance, manifest.started_at, manifest.ended_at),
            *(manifest.migrations, manifest.rows, manifest.size, manifest.database_bytes),
            manifest._digest(),  # what is nested too deep has none
        )
        is_ours = body["format"] == FORMAT and bool(known) and bool(manifest.root_keys)
        digests = [manifest.digest_of(name) for name in (DATA, KEYS)]
    except (ValueError, TypeError, KeyError, AttributeError):
        is_ours, digests = False, []
    if not (is_ours and digests):
        raise BackupFailed(
            message=f"{path} is not the manifest of a backup that this portal reads."
        )
    return manifest, seal


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("It does not say in which time zone.")
    return found


def digest(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file. Raises OSError."""
    found, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
            size += len(chunk)
    return size, found.hexdigest()


def check_file(folder: Path, name: str, manifest: Manifest) -> Path:
    """The path of a file that is as it was written.

    Raises:
        BackupFailed: it is missing or was changed.
    """
    path = folder / name
    try:
        _, found = digest(path)
    except OSError as fault:
        raise BackupFailed(message=f"{path} cannot be read: {fault.strerror}.") from None
    if found != manifest.digest_of(name):
        raise BackupFailed(message=f"{path} is not as it was written: its SHA-256 differs.")
    return path
