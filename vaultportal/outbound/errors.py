"""Why nothing was sent, or no answer came. ``reason`` is stable; a message holds no address."""

from __future__ import annotations

from vaultportal.errors import Invalid, Unavailable, VaultError


class OutboundError(VaultError):
    """The root of what ``check`` and ``send`` raise."""


class Blocked(Invalid, OutboundError):
    """The rules refuse the address or the request; nothing was sent.

    Reasons: ``outbound.url outbound.scheme outbound.http outbound.credentials outbound.port
    outbound.address outbound.header``.
    """


class Unreachable(Unavailable, OutboundError):
    """No connection, or one that ended before the answer was whole.

    Reasons: ``outbound.name outbound.connect outbound.tls outbound.lost``.
    """


class TimedOut(Unavailable, OutboundError):
    """The time was over; whether the other side has acted is not known. ``outbound.time``."""


class BadAnswer(Unavailable, OutboundError):
    """What came back is no HTTP answer. ``outbound.answer``."""


def blocked(reason: str, message: str) -> Blocked:
    """A refusal by the rules."""
    return Blocked("address", message, reason=f"outbound.{reason}")


def unreachable(reason: str, message: str) -> Unreachable:
    """Nobody there."""
    return Unreachable("address", message, reason=f"outbound.{reason}")


def timed_out() -> TimedOut:
    """Too slow."""
    return TimedOut("address", "No answer came in time.", reason="outbound.time")


def bad_answer() -> BadAnswer:
    """Not HTTP."""
    return BadAnswer("address", "What came back is no HTTP answer.", reason="outbound.answer")
