"""One-time links: a few readings of one version, for whoever holds the link."""

from __future__ import annotations

import secrets as random
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from secrets_app import queries, refusals
from secrets_app.models import LinkReceipt, OneTimeLink
from secrets_app.payload import Payload
from secrets_app.records import Ref, SecretInfo
from secrets_app.services import approval, secrets
from vaultportal import trail
from vaultportal.crypto import blind_index
from vaultportal.errors import Fault, Forbidden, NotFound, Unauthenticated
from vaultportal.identity import authentication
from vaultportal.identity.actor import Actor, Credential
from vaultportal.identity.models import User
from vaultportal.trail import Target

PURPOSE = "secrets.link"
MAX_VIEWS = 100
MAX_HOURS = 24 * 30
MAX_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Terms:
    """Who may open a link, how often and how long.

    passphrase: "" for none; it should reach the receiver by another way than the link.
    receiver: the user who must have signed in; None for anybody.
    """

    views: int = 1
    hours: int = 24
    passphrase: str = field(default="", repr=False)
    receiver: UUID | None = None


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A link with its token, which is told this once."""

    link: OneTimeLink
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who opens a link: perhaps nobody whom the portal knows."""

    actor: Actor | None
    request_id: str = ""
    address: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Peek:
    """What may be told of a link before it is opened."""

    needs_passphrase: bool
    needs_sign_in: bool
    needs_ticket: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link has opened."""

    name: str
    views_left: int
    payload: Payload = field(repr=False)


def make_link(actor: Actor, ref: Ref, terms: Terms) -> MadeLink:
    """Make a link to the secret as it is now, for who may both read and write it.

    Raises:
        NotFound: there is none, or none that the actor may know of.
        Forbidden: the actor may not read and write it, or it is closed to everybody now.
        Invalid: the terms are out of bounds, or the receiver is nobody.
        Pending, Forbidden, Stale: a gate stands before its reading, which a link gives away.
    """

    def look() -> queries.Found:
        return secrets.find(actor, ref, rights=(queries.READ, queries.WRITE), sealed=True)

    found = look()
    if not (found.info.may_read and found.info.may_write):
        raise refusals.forbidden("make a link to this secret")
    refusals.unless_open(actor, found.info)
    _check(terms)
    found = approval.approved(
        actor,
        found,
        look,
        use="one-time link",
        views=terms.views,
        hours=terms.hours,
        receiver=str(terms.receiver or ""),
        passphrase=bool(terms.passphrase),
    )
    if not found.info.may_write:
        raise refusals.forbidden("make a link to this secret")
    return _make_link(actor, found.info, terms)


@trail.unit()
def _make_link(actor: Actor, info: SecretInfo, terms: Terms) -> MadeLink:
    now = datetime.now(UTC)
    token = random.token_urlsafe(32)
    link = OneTimeLink.objects.create(
        secret_id=info.id,
        version=info.version,
        digest=blind_index.hmac_digest(PURPOSE, token.encode()),
        passphrase=make_password(terms.passphrase) if terms.passphrase else "",
        receiver_id=terms.receiver,
        author_id=actor.user_id,
        views=terms.views,
        views_left=terms.views,
        created_at=now,
        expires_at=now + timedelta(hours=terms.hours),
    )
    trail.record(
        actor,
        "secret.link_make",
        secrets.target_of(info),
        link=str(link.pk),
        views=terms.views,
        hours=terms.hours,
        receiver=str(terms.receiver) if terms.receiver else None,
        passphrase=bool(terms.passphrase),
    )
    return MadeLink(link, token)


def peek_link(token: str) -> Peek:
    """What opening would ask for. It uses nothing up: mail scanners and chats look at links.

    Raises:
        NotFound: no such link, or it cannot be opened any more.
    """
    link = _usable(token)
    return Peek(
        bool(link.passphrase),
        link.receiver_id is not None,
        link.secret.needs_ticket,
        link.expires_at,
    )


def open_link(visitor: Visitor, token: str, passphrase: str = "", note: str = "") -> Opened:
    """Take one view. Of two who come for the last one, one gets it.

    note: the ticket, where each look at the secret needs one: a link is no way around it.

    Raises:
        NotFound: no such link, it cannot be opened any more, or it is for somebody else.
        Unauthenticated: it is for somebody who must sign in first.
        Forbidden: the passphrase is wrong; after ``MAX_ATTEMPTS`` the link stays closed. Or the
            ticket is missing, and nothing is used up.
    """
    link = _usable(token)
    reader = visitor.actor
    if link.receiver_id is not None:
        if reader is None:
            raise Unauthenticated("link", "This link is for somebody who has signed in.")
        if reader.user_id != link.receiver_id:
            raise _no_link()
    if link.passphrase:
        _try_passphrase(link, passphrase)
    return _take_view(link, visitor, note)


@trail.unit()
def _take_view(link: OneTimeLink, visitor: Visitor, note: str) -> Opened:
    taken = _open_links().filter(pk=link.pk).update(views_left=F("views_left") - 1)
    if not taken:
        raise _no_link()
    link.refresh_from_db(fields=["views_left"])
    found = _as_author_may_read(link)
    reader = visitor.actor or _anonymous(link, visitor)
    if found.info.needs_ticket:
        reader = reader.with_(note=note)
    payload = secrets.uncover(reader, found)
    LinkReceipt.objects.create(
        link=link,
        at=datetime.now(UTC),
        reader_id=visitor.actor.user_id if visitor.actor else None,
        address=visitor.address,
        user_agent=visitor.user_agent[:255],
    )
    trail.record(reader, "secret.link_open", secrets.target_of(found.info), link=str(link.pk))
    return Opened(found.info.name, link.views_left, payload)


def list_links(
    actor: Actor,
    ref: Ref | None = None,
    *,
    before: UUID | None = None,
    limit: int | None = None,
) -> list[OneTimeLink]:
    """The links that the actor made, or all links of a secret that they may write; with receipts.

    before: the id of the last one of the page before; limit: how many, None for all.

    Raises:
        NotFound, Forbidden: as for making one.
    """
    links = OneTimeLink.objects.select_related("secret").prefetch_related("receipts")
    links = links.order_by("-id")
    if before is not None:
        links = links.filter(id__lt=before)
    return list(_within(actor, ref, links)[:limit])


def open_links(
    actor: Actor, ref: Ref | None, ids: Collection[UUID] | None, *, limit: int
) -> list[OneTimeLink]:
    """Of ``list_links``, those that can still be opened, the newest first; ids: of these alone.

    Raises:
        NotFound, Forbidden: as for making one.
    """
    links = _open_links().select_related("secret").order_by("-id")
    if ids is not None:
        links = links.filter(pk__in=ids)
    return list(_within(actor, ref, links)[:limit])


@trail.unit()
def revoke_link(actor: Actor, link_id: UUID) -> None:
    """Close a link for good: one's own, or any of a secret that one may write.

    Raises:
        NotFound: there is none that is the actor's business.
    """
    link = OneTimeLink.objects.filter(pk=link_id).select_related("secret").first()
    if link is None:
        raise _no_link()
    if link.author_id != actor.user_id:
        found = queries.one(actor, Ref(id=link.secret_id), rights=(queries.WRITE,))
        if found is None or not found.info.may_write:
            raise _no_link()
    OneTimeLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=datetime.now(UTC))
    target = Target("secret", str(link.secret_id), link.secret.name, link.version)
    trail.record(actor, "secret.link_revoke", target, link=str(link.pk))


def _within(actor: Actor, ref: Ref | None, links: QuerySet[OneTimeLink]) -> QuerySet[OneTimeLink]:
    """Those that the actor made, or those of a secret that they may write."""
    if ref is None:
        return links.filter(author_id=actor.user_id)
    info = secrets.find(actor, ref, rights=(queries.WRITE,)).info
    if not info.may_write:
        raise refusals.forbidden("see the links of this secret")
    return links.filter(secret_id=info.id)


def _open_links() -> QuerySet[OneTimeLink]:
    return OneTimeLink.objects.filter(
        views_left__gt=0,
        attempts__lt=MAX_ATTEMPTS,
        revoked_at=None,
        expires_at__gt=Now(),
    )


def _usable(token: str) -> OneTimeLink:
    digests = blind_index.hmac_digests(PURPOSE, token.encode("utf-8", "replace"))
    link = _open_links().select_related("secret").filter(digest__in=digests).first()
    if link is None:
        raise _no_link()
    return link


def _try_passphrase(link: OneTimeLink, passphrase: str) -> None:
    """Count the attempt before it is judged, so that many at once cannot try more often."""
    one_more = Q(attempts__lt=MAX_ATTEMPTS)
    counted = OneTimeLink.objects.filter(one_more, pk=link.pk).update(attempts=F("attempts") + 1)
    if not counted:
        raise _no_link()
    if not check_password(passphrase, link.passphrase):
        raise Forbidden("link", "The passphrase is not right.", reason="link.passphrase")
    OneTimeLink.objects.filter(pk=link.pk).update(attempts=F("attempts") - 1)


def _as_author_may_read(link: OneTimeLink) -> queries.Found:
    """The linked version, if whoever made the link may still read and write the secret."""
    try:
        author = authentication.user_actor(link.author_id)
    except Unauthenticated:
        raise _no_link() from None
    found = queries.one(
        author,
        Ref(id=link.secret_id),
        rights=(queries.READ, queries.WRITE),
        sealed=True,
        version=link.version,
    )
    if found is None or not (found.info.may_read and found.info.may_write):
        raise _no_link()
    return found


def _anonymous(link: OneTimeLink, visitor: Visitor) -> Actor:
    """Whoever holds the link, as the audit names them."""
    return Actor(
        user_id=link.pk,
        number=0,
        name="link holder",
        kind="link",
        role_ids=(),
        permissions=frozenset(),
        is_staff=False,
        is_superuser=False,
        credential=Credential("link", str(link.pk), frozenset()),
        request_id=visitor.request_id,
        address=visitor.address,
        user_agent=visitor.user_agent,
    )


def _check(terms: Terms) -> None:
    faults = []
    for name, value, most in (("views", terms.views, MAX_VIEWS), ("hours", terms.hours, MAX_HOURS)):
        if not 1 <= value <= most:
            faults.append(Fault(name, "range", f"must be from 1 to {most}"))
    if len(terms.passphrase) > 1024:
        faults.append(Fault("passphrase", "range", "must have at most 1024 characters"))
    if terms.receiver and not User.objects.filter(pk=terms.receiver, is_active=True).exists():
        faults.append(Fault("receiver", "unknown", "is nobody who could open it"))
    if faults:
        raise refusals.invalid(*faults)


def _no_link() -> NotFound:
    return NotFound("link", "The link does not exist, was used up or has expired.")
