"""Handing lines to a target: syslog over TCP, with TLS or without, or a POST."""

from __future__ import annotations

from vaultportal import outbound
from vaultportal.audit.models import LogTarget
from vaultportal.errors import Unavailable
from vaultportal.outbound import Request, Rules, streams, trust
from vaultportal.shipping import lines
from vaultportal.shipping.lines import Line

SECONDS = 10.0
_ACCEPTED = range(200, 300)


class Refused(Unavailable):
    """The receiver answered that it did not take them. ``reason``: ``status.<number>``."""


def receiver(kind: str, address: str, ca: str, rules: Rules) -> streams.Receiver:
    """Where a target of syslog is.

    Raises:
        Blocked: the rules refuse it. ValueError: the authorities are none.
    """
    tls = None
    if kind == LogTarget.Kind.SYSLOG_TLS:
        tls = trust.context_of(ca) if ca else trust.tls_context()
    return streams.read(address, tls, rules)


def check(kind: str, address: str, ca: str, rules: Rules) -> None:
    """Raises Blocked or ValueError for what ``hand_over`` would refuse now."""
    if kind == LogTarget.Kind.HTTPS:
        outbound.check(address)
    else:
        streams.check(receiver(kind, address, ca, rules), rules)


def hand_over(target: LogTarget, batch: list[Line], rules: Rules) -> int | None:
    """Send them, and wait until they were read; the status of the answer, None where none is given.

    Raises:
        OutboundError: nothing was sent, or nobody knows how much of it was read.
        Refused: the receiver does not want them.
    """
    content = lines.payload(target.kind, target.format, batch)
    if target.kind != LogTarget.Kind.HTTPS:
        where = receiver(target.kind, target.address, target.ca, rules)
        streams.send(where, content, rules, seconds=SECONDS)
        return None
    headers = [("Content-Type", "application/x-ndjson")]
    if token := target.credential:
        headers.append(("Authorization", f"Bearer {token}"))
    request = Request("POST", target.address, headers, content, timeout=SECONDS, max_body=0)
    status = outbound.send(request, rules).status
    if status not in _ACCEPTED:
        raise Refused("log target", reason=f"status.{status}")
    return status
