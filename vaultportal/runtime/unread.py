"""Requests that are answered before all of their body was read: the connection ends with them.

The server closes such a connection in any case. A client that is not told so may already have sent
its next request there, and gets no answer to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

CLOSE = ("Connection", "close")


class Body:
    """A request's body that knows whether its end was reached.

    length: in bytes; None where it comes in chunks.
    """

    def __init__(self, stream: InputStream, length: int | None) -> None:
        self._stream = stream
        self._left = length
        self.is_read = False

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes, all that are left for a negative one."""
        taken = self._stream.read(size)
        self._note(len(taken), is_end=size < 0 or len(taken) < size)
        return taken

    def readline(self, size: int = -1, /) -> bytes:
        """The next line, at most ``size`` bytes of it."""
        taken = self._stream.readline(size)
        self._note(len(taken), is_end=not taken)
        return taken

    def _note(self, taken: int, *, is_end: bool) -> None:
        if self._left is not None:
            self._left -= taken
        self.is_read = self.is_read or is_end or self._left == 0


def told(application: WSGIApplication) -> WSGIApplication:
    """``application``, whose answers say so when the connection ends with them."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH", "")
        if length in ("", "0") and "HTTP_TRANSFER_ENCODING" not in environ:
            return application(environ, start_response)
        body = Body(environ["wsgi.input"], int(length) if length.isdecimal() else None)
        environ["wsgi.input"] = body

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            return start_response(status, headers if body.is_read else [*headers, CLOSE], *failure)

        return application(environ, start)

    return answer
