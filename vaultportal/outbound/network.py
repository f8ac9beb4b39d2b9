"""The floor beneath HTTP: connections to checked addresses, and one deadline for all that waits."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from vaultportal.outbound.addresses import Address
from vaultportal.outbound.errors import timed_out, unreachable
from vaultportal.outbound.resolving import Resolver
from vaultportal.outbound.rules import Rules

CONNECT_SECONDS = 5.0


class Clock:
    """When the present request of a connection must be over, and whether it was answered at all.

    A limit for each read would let a byte every few seconds go on for ever.
    """

    def __init__(self) -> None:
        self._end = float("-inf")
        self.heard = False

    def start(self, seconds: float) -> None:
        """A new request."""
        self._end = time.monotonic() + seconds
        self.heard = False

    def left(self) -> float:
        """Seconds until the end. Raises TimedOut past it."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise timed_out()
        return left


class CheckedBackend(httpcore.NetworkBackend):
    """Resolves, checks, and connects to what it has checked; the name stays for TLS and Host."""

    def __init__(self, rules: Rules, resolve: Resolver, clock: Clock) -> None:
        self._rules = rules
        self._resolve = resolve
        self._clock = clock
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        found = self._resolve(host, port, min(CONNECT_SECONDS, self._clock.left()))
        admitted = self._rules.admit(host, found)
        for address in admitted[:-1]:
            try:
                return self._connect(address, port)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue  # the next address of the same host
        return self._connect(admitted[-1], port)

    def _connect(self, address: Address, port: int) -> httpcore.NetworkStream:
        seconds = min(CONNECT_SECONDS, self._clock.left())
        return TimedStream(self._plain.connect_tcp(str(address), port, seconds), self._clock)


class TimedStream(httpcore.NetworkStream):
    """A connection whose every wait ends with the request's deadline."""

    def __init__(self, inner: httpcore.NetworkStream, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, self._clock.left())
        self._clock.heard = self._clock.heard or bool(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces, since the stream below begins its time anew with each that it sends.
        for start in range(0, len(buffer), 1 << 16):
            self._inner.write(buffer[start : start + (1 << 16)], self._clock.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        name = server_hostname.rstrip(".") if server_hostname else None
        try:
            inner = self._inner.start_tls(ssl_context, name, self._clock.left())
        except httpcore.ConnectError:
            raise unreachable("tls", "No trusted TLS connection could be made.") from None
        return TimedStream(inner, self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
