"""One call from the portal's side: start the process, answer what it asks, believe nothing of it.

Every wait has the call's deadline, every frame and every sum of frames has a bound, and whatever
ends the conversation, the process ends with it: the template kills it when we let go of its
monitor.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import orjson

from vaultportal.sandbox import protocol, results
from vaultportal.sandbox.errors import Busy, Died, HostError, LimitHit, LimitKind
from vaultportal.sandbox.pool import Pool
from vaultportal.sandbox.servers import Gone, Template
from vaultportal.sandbox.values import Host, Limits, Outcome, Program

logger = logging.getLogger(__name__)

REQUESTS = {"vault.deref", "vault.crypto.decrypt", "fetch"}
FRAME_SLACK = 64 * 2**10  # of a frame: what stands around the values
STATUS_SECONDS = 2.0
# Signals of the kernel's own limits, which stand a little beyond those of the engine.
TIMERS: dict[int, LimitKind] = {
    signal.SIGPROF: "cpu",
    signal.SIGXCPU: "cpu",
    signal.SIGALRM: "wall",
}

_deadline: ContextVar[float] = ContextVar("deadline")


def seconds_left() -> float:
    """Within a ``Host``: how long the call whose request it answers may still take; 0 at least."""
    return max(0.0, _deadline.get() - time.monotonic())


def converse(
    pool: Pool, program: Program, job: results.Job, limits: Limits, host: Host | None
) -> list[Outcome]:
    """Run the job in a process of its own. See ``vaultportal.sandbox.api.call``.

    A host may call again (a value that an action asks for has a transformer of its own): the inner
    call needs no room, or outer calls would wait for each other, and it has the outer one's wall.
    """
    outer = _deadline.get(None)
    with pool.slot(program) if outer is None else nullcontext():
        until = time.monotonic() + limits.wall_seconds
        token = _deadline.set(until if outer is None else min(until, outer))
        try:
            for _ in range(2):
                template = pool.template(program, limits)
                try:
                    with _process(template, limits) as channel:
                        return Conversation(channel, limits, host).run(job)
                except Gone:  # it died between two calls, and nothing was answered in this one
                    pool.discard(program, template)
                except LimitHit as hit:
                    if hit.limit == "wall":  # by the code, or by a template that does not move
                        pool.discard(program, template)
                    raise
            raise Died
        finally:
            _deadline.reset(token)


class Channel:
    """Our ends of the two sockets of one process."""

    def __init__(self, job: socket.socket, monitor: socket.socket) -> None:
        self._job = job
        self._monitor = monitor

    def recv(self, count: int) -> bytes:
        """As the method of a socket; a drip of bytes does not stretch the deadline."""
        self._arm()
        return self._job.recv(count)

    def receive(self, most: int) -> bytes:
        return protocol.receive_frame(self, most)

    def send(self, frame: bytes) -> None:
        self._arm()
        protocol.send_frame(self._job, frame)

    def _arm(self) -> None:
        left = seconds_left()
        if left <= 0:
            raise TimeoutError
        self._job.settimeout(left)

    def status(self) -> int | None:
        """How the process ended; None when its template ended too."""
        self._monitor.settimeout(STATUS_SECONDS)
        try:
            packet = self._monitor.recv(protocol.STATUS.size)
        except OSError:
            return None
        if len(packet) != protocol.STATUS.size:
            return None
        (status,) = protocol.STATUS.unpack(packet)
        return int(status)


@contextmanager
def _process(template: Template, limits: Limits) -> Iterator[Channel]:
    with ExitStack() as stack:
        job, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        stack.enter_context(job)
        with theirs:
            monitor, watched = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            stack.enter_context(monitor)
            with watched:
                buffers = 2 * (limits.input_bytes + limits.output_bytes)
                record = protocol.JOB.pack(
                    limits.cpu_seconds, limits.wall_seconds, limits.memory_bytes, buffers
                )
                template.start(record, theirs, watched)
        yield Channel(job, monitor)


class Conversation:
    """The frames of one call, counted and weighed."""

    def __init__(self, channel: Channel, limits: Limits, host: Host | None) -> None:
        self._channel = channel
        self._limits = limits
        self._host = host
        self._calls = 0
        self._room = limits.output_bytes + FRAME_SLACK
        self._log_room = limits.log_bytes + FRAME_SLACK
        self._refused: dict[int, HostError] = {}

    def run(self, job: results.Job) -> list[Outcome]:
        """Up to the last frame.

        Raises:
            Gone: the template died before anything was answered; another may do it.
        """
        try:
            self._channel.send(job.text)
            while True:
                frame = self._frame()
                self._log(frame.get("log"))
                if "calls" not in frame:
                    return results.outcomes(frame, job, self._refused)
                self._channel.send(self._answers(frame["calls"]))
        except TimeoutError:
            raise LimitHit(limit="wall") from None
        except (EOFError, OSError):
            raise self._end() from None

    def _frame(self) -> dict[str, Any]:
        try:
            frame = self._channel.receive(self._room + self._log_room)
        except OverflowError:
            raise LimitHit(limit="output") from None
        self._room -= len(frame)
        if self._room + self._log_room < 0:
            raise LimitHit(limit="output")
        return results.parse(frame)

    def _end(self) -> Exception:
        status = self._channel.status()
        if status is None:
            return Died() if self._calls else Gone()
        if status == protocol.NOT_STARTED:
            return Busy(retry_after=1)
        if not os.WIFSIGNALED(status):
            return Died()
        number = os.WTERMSIG(status)
        if number in TIMERS:
            return LimitHit(limit=TIMERS[number])
        logger.error("The process of a call was ended by signal %d.", number)
        return Died(signal=number)

    def _log(self, entries: Any) -> None:
        if not isinstance(entries, list):
            raise Died
        for entry in entries:
            if not isinstance(entry, dict) or not isinstance(entry.get("arguments"), list):
                raise Died
            if self._host is not None:
                try:
                    self._host("console.log", entry)
                except HostError:  # there is nobody to tell
                    continue

    def _answers(self, calls: Any) -> bytes:
        if not isinstance(calls, list) or not calls:
            raise Died
        answers = []
        for each in calls:
            self._calls += 1
            if self._calls > self._limits.calls:
                raise LimitHit(limit="calls")
            answers.append(self._answer(each))
            if seconds_left() <= 0:
                raise LimitHit(limit="wall")
        frame = orjson.dumps(answers)
        if len(frame) > self._limits.input_bytes:
            raise LimitHit(limit="input")
        return frame

    def _answer(self, call: Any) -> list[Any]:
        if not isinstance(call, list) or len(call) != 3:
            raise Died
        number, name, argument = call
        if not isinstance(number, int) or name not in REQUESTS:
            raise Died
        try:
            if self._host is None:
                raise HostError("This is not available here.", "not_available")
            return [number, True, self._host(name, argument)]
        except HostError as refusal:
            self._refused[number] = refusal
            return [number, False, {"message": refusal.message, "code": refusal.code}]
