"""How the portal's mail stands, and trying it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q
from django.utils import timezone

from vaultportal import trail
from vaultportal.directory import mailing, notice_text, notices
from vaultportal.directory.mailing import Failed
from vaultportal.directory.models import Notice, Setting
from vaultportal.directory.permissions import SettingPermission
from vaultportal.errors import Conflict, NotFound, TooMany
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.trail import Target

# All that a test may take, while somebody waits for it.
TEST_SECONDS = 15
MOST_TESTS = 5
TESTS_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class MailState:
    """How mail stands.

    waiting: notices that are still to be sent. sent_at: when the server took one last.
    last_failed: the row of the attempt that failed last, with ``failed_at``, ``failure``, ``said``.
    without_address: active people whom nothing can be sent to.
    """

    is_on: bool
    waiting: int
    sent_at: datetime | None
    last_failed: Notice | None
    without_address: int


def state(actor: Actor) -> MailState:
    """How mail stands, in three queries. Raises Forbidden."""
    access.require(actor, SettingPermission.VIEW, Setting)
    waiting = Q(state=Notice.State.WAITING, due_at__isnull=False)
    found: dict[str, Any] = Notice.objects.aggregate(
        waiting=Count("pk", filter=waiting),
        sent_at=Max("ended_at", filter=Q(state=Notice.State.SENT)),
    )
    failures = Notice.objects.filter(failed_at__isnull=False).order_by("-failed_at")
    people = User.objects.filter(kind=User.Kind.PERSON, is_active=True, email="")
    return MailState(
        settings.PORTAL_MAIL is not None,
        found["waiting"],
        found["sent_at"],
        failures.first(),
        people.count(),
    )


def send_test(actor: Actor) -> Failed | None:
    """A mail to the actor's own address, now; None when the server has taken it.

    It waits for the server, so it is no unit of the trail: what came of it is.

    Raises:
        Forbidden: the actor may not change settings. NotFound: the actor is no person.
        Conflict: mail is off (reason ``mail_off``), or the actor has no address (``no_address``).
        TooMany: there were several tests of late, whoever asked for them.
    """
    access.require(actor, SettingPermission.CHANGE, Setting)
    # Not locked: no transaction is open, so that none waits for the server.
    user = User.objects.filter(pk=actor.user_id, kind=User.Kind.PERSON).first()
    if user is None:
        raise NotFound("user")
    server = settings.PORTAL_MAIL
    if server is None:
        raise Conflict("mail", "PORTAL_SMTP_HOST is not set.", reason="mail_off")
    if not user.email:
        raise Conflict("mail", "The account has no e-mail address.", reason="no_address")
    notice = _begin(user, actor)
    failed = mailing.deliver_within(notice_text.message(notice, server), TEST_SECONDS)
    with trail.unit():
        notices.note(notice, failed)
        trail.record(
            actor,
            "mail.test",
            Target("notice", str(notice.pk)),
            outcome="failure" if failed else "success",
            failure=failed.why.value if failed else None,
        )
    return failed


def _begin(user: User, actor: Actor) -> Notice:
    """The row of a test. It counts before it is counted, so that tests at once see one another."""
    notice = Notice.objects.create(
        user=user,
        kind=Notice.Kind.TEST,
        recipient=user.email,
        address=actor.address,
        due_at=None,
        attempts=1,
    )
    since = timezone.now() - TESTS_WITHIN
    lately = Notice.objects.filter(kind=Notice.Kind.TEST, created_at__gt=since)
    if lately.count() > MOST_TESTS:
        notice.delete()
        raise TooMany("mail", reason="tests", retry_after=int(TESTS_WITHIN.total_seconds()))
    return notice
