"""Ends what tests have installed when the tests themselves are killed.

Installed engines outlive whoever installed them; that is what they are for. So a process of its own
waits for the tests to end: orderly, and it does nothing, or by their death, and it clears up.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ORDERLY = b"."
SECONDS = 2.0  # what is being started while we look is found in the next pass


@contextmanager
def reaping(folder: Path) -> Iterator[None]:
    """If this process dies in the block, or the block fails: what runs below ``folder`` is ended.

    The folder is gone then, too.
    """
    watcher = subprocess.Popen(
        [sys.executable, "-I", __file__, folder], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        yield
    except BaseException:  # whatever it is: told nothing, the watcher ends what was left
        watcher.communicate()
        raise
    watcher.communicate(ORDERLY)


def running(folder: Path) -> set[int]:
    """The processes whose program, working folder or arguments lie below ``folder``."""
    inside = f"{folder}/"
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            places = [str((entry / name).readlink()) for name in ("exe", "cwd")]
            arguments = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if any(inside in each for each in (*places, *arguments)):
                found.add(int(entry.name))
    return found - {os.getpid()}


def main() -> None:
    folder = Path(sys.argv[1])
    if sys.stdin.buffer.read() == ORDERLY:
        return
    until = time.monotonic() + SECONDS
    while (alive := running(folder)) and time.monotonic() < until:
        for number in alive:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        time.sleep(0.1)  # between two looks
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
