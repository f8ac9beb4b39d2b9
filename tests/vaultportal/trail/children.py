"""Processes of their own for the spool's tests: they read a secret, say what happened, and wait.

Their database is not there, so that what they spool stays in the file until somebody else ships it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vaultportal.runtime.paths import BASE_DIR

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@contextmanager
def reader(data_dir: Path, *, reads: int, room: int | None = None) -> Iterator[list[str]]:
    """A child that reads ``reads`` times; its lines ("plaintext" or the error's reason). Killed.

    room: the bytes that its spool may have, as on a disk that is full then.
    """
    command = [sys.executable, "-m", "tests.vaultportal.trail.children", str(reads), str(room or 0)]
    environment = os.environ | {
        "PORTAL_DATA_DIR": str(data_dir),
        "DATABASE_URL": NOWHERE,
        "AUDIT_READS": "spool",
        "PORTAL_LOG_LEVEL": "error",
    }
    child = subprocess.Popen(
        command, cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True
    )
    with child:
        try:
            assert child.stdout is not None
            yield [child.stdout.readline().strip() for _ in range(reads)]
        finally:
            child.kill()


def main(reads: int, room: int) -> None:
    import resource  # noqa: PLC0415 of the child only
    import signal  # noqa: PLC0415 of the child only

    import django  # noqa: PLC0415 of the child only

    django.setup()
    from vaultportal import trail  # noqa: PLC0415 needs the models
    from vaultportal.errors import Unavailable  # noqa: PLC0415 needs the models
    from vaultportal.events.shared import ACCESS_DENIED  # noqa: PLC0415 needs the models
    from vaultportal.identity import actor  # noqa: PLC0415 needs the models

    if room:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    for number in range(reads):
        try:
            with trail.read_unit():
                target = trail.Target("thing", f"{os.getpid()}-{number}")
                trail.record(actor.system(), "thing.read", target)
                trail.emit(ACCESS_DENIED, actor.system(), id="1", name="thing")
            said = "plaintext"
        except Unavailable as refusal:
            said = refusal.reason
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
