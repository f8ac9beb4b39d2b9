"""A receiver of webhooks on the loopback that notes when each message came, and costs little."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from functools import partial

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
APPROVED = b'{"approved": true, "comment": "", "approver": "bench"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(APPROVED), APPROVED)


@dataclass(slots=True)
class Endpoint:
    """One port. hangs: takes requests and never answers. pause: seconds before each answer.

    arrivals: webhook-id and the moment of its first byte, by time.monotonic.
    """

    hangs: bool = False
    pause: float = 0.0
    port: int = 0
    arrivals: dict[str, float] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"


class _Connection(asyncio.Protocol):
    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._data = b""
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 of a TCP server
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._data:
            self._began = time.monotonic()
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found:
            return
        headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if len(body) < int(headers[b"content-length"]):
            return
        self._data = b""
        self._endpoint.arrivals.setdefault(headers[b"webhook-id"].decode(), self._began)
        if self._endpoint.hangs:
            return
        if self._endpoint.pause:
            loop = asyncio.get_running_loop()
            loop.call_later(self._endpoint.pause, self._transport.write, ANSWER)
        else:
            self._transport.write(OK)


class Receivers:
    """Endpoints, served by one thread from ``with`` on."""

    def __init__(self, *endpoints: Endpoint) -> None:
        self.endpoints = endpoints
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Receivers:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *failure: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        for endpoint in self.endpoints:
            factory = partial(_Connection, endpoint)
            starting = self._loop.create_server(factory, "127.0.0.1", 0, backlog=256)
            server = self._loop.run_until_complete(starting)
            endpoint.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    def count(self) -> int:
        """How many messages have come, each counted once."""
        return sum(len(endpoint.arrivals) for endpoint in self.endpoints)
