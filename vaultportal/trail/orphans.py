"""What dead processes left in their spools: shipped by a sweep, then removed."""

from __future__ import annotations

import fcntl
import logging
import os
from pathlib import Path

from vaultportal.identity import actor
from vaultportal.trail import shipping, spool
from vaultportal.trail.unit import record, unit

logger = logging.getLogger(__name__)


def sweep() -> int:
    """Ship every spool whose writer is dead; the number of files that were.

    A file with a line that cannot be read is kept under the suffix ``.damaged``, and the trail
    says so.
    """
    folder = spool.directory()
    return sum(_ship(path) for path in sorted(folder.glob(f"*{spool.SUFFIX}")))


def _ship(path: Path) -> bool:
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:  # another sweep was quicker
        return False
    with os.fdopen(fd, "rb") as file:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # its writer lives
            return False
        if os.fstat(fd).st_nlink == 0:  # another sweep had it before us
            return False
        # What follows the last line end was never finished: its reader got nothing.
        damaged = shipping.ship(file.read().split(b"\n")[:-1])
        if damaged:
            path.rename(path.with_suffix(".damaged"))
            _tell(path.stem, damaged)
        else:
            path.unlink()
    return True


@unit()
def _tell(name: str, lines: int) -> None:
    logger.error(
        "The audit spool %s has %s lines that cannot be read; the file is kept.", name, lines
    )
    record(actor.system(), "audit.spool_damaged", outcome="failure", file=name, lines=lines)
