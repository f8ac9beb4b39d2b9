"""Send one kind of request over N kept-alive connections for some seconds, and time each answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

MakeRequest = Callable[[int], bytes]


@dataclass(slots=True)
class Result:
    """What one run showed.

    times: seconds of each answer; errors: answers that were not 2xx; statements: sent to the
    database for all answers together.
    """

    seconds: float = 0.0
    statements: int = 0
    times: list[float] = field(default_factory=list)
    errors: int = 0

    def quantile(self, share: float) -> float:
        """The time in milliseconds below which ``share`` of the answers lay."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else 0.0


def request(
    method: str, path: str, host: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> bytes:
    """The bytes of one HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body or method in ("POST", "PUT", "PATCH"):
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Status, and how many statements the answer took."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    length = statements = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        elif name.lower() == b"server-timing":
            statements = int(value.split(b'"')[1])
    if length:
        await reader.readexactly(length)
    return status, statements


async def _connection(
    base: str, make: MakeRequest, numbers: list[int], until: float, result: Result
) -> None:
    parts = urlsplit(base)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        while time.perf_counter() < until:
            numbers[0] += 1
            message = make(numbers[0])
            begun = time.perf_counter()
            writer.write(message)
            status, statements = await _answer(reader)
            result.times.append(time.perf_counter() - begun)
            result.statements += statements
            result.errors += not 200 <= status < 300
    finally:
        writer.close()


async def _run(
    base: str, make: MakeRequest, connections: int, seconds: float, first: int
) -> Result:
    result = Result()
    numbers = [first]
    begun = time.perf_counter()
    until = begun + seconds
    await asyncio.gather(
        *(_connection(base, make, numbers, until, result) for _ in range(connections))
    )
    result.seconds = time.perf_counter() - begun
    return result


def run(
    base: str, make: MakeRequest, *, connections: int, seconds: float, first: int = 0
) -> Result:
    """``make(number)`` gives the bytes of each request; numbers go up from ``first``."""
    return asyncio.run(_run(base, make, connections, seconds, first))
