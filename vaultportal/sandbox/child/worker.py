"""The process of one call: it locks itself in, does its job, and ends."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass

from vaultportal.sandbox import protocol
from vaultportal.sandbox.child import locks
from vaultportal.sandbox.child.engine import Engine, Exhausted, Uncaught
from vaultportal.sandbox.child.filters import Filter

MOST = 2**31  # the portal is trusted; it keeps its own bounds


@dataclass(frozen=True, slots=True)
class Job:
    """What a call may use; see ``vaultportal.sandbox.api.Limits``."""

    cpu_seconds: float
    wall_seconds: float
    memory_bytes: int
    buffer_bytes: int


Run = Callable[[Engine, socket.socket, Job], None]


def become(descriptor: int, job: Job, engine: Engine, seccomp: Filter | None, run: Run) -> None:
    """Called after the fork, in the child. Never returns."""
    status = 1
    try:
        locks.close_others(descriptor)
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, fileno=0)
        locks.limit_worker(
            cpu_seconds=job.cpu_seconds,
            wall_seconds=job.wall_seconds,
            memory_bytes=job.memory_bytes,
            buffer_bytes=job.buffer_bytes,
        )
        if seccomp is not None:
            seccomp.load()
        run(engine, channel, job)
        status = 0
    finally:
        # Whatever happened: the server's stack below must never be returned to.
        os._exit(status)


def run(engine: Engine, channel: socket.socket, job: Job) -> None:
    """Read the job, run it, tell the end."""

    def send(text: str) -> None:
        protocol.send_frame(channel, text.encode())

    def receive() -> str:
        return protocol.receive_frame(channel, MOST).decode()

    try:
        engine.run(
            receive(),
            cpu_seconds=job.cpu_seconds,
            memory_bytes=job.memory_bytes,
            send=send,
            receive=receive,
        )
    except Exhausted as end:
        send(json.dumps({"limit": end.limit, "stack": end.stack[:4000], "log": []}))
    except Uncaught as end:
        text = str(end)
        name, _, message = text.partition("\n")[0].partition(": ")
        fault = {"fault": "thrown", "name": name[:100], "message": message[:1000]}
        send(json.dumps({"fault": fault | {"stack": text[:4000], "host": 0}, "log": []}))
