"""Folders and files that hold secrets: made with the right owner and mode, refused without."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from vaultportal.runtime.errors import RuntimeFault

FOREIGN_ACCESS = stat.S_IRWXG | stat.S_IRWXO
SECRET_BYTES = 32


def private_folder(path: Path, *, owner: int | None = None, mode: int = 0o700) -> Path:
    """Make ``path`` (and its parents) if it is missing, and see that nobody else can get in.

    owner: the user id that the folder belongs to; None for who runs this.
    mode: 0o700, or 0o711 where an unprivileged service must pass through.

    Raises:
        RuntimeFault: a symlink, a file, another owner, or open to more people than ``mode`` says.
    """
    wanted = os.geteuid() if owner is None else owner
    _make_folder(path, wanted, mode)
    above = _lstat(path.parent).st_mode
    if above & stat.S_IWOTH and not above & stat.S_ISVTX:
        raise RuntimeFault(
            f"In {path.parent} anybody may put another folder in the place of {path.name}. "
            "Choose another place."
        )
    found = _lstat(path)
    if stat.S_ISLNK(found.st_mode):
        raise RuntimeFault(f"{path} is a symbolic link. Name the folder itself.")
    if not stat.S_ISDIR(found.st_mode):
        raise RuntimeFault(f"{path} is not a folder. Move it away or choose another place.")
    if found.st_uid != wanted:
        raise RuntimeFault(
            f"{path} belongs to user {found.st_uid} and not to user {wanted}. "
            "Give it to that user, or choose another folder."
        )
    if stat.S_IMODE(found.st_mode) & FOREIGN_ACCESS & ~mode:
        raise RuntimeFault(
            f"{path} is open to other users. Close it with: chmod {mode:o} '{path}'."
        )
    return path


def _make_folder(path: Path, owner: int, mode: int) -> None:
    if path.is_symlink() or path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):  # another process was quicker; the checks that follow hold
            path.mkdir(mode=0o700)
            if mode != 0o700:
                path.chmod(mode)
            if owner != os.geteuid():
                os.chown(path, owner, -1, follow_symlinks=False)
    except OSError as fault:
        raise RuntimeFault(f"{path} cannot be made: {fault.strerror}.") from None


def read_secret(path: Path) -> str | None:
    """The text of a secret file; None when there is none.

    Raises:
        RuntimeFault: a symlink, not a plain file, another owner, or readable by others.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as fault:
        reason = "it is a symbolic link" if fault.errno == errno.ELOOP else fault.strerror
        raise RuntimeFault(f"{path} cannot be read: {reason}.") from None
    with os.fdopen(handle, encoding="utf-8") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise RuntimeFault(f"{path} is not a file of user {os.geteuid()}.")
        if found.st_mode & FOREIGN_ACCESS:
            raise RuntimeFault(f"{path} is open to other users. Close it with: chmod 600 '{path}'.")
        text = file.read().strip()
    if not text:
        raise RuntimeFault(f"{path} is empty. Restore it from its backup.")
    return text


def ensure_secret(path: Path) -> str:
    """The secret in ``path``; a new one of 256 bits is made when there is none. Race safe."""
    if (text := read_secret(path)) is not None:
        return text
    private_folder(path.parent)
    with suppress(FileExistsError):  # another process was quicker: its secret is the one
        write_new(path, secrets.token_urlsafe(SECRET_BYTES).encode())
    text = read_secret(path)
    if text is None:
        raise RuntimeFault(f"{path} has vanished while the portal started.")
    return text


def write_new(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file that must not be there yet, whole or not at all, and on disk when this returns.

    Raises:
        FileExistsError: it is there already; it is left as it was.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    _write_synced(draft, content, mode)
    try:
        path.hardlink_to(draft)
    finally:
        draft.unlink()
    _sync_folder(path.parent)


def replace(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file over what was there, whole or not at all, and on disk when this returns."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    _write_synced(draft, content, mode)
    draft.replace(path)
    _sync_folder(path.parent)


def _write_synced(path: Path, content: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(handle)


def _sync_folder(path: Path) -> None:
    """The new name itself must be on disk too, else a power cut takes the file with it."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _lstat(path: Path) -> os.stat_result:
    try:
        return path.lstat()
    except OSError as fault:
        raise RuntimeFault(f"{path} cannot be reached: {fault.strerror}.") from None
