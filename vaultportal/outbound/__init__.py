"""The one way in which the portal speaks HTTP to addresses that somebody chose.

::

    outbound.check(url)                              # when an address is stored
    answer = outbound.send(Request("POST", url, headers, body, timeout=10))

A name is resolved once for each connection, every address of it is checked, and the connection goes
to a checked address: what the name says a moment later does not matter. Redirects are answers like
any other, proxies of the environment are not used, bodies are cut at a limit.

Neither function may be called while a database transaction is open: both wait for others.
"""

from __future__ import annotations

from vaultportal.outbound.errors import BadAnswer, Blocked, OutboundError, TimedOut, Unreachable
from vaultportal.outbound.message import Answer, Request
from vaultportal.outbound.rules import Rules, current_rules
from vaultportal.outbound.sender import Sender, check, send

__all__ = [
    "Answer",
    "BadAnswer",
    "Blocked",
    "OutboundError",
    "Request",
    "Rules",
    "Sender",
    "TimedOut",
    "Unreachable",
    "check",
    "current_rules",
    "send",
]
