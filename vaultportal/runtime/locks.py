"""Who runs the services of a data folder: a lock of the kernel, which no death leaves behind."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vaultportal.runtime.errors import AlreadyRunning
from vaultportal.runtime.paths import Layout

POLL_SECONDS = 0.05
SERVE = "serve"


def try_own(layout: Layout, role: str) -> int | None:
    """Take the lock if it is free; the handle, or None. ``role`` tells others who has it."""
    handle = _open(layout.lock)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()} {role}\n".encode(), 0)
    return handle


def own_for_serving(layout: Layout, *, patience: float = 10) -> int:
    """The lock for ``serve``. A command that has it for a moment is waited for.

    Raises:
        AlreadyRunning: another portal runs on this data folder.
    """
    deadline = time.monotonic() + patience
    while (handle := try_own(layout, SERVE)) is None:
        pid, role = owner(layout)
        if role == SERVE or time.monotonic() > deadline:
            raise AlreadyRunning(
                f"Another portal (process {pid}) already uses {layout.data}. Stop it, or set "
                "PORTAL_PORT (the data folder then differs too) or PORTAL_DATA_DIR."
            )
        time.sleep(POLL_SECONDS)  # between two tries: a lock that is let go tells nobody
    return handle


def owner(layout: Layout) -> tuple[str, str]:
    """Process id and role of who has the lock, as far as they have written it."""
    try:
        pid, _, role = layout.lock.read_text().strip().partition(" ")
    except OSError:
        return "?", ""
    return pid or "?", role


@contextmanager
def using(layout: Layout) -> Iterator[None]:
    """Keep the owner from stopping the services while the block runs."""
    handle = _open(layout.users)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def await_users(layout: Layout) -> int:
    """Wait until no other command uses our services; the handle keeps new ones out."""
    handle = _open(layout.users)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Waiting for another command that uses this database.", file=sys.stderr)  # noqa: T201
        fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """One process at a time runs the block."""
    handle = _open(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    # Not inherited by what we exec: a child must not keep the lock of a dead parent.
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(path, flags, 0o600)
