"""Names to addresses, within a time: the system's resolver knows no limit of its own."""

from __future__ import annotations

import socket
from collections.abc import Callable
from threading import BoundedSemaphore, Event, Thread

from vaultportal.outbound import addresses
from vaultportal.outbound.addresses import Address
from vaultportal.outbound.errors import timed_out, unreachable

# (name, port, seconds) to addresses, the preferred first.
Resolver = Callable[[str, int, float], list[Address]]

# Threads that may wait for a resolver which does not answer.
_slots = BoundedSemaphore(64)


def resolve(host: str, port: int, seconds: float) -> list[Address]:
    """The addresses of a host. Raises Unreachable, TimedOut."""
    literal = addresses.parse(host)
    if literal is not None:
        return [literal]
    lookup = _Lookup(host, port)
    return lookup.result(seconds)


class _Lookup:
    """One question to the system, in a thread that may be left behind."""

    def __init__(self, host: str, port: int) -> None:
        self._question = (host, port)
        self._done = Event()
        self._found: list[Address] = []

    def result(self, seconds: float) -> list[Address]:
        if seconds <= 0 or not _slots.acquire(timeout=seconds):
            raise timed_out()
        Thread(target=self._ask, name="name lookup", daemon=True).start()
        if not self._done.wait(seconds):
            raise timed_out()
        if not self._found:
            raise unreachable("name", "The host name of the address is not known.")
        return self._found

    def _ask(self) -> None:
        try:
            host, port = self._question
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in answers)
            self._found = [each for each in map(addresses.parse, found) if each is not None]
        except (OSError, UnicodeError):
            pass  # no addresses: the asker says so
        finally:
            _slots.release()
            self._done.set()
