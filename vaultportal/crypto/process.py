"""Make it harder to read a process from outside: no core dumps, no debugger of the same user."""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import sys

logger = logging.getLogger(__name__)

_PR_SET_DUMPABLE = 4


def harden() -> None:
    """Called once by each web, worker and beat process as it starts.

    Sets RLIMIT_CORE to 0 for the process and its children, and on Linux PR_SET_DUMPABLE to 0, which
    shuts ptrace and /proc/<pid>/mem to others of the same user. A refusal is logged: the portal
    goes on.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        logger.warning("The process stays dumpable: %s", os.strerror(ctypes.get_errno()))
