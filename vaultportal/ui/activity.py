"""What happened, as sentences: who, what, when, and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from vaultportal.audit.models import AuditEntry
from vaultportal.identity.actor import Actor
from vaultportal.ui import reasons
from vaultportal.ui.names import names_of


@dataclass(frozen=True, slots=True)
class Wording:
    """How an action reads. kind: the class of its icon; ``is-plain`` where plaintext was read."""

    sentence: str | Promise
    icon: str
    kind: str = ""


WORDINGS: dict[str, Wording] = {
    "secret.create": Wording(_("{actor} created {target}"), "plus"),
    "secret.read": Wording(_("{actor} read {target}"), "eye", "is-plain"),
    "secret.update": Wording(_("{actor} changed {target}"), "edit"),
    "secret.delete": Wording(_("{actor} deleted {target}"), "trash"),
    "secret.restore": Wording(
        _("{actor} restored an older version of {target}"), "rotate-clockwise"
    ),
    "secret.destroy_version": Wording(_("{actor} erased a version of {target}"), "trash"),
    "secret.link_make": Wording(_("{actor} made a one-time link to {target}"), "link"),
    "secret.link_open": Wording(_("{actor} opened {target} by a link"), "eye", "is-plain"),
    "secret.link_revoke": Wording(_("{actor} closed a link to {target}"), "link"),
    "secret.check_out": Wording(_("{actor} asked for {target} alone"), "hourglass"),
    "secret.check_out_began": Wording(_("{actor} has {target} alone"), "hourglass"),
    "secret.check_out_lapsed": Wording(
        _("The check-out of {target} by {actor} ended"), "hourglass"
    ),
    "secret.check_in": Wording(_("{actor} returned {target}"), "rotate-clockwise"),
    "secret.force_return": Wording(_("{actor} took {target} back"), "door-exit"),
    "secret.ticket": Wording(
        _("{actor} changed whether each look at {target} needs a ticket"), "adjustments"
    ),
    "secret.import": Wording(_("{actor} imported secrets"), "clipboard"),
    "secret.export": Wording(_("{actor} exported secrets"), "download"),
    "object.add": Wording(_("{actor} added an object to {target}"), "plus"),
    "object.read": Wording(_("{actor} read objects of {target}"), "eye", "is-plain"),
    "object.read/masked": Wording(_("{actor} looked at masked objects of {target}"), "eye-off"),
    "collection.add": Wording(_("{actor} made the collection {target}"), "database"),
    "object.count": Wording(_("{actor} counted the objects of {target}"), "hash"),
    "user.sign_in": Wording(_("{actor} signed in"), "login"),
    "user.sign_out": Wording(_("{actor} signed out"), "logout"),
    "user.change_profile": Wording(_("{actor} changed their profile"), "user"),
    "user.change_password": Wording(_("{actor} changed their password"), "key"),
    "user.connect_identity": Wording(_("{actor} connected an identity"), "login"),
    "user.disconnect_identity": Wording(
        _("{actor} disconnected an identity of {target}"), "login", "is-bad"
    ),
    "user.end_sessions": Wording(_("{actor} ended sessions"), "device-laptop"),
    "user.create": Wording(_("{actor} made the account {target}"), "user"),
    "portal.set_up": Wording(_("{target} became the first administrator"), "shield-check"),
    "portal.check_recovery_sheet": Wording(_("{actor} has the recovery sheet"), "shield-check"),
}
OTHER = Wording(_("{actor}: {action} {target}"), "activity")
REFUSED = Wording(_("{actor} was refused: {action} {target}"), "circle-x", "is-bad")


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a feed."""

    sentence: SafeString
    icon: str
    kind: str
    why: str
    at: datetime


def own(actor: Actor, limit: int) -> list[Happening]:
    """The latest that the actor did."""
    return _worded(actor, AuditEntry.objects.filter(actor_id=actor.user_id), limit)


def latest(actor: Actor, limit: int) -> list[Happening]:
    """The latest of everybody; the caller has checked that the actor may look into the audit."""
    return _worded(actor, AuditEntry.objects.all(), limit)


def of_target(actor: Actor, target_id: str, limit: int, *, action: str = "") -> list[Happening]:
    """The latest that was done to one thing; the caller has checked that the actor may know."""
    entries = AuditEntry.objects.filter(target_id=target_id)
    return _worded(actor, entries.filter(action=action) if action else entries, limit)


def of_entries(actor: Actor, ids: Collection[UUID]) -> list[Happening]:
    """These entries; the caller has checked that the actor may know of them."""
    return _worded(actor, AuditEntry.objects.filter(id__in=ids), len(ids)) if ids else []


def _worded(actor: Actor, entries: QuerySet[AuditEntry], limit: int) -> list[Happening]:
    rows = list(entries.defer("mac").order_by("-id")[:limit])
    names = names_of(actor, {row.actor_id for row in rows})
    somebody = str(_("Somebody without an account"))
    return [_happening(row, names.get(row.actor_id, row.actor_name) or somebody) for row in rows]


def _happening(entry: AuditEntry, name: str) -> Happening:
    document = entry.document
    said = f"{entry.action}/{document.get('custom')}"
    wording = WORDINGS.get(said) or WORDINGS.get(entry.action, OTHER)
    if entry.outcome not in ("success", "pending"):
        wording = REFUSED
    sentence = format_html(
        str(wording.sentence),
        actor=format_html("<b>{}</b>", name),
        target=format_html("<code>{}</code>", entry.target_name) if entry.target_name else "",
        action=format_html("<code>{}</code>", entry.action),
    )
    note = document.get("note", "")
    why = ", ".join(part for part in (reasons.title(entry.reason), str(note or "")) if part)
    return Happening(sentence, wording.icon, wording.kind, why, entry.at)
