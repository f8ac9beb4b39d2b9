"""Refused requests: noted on the request by the way out, written when the request is over.

Whoever words a 401 or 403 calls ``note``. The request's own transaction is being undone at that
time, so the entry is written by the outermost middleware, in a transaction of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from vaultportal.errors import VaultError
from vaultportal.identity.actor import Actor

_ATTRIBUTE = "audit_refusal"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Who was refused, None for nobody who is known, and why, as the error says."""

    actor: Actor | None
    kind: str
    reason: str


def note(request: HttpRequest, error: VaultError, actor: Actor | None) -> None:
    """Remember that ``request`` is refused. Costs nothing here."""
    setattr(request, _ATTRIBUTE, Refusal(actor, error.kind, error.reason))


def of(request: HttpRequest) -> Refusal | None:
    """What was noted."""
    found: Refusal | None = getattr(request, _ATTRIBUTE, None)
    return found
