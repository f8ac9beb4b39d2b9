"""Bytes for a receiver that never answers, such as one of syslog: sent under the rules, to the end.

Such a protocol has no receipt. What comes nearest is the end of the connection: we say that nothing
more follows, and the other side, having read all of it, ends its half too. One that dies with bytes
unread resets the connection instead. So each batch has a connection of its own.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

import httpcore
import httpx

from vaultportal.outbound import addresses, resolving
from vaultportal.outbound.errors import TimedOut, Unreachable, blocked, timed_out, unreachable
from vaultportal.outbound.network import CheckedBackend, Clock
from vaultportal.outbound.resolving import Resolver
from vaultportal.outbound.rules import HOST_NAME, MAX_PORT, MAX_URL, REFUSED_PORTS, Rules
from vaultportal.outbound.sender import CHECK_SECONDS

PIECE = 1 << 16
# The ports of syslog, which HTTP must not be made to speak to.
_OWN_PORTS = frozenset({514, 601})


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where to: a host in ASCII without brackets, a port, and with TLS whom it is believed."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None


def read(address: str, tls: ssl.SSLContext | None, rules: Rules) -> Receiver:
    """The receiver at ``host:port``. Raises Blocked for what is none, or is not let out."""
    unusable = blocked("url", "This is not a host and a port that can be used.")
    if len(address) > MAX_URL or any(not "!" <= letter <= "~" for letter in address):
        raise unusable
    if set(address) & set("/\\?#@%"):
        raise unusable
    try:
        parsed = httpx.URL(f"tcp://{address}")
        port, host = parsed.port, parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError):
        raise unusable from None
    if not port or port > MAX_PORT:
        raise unusable
    if addresses.parse(host) is None and not HOST_NAME.fullmatch(host):
        raise unusable
    if port in REFUSED_PORTS - _OWN_PORTS:
        raise blocked("port", "The port of the address belongs to another protocol.")
    if tls is None and not rules.http:
        raise blocked("plain", "Without TLS nothing is sent, unless plain http is allowed.")
    return Receiver(host, port, tls)


def check(receiver: Receiver, rules: Rules, resolve: Resolver = resolving.resolve) -> None:
    """Raises Blocked for a receiver that ``send`` would refuse now; an unknown name passes."""
    try:
        found = resolve(receiver.host, receiver.port, CHECK_SECONDS)
    except (Unreachable, TimedOut):
        return
    rules.admit(receiver.host, found)


def send(
    receiver: Receiver,
    content: bytes,
    rules: Rules,
    *,
    seconds: float,
    resolve: Resolver = resolving.resolve,
) -> None:
    """Send all of it, and wait until the other side has ended the connection too.

    seconds: for everything, from the name's resolution on.

    Raises Blocked, Unreachable, TimedOut; what was sent until then may have been read.
    """
    clock = Clock()
    clock.start(seconds)
    backend = CheckedBackend(rules, resolve, clock)
    try:
        stream = backend.connect_tcp(receiver.host, receiver.port)
    except httpcore.TimeoutException:
        raise timed_out() from None
    except httpcore.NetworkError:
        raise unreachable("connect", "No connection could be made.") from None
    raw: socket.socket = stream.get_extra_info("socket")
    try:
        if receiver.tls is None:
            _send_all(raw, content, clock)
            raw.shutdown(socket.SHUT_WR)
            _read_to_end(raw, clock)
            return
        raw.settimeout(clock.left())
        with _secured(receiver, receiver.tls, raw) as secured:
            _send_all(secured, content, clock)
            _end_tls(secured, clock)
    except TimeoutError:
        raise timed_out() from None
    except OSError:  # those of TLS among them
        raise unreachable("lost", "The connection ended before everything was read.") from None
    finally:
        stream.close()


def _secured(receiver: Receiver, tls: ssl.SSLContext, raw: socket.socket) -> ssl.SSLSocket:
    name = receiver.host.rstrip(".")
    try:
        return tls.wrap_socket(raw, server_hostname=name)
    except TimeoutError:
        raise
    except ssl.SSLCertVerificationError:
        text = "The certificate is not trusted, or is for another name."
        raise unreachable("certificate", text) from None
    except (OSError, ValueError):
        raise unreachable("tls", "No trusted TLS connection could be made.") from None


def _send_all(to: socket.socket, content: bytes, clock: Clock) -> None:
    for start in range(0, len(content), PIECE):
        to.settimeout(clock.left())
        to.sendall(content[start : start + PIECE])


def _read_to_end(source: socket.socket, clock: Clock) -> None:
    """Whatever it says meanwhile; nobody waits for words."""
    while True:
        source.settimeout(clock.left())
        if not source.recv(PIECE):
            return


def _end_tls(secured: ssl.SSLSocket, clock: Clock) -> None:
    """RFC 5425, 4.4: each side says goodbye. Many receivers just end the connection, as good."""
    secured.settimeout(clock.left())
    try:
        secured.unwrap()
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        return
    except OSError as fault:
        # How OpenSSL says through Python that the connection has ended in good order.
        if fault.errno or isinstance(fault, (TimeoutError, ssl.SSLError)):
            raise
