"""How many processes and threads the environment asks for.

The programs that have them ask when they start; ``serve`` asks before it starts anything, so that
a wrong number ends it with a sentence.
"""

from __future__ import annotations

import os

from vaultportal.env import env_int

# A request that waits for its own body, a commit or a gate holds a thread; the others go on.
THREADS = 4


def web_processes() -> int:
    """PORTAL_WEB_PROCESSES, else one for each core."""
    return env_int("PORTAL_WEB_PROCESSES", os.cpu_count() or 1, least=1)


def web_threads() -> int:
    """PORTAL_WEB_THREADS: requests that one process answers at once."""
    return env_int("PORTAL_WEB_THREADS", THREADS, least=1)


def worker_processes() -> int:
    """PORTAL_WORKER_PROCESSES, else one for each core, and two at least."""
    return env_int("PORTAL_WORKER_PROCESSES", max(2, os.cpu_count() or 1), least=1)


def check() -> None:
    """Read all of them.

    Raises:
        ImproperlyConfigured: one is no number, or too small.
    """
    web_processes()
    web_threads()
    worker_processes()
