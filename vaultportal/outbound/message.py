"""What is sent and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

DEFAULT_SECONDS = 10.0
DEFAULT_MAX_BODY = 64 * 1024
Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    headers: in order, latin-1; without Host, Content-Length and what concerns the connection.
    timeout: seconds for all of it, from the name's resolution to the last byte of the answer.
    max_body: bytes of the answer's body that are read; what comes after is not waited for.
    repeatable: whether it may be sent a second time when a kept-alive connection turns out dead
        before a byte of the answer; True for what the receiver knows by an id.
    """

    method: str
    url: str = field(repr=False)
    headers: Headers = field(default=(), repr=False)
    content: bytes = field(default=b"", repr=False)
    timeout: float = DEFAULT_SECONDS
    max_body: int = DEFAULT_MAX_BODY
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said.

    headers: names in lower case, in order, possibly more than once.
    body: at most ``max_body`` bytes, as they came: no content coding is undone.
    truncated: there was more, or the time was over while the body came.
    seconds: from the call to the end of the reading. http_version: "HTTP/1.1" or "HTTP/2".
    """

    status: int
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)
    truncated: bool
    seconds: float
    http_version: str

    def header(self, name: str) -> str | None:
        """The first value of a header; ``name`` in lower case."""
        return next((value for key, value in self.headers if key == name), None)
