"""The spool: with ``AUDIT_READS=spool`` a read is accounted for in a file before plaintext leaves.

Each process appends to a file of its own and a thread of it ships the lines within a second. The
lines survive any death of the process, since the kernel has them; they do not survive a death of
the machine, which is what the setting ``flush`` is for. What a dead process left is shipped by
``orphans``.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import logging
import os
import threading
from pathlib import Path
from time import monotonic, sleep

from django.conf import settings
from django.db import connection

from vaultportal.errors import Unavailable
from vaultportal.identity.ids import uuid7
from vaultportal.trail import shipping
from vaultportal.trail.batch import Batch

logger = logging.getLogger(__name__)

SUFFIX = ".jsonl"
PAUSE = 0.2  # seconds between two rounds, so that a busy process ships many lines at once
MAX_LAG = 60.0  # seconds that the chains may stay behind before reads are refused
MAX_READ = 1 << 20
CLOSE_SECONDS = 5.0


def directory() -> Path:
    """Where the processes of this portal keep their spools."""
    return Path(settings.PORTAL_DATA_DIR) / "spool"


def append(batch: Batch) -> None:
    """Append the unit of work as one line; on return the kernel has it.

    Raises:
        Unavailable: the disk is full, the folder is closed to us, or nothing could be shipped for a
            minute. The caller's plaintext must not leave.
    """
    _spool.append(shipping.line_of(*batch.close(spooled=True)))


class Spool:
    """The file of this process: written by request threads, emptied by one thread of its own."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._path = Path()
        self._fd = -1
        self._size = 0
        self._close_until: float | None = None
        self._failing_since: float | None = None

    def append(self, line: bytes) -> None:
        """Append one line that ends with a line end, whole or not at all."""
        failing_since = self._failing_since
        if failing_since is not None and monotonic() - failing_since > MAX_LAG:
            raise Unavailable("audit trail", reason="audit.unwritable")
        try:
            with self._lock:
                if self._fd < 0:
                    self._open()
                self._write(line)
        except OSError as fault:
            logger.error("The audit spool cannot be written: %s", fault.strerror)
            raise Unavailable("audit trail", reason="audit.unwritable") from fault
        self._wake.set()

    def close(self) -> None:
        """Ship what is left and remove the file: the clean end of a process."""
        thread = self._thread
        if thread is not None:
            self._close_until = monotonic() + CLOSE_SECONDS
            self._wake.set()
            thread.join(CLOSE_SECONDS + PAUSE)

    def leave_to_parent(self) -> None:
        """In a forked child: file and thread are the parent's, whose lock must end with it."""
        if self._fd >= 0:
            os.close(self._fd)
        self._begin()

    def _open(self) -> None:
        folder = directory()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        hidden = folder / f".{uuid7()}"
        fd = os.open(hidden, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            # Locked before it has a name that the sweep looks for: an unlocked file is an orphan.
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._path = hidden.rename(folder / f"{hidden.name[1:]}{SUFFIX}")
        except OSError:
            os.close(fd)
            raise
        self._fd, self._size = fd, 0
        self._thread = threading.Thread(target=self._run, name="audit spool", daemon=True)
        self._thread.start()

    def _write(self, line: bytes) -> None:
        written = os.write(self._fd, line)
        if written != len(line):  # a full disk takes a part: give it back
            os.ftruncate(self._fd, self._size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._size += written

    def _run(self) -> None:
        shipped = 0
        while True:
            self._wake.wait()
            self._wake.clear()
            try:
                shipped = self._ship(shipped)
                self._failing_since = None
            except Exception:  # a thread that died would leave lines behind in silence
                logger.exception("The audit spool cannot be shipped; its lines stay.")
                self._failing_since = self._failing_since or monotonic()
                self._wake.set()
            finally:
                connection.close()
            if self._close_until is not None and self._end(self._close_until):
                return
            sleep(PAUSE)

    def _ship(self, shipped: int) -> int:
        """Ship what lies behind ``shipped`` and empty the file when nothing was added meanwhile."""
        while shipped < self._size:
            block = os.pread(self._fd, MAX_READ, shipped)
            if b"\n" not in block:  # one long line
                block = os.pread(self._fd, self._size - shipped, shipped)
            whole = block[: block.rindex(b"\n") + 1]
            shipping.ship(whole.split(b"\n")[:-1])
            shipped += len(whole)
        with self._lock:
            if shipped == self._size:
                os.ftruncate(self._fd, 0)
                shipped = self._size = 0
        return shipped

    def _end(self, until: float) -> bool:
        """Let go of the file when it is empty; past ``until`` also with lines: an orphan then."""
        with self._lock:
            if self._size and monotonic() < until:
                self._wake.set()
                return False
            if not self._size:
                self._path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd, self._thread, self._close_until = -1, None, None
        return True


_spool = Spool()
os.register_at_fork(after_in_child=_spool.leave_to_parent)
atexit.register(_spool.close)
