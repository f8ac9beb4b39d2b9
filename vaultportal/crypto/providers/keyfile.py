"""Root keys in a file of their own: ``root.key`` in PORTAL_KEY_DIR, a line for each version."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vaultportal.crypto.errors import RootKeyRefused
from vaultportal.crypto.message import KEY_BYTES
from vaultportal.crypto.providers.local import LocalKeys, encode_key, parse_labelled

FILE_NAME = "root.key"
_TEMPORARY = ".root.key."
_HEADING = (
    "# Vault Portal root keys, <version>:<key>. Without this file the sealed data is lost.\n"
    "# Keep a copy apart from the database and its backups.\n"
)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class KeyFile(LocalKeys):
    """The embedded default. The file appears whole or not at all; no key in it is ever replaced."""

    name = "keyfile"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.path = folder / FILE_NAME

    def prepare(self, *, fresh: bool) -> None:
        if fresh and not os.path.lexists(self.path):
            self.create(1, secrets.token_bytes(KEY_BYTES))
        self.load()

    def read(self) -> dict[int, bytes]:
        try:
            return _parse(self.path, _read_safely(self.path))
        except FileNotFoundError:
            raise RootKeyRefused(
                message=f"The root key file {self.path} is missing and the database holds sealed "
                "data. Put your copy of the file back (owned by the portal's user, mode 0600), or "
                "point PORTAL_KEY_DIR at its folder. A new key would not open this data: none is "
                "made."
            ) from None
        except OSError as fault:
            raise RootKeyRefused(
                message=f"The root key file {self.path} cannot be read: {fault.strerror}."
            ) from None

    def create(self, version: int, key: bytes) -> None:
        """Write the first file, unless another process was quicker: then its file stands."""
        with self._locked():
            temporary = self._write(f"{_HEADING}{version}:{encode_key(key)}\n")
            with suppress(FileExistsError):
                os.link(temporary, self.path, follow_symlinks=False)
            temporary.unlink()

    def add_version(self) -> int:
        with self._locked():
            text = _read_safely(self.path)
            version = max(_parse(self.path, text)) + 1
            self._replace(text, version, secrets.token_bytes(KEY_BYTES))
        self.load()
        return version

    def put_back(self, version: int, key: bytes) -> None:
        """Restore a version that the file lost, or the whole file."""
        self.create(version, key)
        with self._locked():
            text = _read_safely(self.path)
            held = _parse(self.path, text)
            if held.get(version, key) != key:
                raise RootKeyRefused(
                    message=f"The root key file {self.path} holds another key of version "
                    f"{version}. Move it away first."
                )
            if version not in held:
                self._replace(text, version, key)
        self.load()

    def _replace(self, text: str, version: int, key: bytes) -> None:
        self._write(f"{text.rstrip()}\n{version}:{encode_key(key)}\n").replace(self.path)

    def _write(self, text: str) -> Path:
        """A temporary file beside the key file, on disk before anything points at it."""
        temporary = self.folder / f"{_TEMPORARY}{secrets.token_hex(8)}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return temporary

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time; what a killed writer left is removed, the folder is synced."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                _refuse_unsafe(self.folder, os.fstat(folder), _OTHERS_WRITE)
                fcntl.flock(folder, fcntl.LOCK_EX)
                for leftover in self.folder.glob(f"{_TEMPORARY}*"):
                    leftover.unlink()
                yield
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as fault:
            raise RootKeyRefused(
                message=f"The root key file {self.path} cannot be written: {fault.strerror}."
            ) from None


def _read_safely(path: Path) -> str:
    if path.is_symlink():
        raise RootKeyRefused(
            message=f"The root key file {path} is a symbolic link. Put the file itself there."
        )
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise RootKeyRefused(message=f"The root key file {path} is not a regular file.")
        _refuse_unsafe(path, status, _OTHERS)
        return file.read()


def _refuse_unsafe(path: Path, status: os.stat_result, forbidden: int) -> None:
    if status.st_uid != os.geteuid():
        raise RootKeyRefused(
            message=f"{path} belongs to user {status.st_uid} and the portal runs as user "
            f"{os.geteuid()}. Give it to the portal's user with chown."
        )
    if status.st_mode & forbidden:
        mode = "0600" if stat.S_ISREG(status.st_mode) else "0700"
        raise RootKeyRefused(
            message=f"{path} is open to other users. Close it with chmod {mode}, and think of the "
            "key as known to those who could read it: keys rotate-root makes a new one."
        )


def _parse(path: Path, text: str) -> dict[int, bytes]:
    keys: dict[int, bytes] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            version, key = parse_labelled(line)
        except ValueError:
            raise RootKeyRefused(
                message=f"Line {number} of the root key file {path} is not <version>:<key>. "
                "Put your copy of the file back."
            ) from None
        if keys.setdefault(version, key) != key:
            raise RootKeyRefused(
                message=f"The root key file {path} holds two keys of version {version}."
            )
    if not keys:
        raise RootKeyRefused(
            message=f"The root key file {path} is empty. Put your copy of it back."
        )
    return keys
