"""The processes of a portal, also those that let nobody of their own account look into them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil


def family(folder: Path, ancestors: Iterable[int]) -> dict[int, str]:
    """Process ids and command lines of all that ``ancestors`` started or that has the data folder.

    A process has it as its PORTAL_DATA_DIR or works in it. That only root can see of the portal's
    own processes, which are not dumpable; hence the descent as well. The ancestors themselves and
    zombies are left out.
    """
    ancestors = set(ancestors)
    below: set[int] = set()
    for ancestor in ancestors:
        with suppress(psutil.NoSuchProcess):
            below |= {each.pid for each in psutil.Process(ancestor).children(recursive=True)}
    mark = str(folder)
    found = {}
    for each in psutil.process_iter():
        with suppress(psutil.NoSuchProcess):
            if each.pid in ancestors or not lives(each.pid):
                continue
            if each.pid in below or _has(each, mark):
                found[each.pid] = "".join(f"{word} " for word in each.cmdline())
    return found


def lives(pid: int) -> bool:
    """Whether it runs; a zombie does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _has(process: psutil.Process, folder: str) -> bool:
    try:
        inside = Path(process.cwd()).is_relative_to(folder)
        return inside or process.environ().get("PORTAL_DATA_DIR") == folder
    except psutil.AccessDenied:
        return False
