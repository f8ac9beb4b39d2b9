"""Connections that are kept for the next request to the same place.

Each is used by one request at a time, HTTP/2 too: a receiver that hangs in one request must not
hold up another that happens to share its connection.
"""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass
from threading import Lock
from weakref import WeakSet

import httpcore

from vaultportal.outbound.network import CheckedBackend, Clock
from vaultportal.outbound.resolving import Resolver
from vaultportal.outbound.rules import Place, Rules
from vaultportal.outbound.trust import tls_context

KEEP_SECONDS = 15.0
MAX_IDLE = 256
# The rules belong to the key: what was connected to under others is not used any more.
Key = tuple[str, str, int, Rules]


@dataclass(slots=True)
class Line:
    """One connection, its deadline, and whether a request went over it before."""

    place: Key
    connection: httpcore.HTTPConnection
    clock: Clock
    used: bool = False


class Lines:
    """The idle connections of one process; those of the last use first."""

    def __init__(self, resolve: Resolver) -> None:
        self._resolve = resolve
        self.forget()
        _all.add(self)

    def forget(self) -> None:
        """Begin anew, in a forked child above all: the sockets are the parent's."""
        self._lock = Lock()
        self._idle: dict[Key, deque[Line]] = {}
        self._count = 0

    def take(self, place: Place, rules: Rules, *, fresh: bool = False) -> Line:
        """An idle line to the place, or a new one."""
        key = (place.scheme, place.host, place.port, rules)
        while not fresh and (line := self._pop(key)) is not None:
            if not line.connection.has_expired():
                return line
            line.connection.close()
        clock = Clock()
        connection = httpcore.HTTPConnection(
            httpcore.Origin(place.scheme.encode(), place.host.encode(), place.port),
            ssl_context=tls_context() if place.scheme == "https" else None,
            keepalive_expiry=KEEP_SECONDS,
            http2=place.scheme == "https",
            network_backend=CheckedBackend(rules, self._resolve, clock),
        )
        return Line(key, connection, clock)

    def give_back(self, line: Line) -> None:
        """Keep it if it can be used again, else close it."""
        line.used = True
        if not line.connection.is_idle() or not self._keep(line):
            line.connection.close()

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            idle = [line for lines in self._idle.values() for line in lines]
            self._idle.clear()
            self._count = 0
        for line in idle:
            line.connection.close()

    def _pop(self, key: Key) -> Line | None:
        with self._lock:
            lines = self._idle.get(key)
            if not lines:
                return None
            line = lines.pop()
            if not lines:
                del self._idle[key]
            self._count -= 1
            return line

    def _keep(self, line: Line) -> bool:
        with self._lock:
            expired = self._drop_expired() if self._count >= MAX_IDLE else []
            kept = self._count < MAX_IDLE
            if kept:
                self._idle.setdefault(line.place, deque()).append(line)
                self._count += 1
        for each in expired:
            each.connection.close()
        return kept

    def _drop_expired(self) -> list[Line]:
        """Take out what nobody came back for."""
        gone = []
        for key, lines in list(self._idle.items()):
            while lines and lines[0].connection.has_expired():
                gone.append(lines.popleft())
            if not lines:
                del self._idle[key]
        self._count -= len(gone)
        return gone


_all: WeakSet[Lines] = WeakSet()


def _forget_all() -> None:
    for lines in _all:
        lines.forget()


os.register_at_fork(after_in_child=_forget_all)
