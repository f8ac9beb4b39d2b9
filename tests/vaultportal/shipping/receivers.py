"""Log servers on the loopback: they take frames apart, and may die when they have had enough."""

from __future__ import annotations

import json
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.vaultportal.outbound.servers import raw_server

RESET = struct.pack("ii", 1, 0)


class LogServer:
    """What it got, whole messages alone. dies_after: bytes, once; then it resets the connection."""

    def __init__(self, *, dies_after: int | None = None, says_goodbye: bool = False) -> None:
        self.messages: list[bytes] = []
        self.connections = 0
        self.dies_after = dies_after
        self._says_goodbye = says_goodbye
        self.port = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The JSON of all messages."""
        return [json.loads(message[message.index(b"{") :]) for message in self.messages]

    @property
    def places(self) -> list[tuple[int, int]]:
        """Chain and number of each entry, in the order of their coming."""
        return [(each["shard"], each["seq"]) for each in self.objects if "shard" in each]

    @contextmanager
    def running(self, chain: Path | None = None) -> Iterator[LogServer]:
        with raw_server(self._serve, chain) as self.port:
            yield self

    def _serve(self, connection: socket.socket) -> None:
        self.connections += 1
        data = b""
        while part := connection.recv(4096):
            data += part
            if self.dies_after is not None and len(data) >= self.dies_after:
                self.dies_after = None
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                self.messages += _frames(data)
                return
        # Before the end of the connection tells the sender that all was read.
        self.messages += _frames(data)
        if self._says_goodbye and isinstance(connection, ssl.SSLSocket):
            with suppress(OSError):
                connection.unwrap()


def _frames(data: bytes) -> list[bytes]:
    found = []
    while data:
        length, _, rest = data.partition(b" ")
        message, data = rest[: int(length or 0)], rest[int(length or 0) :]
        if len(message) == int(length or 0) and message:
            found.append(message)
    return found
