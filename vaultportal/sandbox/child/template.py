"""A process that has parsed one bundle and has run none of it. It forks one process for each call.

So a bundle is parsed once, and yet no call finds anything that another has left: each begins with
a copy of this memory. No argument and no result ever passes through here; they go between the
portal and the process of the call.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
from dataclasses import dataclass

from vaultportal.sandbox import protocol
from vaultportal.sandbox.child.engine import Engine, Exhausted, NotJavaScript
from vaultportal.sandbox.child.filters import Filter
from vaultportal.sandbox.child.worker import Job, Run, become

# Of processor time. A call that takes more gives way to all others, and so does the bundle's next
# one from its start: a busy bundle slows down itself.
PATIENCE_SECONDS = 0.1
LOW_PRIORITY = 10  # a tenth of the share of others, not none


@dataclass(slots=True)
class Call:
    """One process: its number, a descriptor of it, the portal's monitor.

    look_at: when to look how much processor time it has had; None when it gives way already.
    """

    pid: int
    process: int
    monitor: socket.socket
    look_at: float | None

    def spent(self) -> float:
        """Seconds of processor time. Raises OSError when it has just ended."""
        return time.clock_gettime((~self.pid << 3) | 2)  # CPUCLOCK_SCHED of another process


class Template:
    """Serves one control socket until the portal closes it."""

    def __init__(
        self,
        control: socket.socket,
        engine: Engine,
        seccomp: Filter | None,
        run: Run,
    ) -> None:
        self._control = control
        self._engine = engine
        self._seccomp = seccomp
        self._run = run
        self._poll = select.poll()
        self._calls: dict[int, Call] = {}  # by process and by monitor descriptor
        self._was_slow = False

    def serve(self) -> None:
        """Parse, report, then fork for whoever asks; until the control socket closes."""
        if not self._parse():
            return
        self._poll.register(self._control, select.POLLIN)
        is_open = True
        while is_open or self._calls:
            for descriptor, _ in self._poll.poll(self._pause()):
                call = self._calls.get(descriptor)
                if descriptor == self._control.fileno():
                    is_open = self._take()
                elif call is not None and descriptor == call.process:
                    self._reap(call)
                elif call is not None:
                    self._kill(call)
            self._give_way()

    def _parse(self) -> bool:
        head = self._control.recv(protocol.SOURCE.size)
        if not head:
            return False
        length, cpu_seconds, memory_bytes = protocol.SOURCE.unpack(head)
        source = protocol.receive_packets(self._control, length).decode()
        # The parser asks nobody for the time, so a signal ends it, and this process with it.
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        report = {}
        try:
            self._engine.compile(source, memory_bytes)
        except NotJavaScript as fault:
            report = {"syntax": str(fault)[:4000]}
        except Exhausted as end:
            report = {"limit": end.limit}
        signal.setitimer(signal.ITIMER_PROF, 0)
        self._control.sendall(json.dumps(report).encode())
        return not report

    def _take(self) -> bool:
        record, descriptors, _, _ = socket.recv_fds(self._control, protocol.JOB.size, 2)
        if not record:
            self._poll.unregister(self._control)
            return False
        job, monitor = descriptors
        self._start(Job(*protocol.JOB.unpack(record)), job, monitor)
        return True

    def _start(self, job: Job, descriptor: int, monitor: int) -> None:
        watcher = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, fileno=monitor)
        try:
            pid = os.fork()
        except OSError:  # too many processes, or no memory for one
            self._tell(watcher, protocol.NOT_STARTED)
            os.close(descriptor)
            return
        if pid == 0:
            become(descriptor, job, self._engine, self._seccomp, self._run)
        os.close(descriptor)
        call = Call(pid, os.pidfd_open(pid), watcher, time.monotonic() + PATIENCE_SECONDS)
        if self._was_slow:
            self._lower(call)
        for each in (call.process, monitor):
            self._calls[each] = call
            self._poll.register(each, select.POLLIN)

    def _kill(self, call: Call) -> None:
        """The portal has closed its end of the monitor: it waits for nothing any more."""
        self._forget(call.monitor.fileno())
        signal.pidfd_send_signal(call.process, signal.SIGKILL)

    def _reap(self, call: Call) -> None:
        _, status, used = os.wait4(call.pid, 0)
        self._was_slow = used.ru_utime + used.ru_stime > PATIENCE_SECONDS
        if call.monitor.fileno() in self._calls:
            self._forget(call.monitor.fileno())
        self._forget(call.process)
        os.close(call.process)
        self._tell(call.monitor, status)

    def _tell(self, monitor: socket.socket, status: int) -> None:
        with contextlib.suppress(OSError), monitor:  # nobody may be there to be told
            monitor.sendall(protocol.STATUS.pack(status))

    def _forget(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)
        del self._calls[descriptor]

    def _pause(self) -> float | None:
        times = [call.look_at for call in self._calls.values() if call.look_at is not None]
        return max(0.0, min(times) - time.monotonic()) * 1000 if times else None

    def _give_way(self) -> None:
        now = time.monotonic()
        for call in self._calls.values():
            if call.look_at is None or call.look_at > now:
                continue
            with contextlib.suppress(OSError):  # it has just ended
                left = PATIENCE_SECONDS - call.spent()
                if left > 0:
                    call.look_at = now + max(left, 0.01)
                    continue
            self._lower(call)

    def _lower(self, call: Call) -> None:
        call.look_at = None
        with contextlib.suppress(OSError):  # it has just ended
            os.setpriority(os.PRIO_PROCESS, call.pid, LOW_PRIORITY)
