"""Mails to people about their own accounts: what was done, from where, and what to do about it.

A notice is a row of the transaction that it tells about. After the commit a message with its id
rings for a worker; the sweep finds what was not rung for, or failed. Nobody can switch notices off:
whoever took an account over would do that first.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_network
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from vaultportal.audit.models import AuditEntry
from vaultportal.directory import mailing, notice_text
from vaultportal.directory.mailing import Failed
from vaultportal.directory.models import Notice
from vaultportal.directory.origin import Origin
from vaultportal.identity.actor import Actor
from vaultportal.identity.browsers import browser_of, system_of
from vaultportal.identity.models import User

logger = logging.getLogger(__name__)

# Between the attempts; after the last of them it is given up.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440))
# All that an attempt may take, however slow the server is.
ATTEMPT_SECONDS = 60
# Longer than an attempt lasts: who has not said by then how it went is dead.
LEASE = timedelta(minutes=5)
KEPT = timedelta(days=30)
SWEPT_AT_ONCE = 100
# After so long a sender begins no other attempt; the next message or sweep goes on.
TURN_SECONDS = 60
# The latest sign-ins that a new one is compared with.
REMEMBERED = 200


def tell(
    actor: Actor, user: User, kind: Notice.Kind, *, what: str = "", recipient: str = ""
) -> None:
    """Have ``user`` told of what ``actor`` does to the account, once that is committed.

    what: the kind of a factor, or the name of a key; never the key.
    recipient: another address than the person's own.
    """
    if actor.user_id == user.pk:
        origin = Origin(actor.address, actor.request_id, actor.user_agent)
        _write(user, kind, origin, what=what, recipient=recipient)
    else:  # where managers sit is not the person's business
        _write(user, kind, Origin(), what=what, by=actor.name, recipient=recipient)


def signed_in(user: User, origin: Origin, *, is_known: bool) -> None:
    """Have ``user`` told of a sign-in from a browser or a network not seen before.

    is_known: the browser showed that it is one of this person's, or the door is none of browsers.
    Networks are those of the sign-ins in the trail; to be called before this one is in it. Of a
    strange browser in one place, which cannot show more each time, they are told once.
    """
    if settings.PORTAL_MAIL is None or (is_known and _has_come_from(user, origin.address)):
        return
    if not _was_told(user, origin):
        _write(user, Notice.Kind.SIGN_IN, origin)


def due() -> list[UUID]:
    """Those that should be rung for now, the oldest first."""
    if settings.PORTAL_MAIL is None:
        return []
    rows = Notice.objects.filter(state=Notice.State.WAITING, due_at__lte=timezone.now())
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:SWEPT_AT_ONCE])


def send(notice_id: UUID) -> None:
    """One attempt, unless it is not due: sent, given up, or in somebody else's hands.

    One worker at a time sends, so that a slow server holds one at most. It goes on with what is due
    by then: others have left that to it. At the first failure it stops, since the next one would
    most likely wait as long.

    A worker that dies after the server has taken the mail leaves it to be sent again, under the
    same Message-ID.
    """
    if settings.PORTAL_MAIL is None:
        return
    with _turn() as is_mine:
        ends_at = monotonic() + TURN_SECONDS
        goes_well = is_mine and _attempt(notice_id)
        while goes_well and monotonic() < ends_at:
            following = due()[:1]
            goes_well = bool(following) and _attempt(following[0])


def note(notice: Notice, failed: Failed | None) -> None:
    """Write down how an attempt went, and when the next one is due."""
    now = timezone.now()
    rows = Notice.objects.filter(pk=notice.pk)
    if failed is None:
        rows.update(state=Notice.State.SENT, ended_at=now)
        return
    logger.warning("A notice could not be sent: %s", failed.why.value)
    ends = failed.for_good or notice.due_at is None or notice.attempts > len(PAUSES)
    rest = (
        {"state": Notice.State.FAILED, "ended_at": now}
        if ends
        else {"due_at": now + PAUSES[notice.attempts - 1]}
    )
    rows.update(failed_at=now, failure=failed.why, said=failed.said, **rest)


def sweep() -> int:
    """Delete those that are over, sent or not; how many."""
    return Notice.objects.filter(created_at__lte=timezone.now() - KEPT).delete()[0]


def _write(
    user: User,
    kind: Notice.Kind,
    origin: Origin,
    *,
    what: str = "",
    by: str = "",
    recipient: str = "",
) -> None:
    to = recipient or user.email
    if settings.PORTAL_MAIL is None or not to or user.kind != User.Kind.PERSON:
        return
    row = Notice.objects.create(
        user=user,
        kind=kind,
        recipient=to,
        what=what,
        by=by,
        address=origin.address,
        browser=_browser(origin),
    )
    # A function with a name of its own: Django logs it when the broker is away.
    transaction.on_commit(lambda: _ring(row.pk), robust=True)


def _ring(notice_id: UUID) -> None:
    from vaultportal.directory import tasks  # noqa: PLC0415 the task calls ``send`` above

    tasks.send_notice.delay(str(notice_id))


@contextmanager
def _turn() -> Iterator[bool]:
    """Whether this is the one who sends. The lock goes with the session of a worker that dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('directory.mail'))")
        [is_mine] = cursor.fetchone() or [False]
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('directory.mail'))")


def _attempt(notice_id: UUID) -> bool:
    """Send this one; False when it failed. One that is not due does no harm."""
    server = settings.PORTAL_MAIL
    if server is None or not _claim(notice_id):
        return True
    notice = Notice.objects.select_related("user").filter(pk=notice_id).first()
    if notice is None:
        return True
    failed = mailing.deliver_within(notice_text.message(notice, server), ATTEMPT_SECONDS)
    note(notice, failed)
    return failed is None or failed.for_good


def _claim(notice_id: UUID) -> bool:
    """Take it in hand; False when it is not due. One statement: of two workers one gets it."""
    now = timezone.now()
    rows = Notice.objects.filter(pk=notice_id, state=Notice.State.WAITING, due_at__lte=now)
    return bool(rows.update(due_at=now + LEASE, attempts=F("attempts") + 1))


def _has_come_from(user: User, address: str) -> bool:
    entries = AuditEntry.objects.filter(
        target_id=str(user.pk), action="user.sign_in", outcome="success"
    )
    latest = entries.order_by("-id").values_list("address", flat=True)[:REMEMBERED]
    return _network(address) in {_network(each) for each in latest}


def _was_told(user: User, origin: Origin) -> bool:
    rows = Notice.objects.filter(user=user, kind=Notice.Kind.SIGN_IN, browser=_browser(origin))
    addresses = rows.values_list("address", flat=True)
    return _network(origin.address) in {_network(each) for each in addresses}


def _browser(origin: Origin) -> str:
    agent = origin.user_agent
    return ", ".join(part for part in (browser_of(agent), system_of(agent)) if part)


def _network(address: str) -> str:
    """What an address shares with its neighbours: they change, in homes and on the road."""
    if not address:
        return ""
    bits = 64 if ":" in address else 24
    return str(ip_network(f"{address}/{bits}", strict=False))
