"""Writes down refused requests, and sums them up when somebody knocks too often.

An actor, or an address (for IPv6 its /64), gets AUDIT_REFUSALS_PER_MINUTE entries a minute from
each process, and all together get ten times that; the rest of the minute is one entry with a
count. So nobody without a credential can fill the disk.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from ipaddress import ip_address, ip_network
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from vaultportal import trail
from vaultportal.audit.refusals import Refusal
from vaultportal.events.shared import ACCESS_DENIED
from vaultportal.identity import actor as actors
from vaultportal.identity import origin
from vaultportal.identity.actor import Actor, Credential
from vaultportal.trail import Target

logger = logging.getLogger(__name__)

WINDOW = 60.0  # seconds
ALL_TOGETHER = 10
NAMED = 20  # those who knocked most often are named one by one

ANONYMOUS = Actor(
    user_id=UUID(int=0),
    number=0,
    name="anonymous",
    kind="anonymous",
    role_ids=(),
    permissions=frozenset(),
    is_staff=False,
    is_superuser=False,
    credential=Credential(kind="none", id=""),
)


class Bound:
    """How many entries whoever is refused has used up in this minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = monotonic()
        self._written: Counter[str] = Counter()
        self._passed_over: Counter[str] = Counter()

    def admits(self, who: str, limit: int) -> bool:
        """Whether one more entry may be written for them; counted either way."""
        with self._lock:
            if self._written[who] >= limit or self._written.total() >= limit * ALL_TOGETHER:
                self._passed_over[who] += 1
                return False
            self._written[who] += 1
            return True

    def settle(self) -> list[tuple[str, int]]:
        """When the minute is over: who was passed over how often, the most frequent first."""
        if monotonic() - self._begun < WINDOW:
            return []
        with self._lock:
            if monotonic() - self._begun < WINDOW:
                return []
            self._begun = monotonic()
            passed_over, self._passed_over = self._passed_over, Counter()
            self._written = Counter()
        named = passed_over.most_common(NAMED)
        rest = passed_over.total() - sum(count for _, count in named)
        return [*named, ("others", rest)] if rest else named


_bound = Bound()


def write(request: HttpRequest, refusal: Refusal, *, route: str, status: int) -> None:
    """An entry and an event for a refused request. The answer stands, whatever comes of it."""
    actor = refusal.actor or ANONYMOUS.with_(
        request_id=origin.request_id(request),
        address=origin.client_address(request),
        user_agent=origin.user_agent(request),
    )
    if not _bound.admits(_who(actor), settings.AUDIT_REFUSALS_PER_MINUTE):
        return
    method = str(request.method)
    reason = refusal.reason or refusal.kind
    try:
        with trail.unit():
            trail.record(
                actor,
                "request.refuse",
                Target("route", route, route),
                outcome="refused",
                method=method,
                status=status,
                kind=refusal.kind,
                cause=refusal.reason,
            )
            trail.emit(
                ACCESS_DENIED,
                actor,
                id=actor.request_id,
                name=route,
                operation=f"{method} {route}",
                reason=reason,
                client={"ip": actor.address, "userAgent": actor.user_agent},
            )
    except Exception:  # the request is refused all the same, and the log has it
        logger.exception("A refused request could not be written into the trail.")


def settle() -> None:
    """Write the sums of a minute that is over; called with every request, nearly always free."""
    for who, count in _bound.settle():
        try:
            with trail.unit():
                trail.record(
                    actors.system(),
                    "request.refuse_many",
                    Target("origin", who),
                    outcome="refused",
                    count=count,
                )
        except Exception:  # as above; the count is lost with it
            logger.exception("The sum of refused requests could not be written into the trail.")


def _who(actor: Actor) -> str:
    if actor.kind != ANONYMOUS.kind:
        return str(actor.user_id)
    try:
        address = ip_address(actor.address)
    except ValueError:
        return "unknown"
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else str(address)
