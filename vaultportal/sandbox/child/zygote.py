"""The first locked process: it prepares the engine, locks itself in, and forks templates."""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass

from vaultportal.sandbox import protocol
from vaultportal.sandbox.child import filters, locks
from vaultportal.sandbox.child.engine import Engine
from vaultportal.sandbox.child.template import Template
from vaultportal.sandbox.child.worker import Run, run


@dataclass(frozen=True, slots=True)
class Orders:
    """uid, gid: the account to drop to, -1 to stay. unlocked: go on where a lock does not close."""

    uid: int
    gid: int
    unlocked: bool


def main(orders: Orders, work: Run = run) -> None:
    """Lock, report, serve. Descriptor 0 is the control socket, and the only one."""
    os.setsid()
    os.umask(0o777)
    os.environ["TZ"] = "UTC"  # code learns nothing of the place where it runs
    time.tzset()
    locks.close_others(0)
    sys.stdin = sys.stdout = sys.stderr = None  # closed
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=0)
    engine = Engine()
    missing: list[str] = []
    held, seccomp = _lock(orders, missing)
    control.sendall(json.dumps({"locks": held, "missing": missing}).encode())
    if not missing or orders.unlocked:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # templates are reaped by the kernel
        # What is here stays: without traversals by the collector, forks share its memory.
        gc.disable()
        gc.freeze()
        _serve(control, engine, seccomp, work)
    os._exit(0)  # the interpreter's farewell would make system calls that are not allowed


def _lock(orders: Orders, missing: list[str]) -> tuple[list[str], filters.Filter | None]:
    """Close every lock that closes; ``missing`` gets a sentence for each that does not."""
    held: list[str] = []
    compiled = None
    try:  # while files can still be read
        compiled = filters.compiled()
    except OSError as fault:
        missing.append(f"seccomp: {fault}")
    _prefer_for_killing()
    locks.measure_address_space()
    if orders.uid >= 0:
        try:
            locks.drop_to(orders.uid, orders.gid)
            held.append("account")
        except locks.NotLocked as fault:
            missing.append(f"account: {fault}")
    try:
        locks.limit_servers()
        held.append("rlimits")
    except (OSError, ValueError) as fault:
        missing.append(f"rlimits: {fault}")
    if locks.landlock():
        held.append("landlock")
    if compiled is None:
        return held, None
    worker, server = compiled
    try:
        server.load()
    except OSError as fault:
        missing.append(f"seccomp: the kernel takes no filter ({fault.strerror})")
        return held, None
    held.append("seccomp")
    return held, worker


def _prefer_for_killing() -> None:
    """When memory runs out, the kernel takes what runs here before anything of the portal."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:  # noqa: PTH123 lean
            score.write("1000")
    except OSError:  # a courtesy, not a lock: some containers mount /proc read-only
        return


def _serve(
    control: socket.socket,
    engine: Engine,
    seccomp: filters.Filter | None,
    work: Run,
) -> None:
    while True:
        record, descriptors, _, _ = socket.recv_fds(control, len(protocol.NEW_TEMPLATE), 1)
        if not record:
            return
        (descriptor,) = descriptors
        if os.fork() == 0:
            _become_template(control, descriptor, engine, seccomp, work)
        os.close(descriptor)


def _become_template(
    control: socket.socket,
    descriptor: int,
    engine: Engine,
    seccomp: filters.Filter | None,
    work: Run,
) -> None:
    """Called after the fork, in the child. Never returns."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        control.detach()
        locks.close_others(descriptor)
        own = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=0)
        Template(own, engine, seccomp, work).serve()
    finally:
        os._exit(0)  # never back into the zygote's loop
