"""A zygote whose calls are taken over: what code could do that has broken out of the engine.

Started like the real program, with the real locks; only the work of the innermost process is
replaced. The name of the export chooses the attack, the argument goes with it.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any

Say = Callable[[Any], None]
PTRACE_ATTACH = 16
_libc = ctypes.CDLL(None, use_errno=True)


def open_file(argument: Any) -> Any:
    return os.open("/etc/passwd", os.O_RDONLY)


def write_file(argument: Any) -> Any:
    return os.open("/tmp/escaped", os.O_WRONLY | os.O_CREAT)  # noqa: S108 that it must not get


def open_socket(argument: Any) -> Any:
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM).fileno()


def fork(argument: Any) -> Any:
    return os.fork()


def start_program(argument: Any) -> Any:
    return os.posix_spawn("/bin/true", ["true"], {})


def trace_server(argument: Any) -> Any:
    return _libc.ptrace(PTRACE_ATTACH, os.getppid(), None, None)


def kill_portal(argument: Any) -> Any:
    os.kill(argument, signal.SIGKILL)
    return 0


def read_portal(argument: Any) -> Any:
    return _libc.process_vm_readv(argument, None, 0, None, 0, 0)


def run_memory(argument: Any) -> Any:
    return len(mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))


def raise_limits(argument: Any) -> Any:
    return _libc.prlimit(0, 9, None, None)


def longer_timer(argument: Any) -> Any:
    return signal.setitimer(signal.ITIMER_PROF, 1000)


def duplicate(argument: Any) -> Any:
    return os.dup(0)


def descriptors(argument: Any) -> Any:
    """Which of the first thousand can be received from: none but the one socket."""
    answers = [_libc.recv(number, None, 0, socket.MSG_DONTWAIT) for number in range(1, 1000)]
    return [number for number, answer in enumerate(answers, start=1) if answer >= 0]


def environment(argument: Any) -> Any:
    # TZ is the zygote's own; LC_CTYPE stands for what the interpreter itself may set.
    return sorted(set(os.environ) - {"TZ", "LC_CTYPE"})


def portal_modules(argument: Any) -> Any:
    return sorted(name for name in sys.modules if name.partition(".")[0] in ("django", "orjson"))


def crash(argument: Any) -> Any:
    return ctypes.string_at(0)


def leave(argument: Any) -> Any:
    os._exit(0)


ATTACKS = {
    each.__name__: each
    for each in (
        *(open_file, write_file, open_socket, fork, start_program, trace_server, kill_portal),
        *(read_portal, run_memory, raise_limits, longer_timer, duplicate, crash, leave),
        *(descriptors, environment, portal_modules),
    )
}


def flood(channel: socket.socket, frame: bytes) -> None:
    while True:
        channel.sendall(frame)


def _frame(text: str) -> bytes:
    return struct.pack("!I", len(text)) + text.encode()


FLOODS = {
    "garbage": b"\xff" * 65536,
    "garbage_frames": _frame("\x00garbage"),
    "huge_length": struct.pack("!I", 2**32 - 1) + b"x" * 65536,
    "empty_calls": _frame('{"calls":[],"log":[]}'),
    "forged_calls": _frame('{"calls":[[1,"os.system",null]],"log":[]}'),
    "logs": _frame(
        '{"calls":[[1,"fetch",null]],"log":['
        + '{"level":"log","arguments":["x"]},' * 999
        + '{"level":"log","arguments":[]}]}'
    ),
    "no_object": _frame("[1]"),
    "wrong_items": _frame('{"items":7,"log":[]}'),
    "too_many_items": _frame('{"items":[null,null],"log":[]}'),
    "wrong_fault": _frame('{"fault":{"fault":"thrown","name":5},"log":[]}'),
    "wrong_limit": _frame('{"limit":"everything","log":[]}'),
    "surrogate": _frame('{"items":[{"value":"\\ud800"}],"log":[]}'),
    "not_a_number": _frame('{"items":[{"value":NaN}],"log":[]}'),
    "nothing": b"",
}


def work(engine: Any, channel: socket.socket, job: Any) -> None:
    """In the locked process of the call, in place of the engine."""
    (length,) = struct.unpack("!I", channel.recv(4))
    request = json.loads(channel.recv(length))
    name = request["export"]
    if name in FLOODS:
        flood(channel, FLOODS[name])
    result = ATTACKS[name](request["items"][0][0])
    channel.sendall(_frame(json.dumps({"items": [{"value": result}], "log": []})))


def main() -> None:
    root, site, uid, gid, mode = sys.argv[1:]
    sys.path += [root, site]
    from vaultportal.sandbox.child import zygote  # noqa: PLC0415 only now can it be found

    zygote.main(zygote.Orders(int(uid), int(gid), mode == "unlocked"), work)


if __name__ == "__main__":
    main()
