"""Tests of signing in at a provider, by people who go there with their own account.

The trail is the only place where they are kept: what somebody is allowed to do because of a test
rests on an entry that nobody can write afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from vaultportal import trail
from vaultportal.audit.models import AuditEntry
from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import SettingPermission
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

ACTION = "provider.test"
# How long a test allows what needs one.
LASTS = timedelta(minutes=15)
# How far back one is looked for at all.
_MOST = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back.

    why: what did not hold, "" when all of it did. issuer: the one that was configured then.
    account: ``own``, ``other`` or ``none``, whose account the identity opens; "" if none came.
    proof: ``fresh``, ``old`` or ``none``, when the person signed in there.
    email: ``verified``, ``unverified`` or ``none``.
    """

    why: str = ""
    issuer: str = ""
    account: str = ""
    proof: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One test. slug: of the provider; name: what it was called then."""

    at: datetime
    slug: str
    name: str
    outcome: Outcome

    @property
    def has_passed(self) -> bool:
        return not self.outcome.why


@trail.unit()
def note(actor: Actor, slug: str, outcome: Outcome) -> None:
    """Keep what came of a test by the actor. Raises Forbidden for who changes no settings."""
    access.require(actor, SettingPermission.CHANGE, Setting)
    known = _offered().get(slug)
    name = known["name"] if known else slug
    trail.record(
        actor,
        ACTION,
        Target("provider", slug, name),
        outcome="failure" if outcome.why else "success",
        why=outcome.why,
        issuer=known["settings"]["issuer"] if known else "",
        account=outcome.account,
        proof=outcome.proof,
        email=outcome.email,
    )


def latest(actor: Actor) -> Attempt | None:
    """The actor's own last one, however it ended; None when there was none of late."""
    return next(iter(_of(actor)), None)


def has_passed(actor: Actor) -> bool:
    """Whether the actor's last test at a provider that is configured now passed a moment ago."""
    since = timezone.now() - LASTS
    seen: set[str] = set()
    for test in _of(actor):
        if test.slug in seen:
            continue  # a newer one there has said how it is
        seen.add(test.slug)
        known = _offered().get(test.slug)
        is_same = known is not None and known["settings"]["issuer"] == test.outcome.issuer
        if is_same and test.has_passed and test.at >= since:
            return True
    return False


def _of(actor: Actor) -> list[Attempt]:
    rows = AuditEntry.objects.filter(actor_id=actor.user_id, action=ACTION)
    recent = rows.filter(outcome__in=("success", "failure")).order_by("-id")[:_MOST]
    return [_attempt(row) for row in recent]


def _attempt(row: AuditEntry) -> Attempt:
    detail: dict[str, Any] = row.document["detail"]
    parts = ("why", "issuer", "account", "proof", "email")
    outcome = Outcome(**{part: str(detail.get(part, "")) for part in parts})
    return Attempt(row.at, row.target_id, row.target_name, outcome)


def _offered() -> dict[str, dict[str, Any]]:
    return {each["provider_id"]: each for each in settings.PORTAL_OIDC}
