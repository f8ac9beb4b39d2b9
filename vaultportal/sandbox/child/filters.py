"""The system calls that are left, as programs for the kernel's seccomp. All others kill."""

from __future__ import annotations

import ctypes
import os
import struct

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
PROT_EXEC = 4
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; CLONE_VM; CLONE_THREAD
CLONE_REFUSED = 0x7E020000 | 0x100 | 0x10000
INSTRUCTION_BYTES = 8

# Memory, the interpreter's lock, the one socket, the end. Nothing that names a thing.
WORKER = """
    recvfrom sendto brk munmap mremap madvise futex rt_sigreturn rt_sigprocmask sigaltstack
    clock_gettime gettimeofday getrusage getrandom sched_yield restart_syscall exit exit_group
"""
# To fork, to pass sockets on, to reap, and to close the locks of what is forked.
SERVER = """
    recvmsg sendmsg poll ppoll read write close close_range dup2 dup3 fcntl ioctl
    pidfd_open pidfd_send_signal wait4 waitid getpid getppid gettid set_robust_list rseq
    set_tid_address rt_sigaction prctl seccomp prlimit64 setrlimit getrlimit setitimer
    setpriority getpriority getsockname getsockopt
"""

_libc = ctypes.CDLL(None, use_errno=True)


class Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]


class Filter:
    """One compiled program. Loading it is a single system call."""

    def __init__(self, code: bytes) -> None:
        self._code = ctypes.create_string_buffer(code, len(code))
        address = ctypes.cast(self._code, ctypes.c_void_p)
        self._program = Program(len(code) // INSTRUCTION_BYTES, address)

    def load(self) -> None:
        """From now on, and for all that this process forks. Raises OSError."""
        if _libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(self._program), 0, 0):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def compiled() -> tuple[Filter, Filter]:
    """For the process of a call, and for the servers.

    They are compiled in a process apart: what the library draws in would slow down each fork.

    Raises:
        OSError: they cannot be compiled here.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(reader)
            for code in _compile():
                os.write(writer, struct.pack("!I", len(code)) + code)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with open(reader, "rb") as pipe:  # noqa: PTH123 a descriptor
        answer = pipe.read()
    if os.waitpid(pid, 0)[1] != 0:
        raise OSError("libseccomp is missing or does not know this kernel")
    (length,) = struct.unpack_from("!I", answer)
    return Filter(answer[4 : 4 + length]), Filter(answer[8 + length :])


def _compile() -> list[bytes]:
    import pyseccomp  # noqa: PLC0415 it fails to import where libseccomp is missing

    def allowing(names: str) -> pyseccomp.SyscallFilter:
        chosen = pyseccomp.SyscallFilter(pyseccomp.KILL_PROCESS)
        for name in names.split():
            try:
                chosen.add_rule(pyseccomp.ALLOW, name)
            except OSError:  # this architecture, or this libseccomp, does not know it
                continue
        for name in ("mmap", "mprotect"):  # memory, but none that can be run
            not_run = pyseccomp.Arg(2, pyseccomp.MASKED_EQ, PROT_EXEC, 0)
            chosen.add_rule(pyseccomp.ALLOW, name, not_run)
        return chosen

    server = allowing(WORKER + SERVER)
    plain_fork = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, CLONE_REFUSED, 0)
    server.add_rule(pyseccomp.ALLOW, "clone", plain_fork)
    return [_exported(allowing(WORKER)), _exported(server)]


def _exported(chosen: object) -> bytes:
    with open(os.memfd_create("filter"), "w+b") as file:  # noqa: PTH123 a descriptor
        chosen.export_bpf(file)  # type: ignore[attr-defined] # a SyscallFilter
        file.seek(0)
        return file.read()
