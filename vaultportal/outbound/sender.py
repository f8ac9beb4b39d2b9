"""One request and its answer, under the rules."""

from __future__ import annotations

import re
import time

import httpcore

from vaultportal.outbound import resolving
from vaultportal.outbound.errors import (
    OutboundError,
    TimedOut,
    Unreachable,
    bad_answer,
    blocked,
    timed_out,
    unreachable,
)
from vaultportal.outbound.lines import Line, Lines
from vaultportal.outbound.message import Answer, Request
from vaultportal.outbound.resolving import Resolver
from vaultportal.outbound.rules import Place, Rules, current_rules

CHECK_SECONDS = 3.0
USER_AGENT = "VaultPortal"
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_METHODS_REFUSED = {"CONNECT", "TRACE"}
_IDEMPOTENT = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}
# They frame the message or belong to the connection: the sender's own matter.
_HEADERS_REFUSED = {
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
_FAILURES = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.ConnectionNotAvailable,
)


class Sender:
    """Sends, and keeps connections. Safe to use from many threads."""

    def __init__(self, resolve: Resolver = resolving.resolve) -> None:
        self._resolve = resolve
        self._lines = Lines(resolve)

    def check(self, url: str, rules: Rules) -> None:
        """Raises Blocked for an address that ``send`` would refuse now.

        A host name that cannot be resolved now passes: each attempt checks again.
        """
        place = rules.read(url)
        try:
            found = self._resolve(place.host, place.port, CHECK_SECONDS)
        except (Unreachable, TimedOut):
            return
        rules.admit(place.host, found)

    def send(self, request: Request, rules: Rules) -> Answer:
        """Send one request and read its answer. Raises Blocked, Unreachable, TimedOut, BadAnswer.

        No status is an error, a redirection included.
        """
        place = rules.read(request.url)
        message = _message(request, place)
        began = time.monotonic()
        line = self._lines.take(place, rules)
        line.clock.start(request.timeout)
        try:
            return self._exchange(line, message, request, began)
        except Unreachable:
            repeatable = request.repeatable or request.method in _IDEMPOTENT
            if not (repeatable and line.used) or line.clock.heard:
                raise
        # The other side had closed the kept connection as we began to use it.
        line = self._lines.take(place, rules, fresh=True)
        line.clock.start(request.timeout - (time.monotonic() - began))
        return self._exchange(line, message, request, began)

    def close(self) -> None:
        """Close the connections that wait for a next request."""
        self._lines.close()

    def _exchange(
        self, line: Line, message: httpcore.Request, request: Request, began: float
    ) -> Answer:
        whole = False
        try:
            response = line.connection.handle_request(message)
            body, whole = _read(response, request.max_body)
            if response.status < 200:  # a protocol that nobody asked for
                whole = False
                raise bad_answer()
        except _FAILURES as failure:
            raise _translated(failure, heard=line.clock.heard) from None
        finally:
            if whole:
                self._lines.give_back(line)
            else:
                line.connection.close()
        return Answer(
            status=response.status,
            headers=tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1"))
                for name, value in response.headers
            ),
            body=body,
            truncated=not whole,
            seconds=time.monotonic() - began,
            http_version=response.extensions["http_version"].decode(),
        )


def _read(response: httpcore.Response, max_body: int) -> tuple[bytes, bool]:
    """The body up to the limit or the deadline, and whether that was all of it."""
    chunks: list[bytes] = []
    size = 0
    try:
        for chunk in response.iter_stream():
            chunks.append(chunk)
            size += len(chunk)
            if size > max_body:
                return b"".join(chunks)[:max_body], False
    except (httpcore.TimeoutException, TimedOut):
        return b"".join(chunks), False
    response.close()
    return b"".join(chunks), True


def _message(request: Request, place: Place) -> httpcore.Request:
    """As it goes out: our framing, the caller's other headers."""
    method = request.method
    if not _TOKEN.fullmatch(method) or method.upper() in _METHODS_REFUSED:
        raise blocked("header", "This HTTP method cannot be used.")
    headers = [(b"Host", place.host_header.encode())]
    if request.content or method in {"POST", "PUT", "PATCH"}:
        headers.append((b"Content-Length", str(len(request.content)).encode()))
    names = set()
    for name, value in request.headers:
        if not _TOKEN.fullmatch(name) or name.lower() in _HEADERS_REFUSED:
            raise blocked("header", "One of the headers cannot be set.")
        if not _VALUE.fullmatch(value):
            raise blocked("header", "The value of a header cannot be sent.")
        names.add(name.lower())
        headers.append((name.encode("ascii"), value.strip().encode("latin-1")))
    if "user-agent" not in names:
        headers.append((b"User-Agent", USER_AGENT.encode()))
    url = httpcore.URL(scheme=place.scheme, host=place.host, port=place.port, target=place.target)
    return httpcore.Request(method, url, headers=headers, content=request.content)


def _translated(failure: Exception, *, heard: bool) -> OutboundError:
    if isinstance(failure, httpcore.TimeoutException):
        return timed_out()
    if isinstance(failure, httpcore.LocalProtocolError):
        return blocked("header", "The request cannot be sent as HTTP.")
    if isinstance(failure, httpcore.ConnectError):
        return unreachable("connect", "No connection could be made.")
    if isinstance(failure, httpcore.ProtocolError) and heard:
        return bad_answer()
    return unreachable("lost", "The connection ended before the answer was whole.")


_sender = Sender()


def check(url: str) -> None:
    """Raises Blocked, with the reason, for an address that ``send`` would refuse now."""
    _sender.check(url, current_rules())


def send(request: Request, rules: Rules | None = None) -> Answer:
    """Send one request and read its answer. Raises Blocked, Unreachable, TimedOut, BadAnswer.

    No status is an error, a redirection included.

    rules: for many requests from threads that should not ask the database; else those in force.
    """
    return _sender.send(request, current_rules() if rules is None else rules)
