"""The locks of the sandbox, in the order in which they close. Linux only.

1. Descriptors, account, rlimits: the zygote, before anything else.
2. Landlock: no file, no network, no signal out of the domain. Inherited by all that it forks.
3. seccomp for the servers (zygote and templates): they fork, pass sockets and reap, no more.
4. In the process of a call: its own rlimits and timers, then seccomp for workers.

The programs for seccomp are in ``filters``.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import struct

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
LANDLOCK_CREATE_RULESET, LANDLOCK_RESTRICT_SELF = 444, 446  # the same on every architecture
MAX_FILES = 600  # a template has two for each call
SLACK_BYTES = 48 * 2**20  # of address space: buffers of Python, the allocator's arenas

_libc = ctypes.CDLL(None, use_errno=True)


class NotLocked(Exception):
    """A lock that is needed does not close here; the text says which and why."""


def drop_to(uid: int, gid: int) -> None:
    """Leave root for an account that owns nothing. Raises NotLocked."""
    try:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    except OSError as fault:
        raise NotLocked(f"the account {uid} cannot be taken on ({fault.strerror})") from None


def limit_servers() -> None:
    """No core dump, no file written, few descriptors; not to be looked into by others."""
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_MEMLOCK):
        resource.setrlimit(kind, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_FILES, MAX_FILES))
    _prctl(PR_SET_DUMPABLE, 0)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)


def landlock() -> int:
    """Give up the file system and the network. The ABI that did it; 0 where there is none."""
    abi = _libc.syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if abi < 1:
        return 0
    files = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)) - 1  # 5 added ioctl on devices
    network = 0b11 if abi >= 4 else 0  # TCP bind and connect
    scopes = 0b11 if abi >= 6 else 0  # abstract sockets and signals
    rights = struct.pack("QQQ", files, network, scopes)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = _libc.syscall(
        LANDLOCK_CREATE_RULESET,
        ctypes.c_char_p(rights),
        ctypes.c_size_t(size),
        ctypes.c_uint32(0),
    )
    if ruleset < 0:
        return 0
    refused = _libc.syscall(LANDLOCK_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    os.close(ruleset)
    return 0 if refused else int(abi)


def close_others(keep: int) -> None:
    """Make ``keep`` descriptor 0, and close all others."""
    os.dup2(keep, 0)
    os.closerange(1, MAX_FILES)


def limit_worker(
    *, cpu_seconds: float, wall_seconds: float, memory_bytes: int, buffer_bytes: int
) -> None:
    """Limits that the kernel keeps, each a little beyond the one that the engine keeps itself.

    A timer's signal ends the process whatever it is doing: nothing of the code can catch it.
    """
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds * 1.15 + 0.05)
    signal.setitimer(signal.ITIMER_REAL, wall_seconds + 1.0)
    whole = math.ceil(cpu_seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
    space = _address_space() + memory_bytes + buffer_bytes + SLACK_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (space, space))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


_own_space = 0


def measure_address_space() -> None:
    """Note how much the process has mapped, while /proc can still be read."""
    global _own_space
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 no pathlib here
        _own_space = int(statm.read().split()[0]) * resource.getpagesize()


def _address_space() -> int:
    return _own_space


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
