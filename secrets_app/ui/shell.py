"""What secrets add to every page: the rail, the palette, what needs attention, the overview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from secrets_app import course, names, queries, reach, selectors
from secrets_app.permissions import SecretPermission
from secrets_app.queries import Match
from secrets_app.records import SecretInfo
from secrets_app.selectors import Window
from secrets_app.services import checkouts, sharing
from secrets_app.ui.listing import SOON
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui import activity, attention, mine, navigation, palette, panels, totals
from vaultportal.ui.attention import Need
from vaultportal.ui.mine import Line
from vaultportal.ui.navigation import Entry, Group
from vaultportal.ui.palette import Found
from vaultportal.ui.totals import Total

LATEST = Window(limit=5, sort="updated", descending=True)
MOST_NEEDS = 5
LATEST_READS = 4


def _my_secrets(actor: Actor) -> Mapping[str, Any]:
    return {"page": selectors.list_personal(actor, actor.user_id, LATEST)}


def _read_by_others(actor: Actor) -> Mapping[str, Any]:
    latest = reach.reads_by_others(actor, LATEST_READS)
    return {"happenings": activity.of_entries(actor, latest)}


def _find(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    found = selectors.find_secrets(actor, keywords=words, limit=limit)
    return [
        Found(info.name, _may(info), "key", reverse("secrets:secret", args=[info.id]))
        for info in found.items
    ]


def _may(info: SecretInfo) -> str:
    if info.may_read and info.may_write:
        return _("you: read, write")
    if info.may_read:
        return _("you: read")
    return _("you: write") if info.may_write else _("you: see that it exists")


def _actions(actor: Actor, words: str, limit: int) -> Iterable[Found]:
    lines = (
        (_("New personal secret"), "plus", "secrets:new"),
        *_new_shared(actor),
        (_("Import secrets"), "clipboard", "secrets:imports"),
        (_("Export secrets"), "download", "secrets:export"),
        (_("Who read my secrets"), "eye", "secrets:reads"),
        (_("One-time links"), "link", "secrets:links"),
        (_("Ask a colleague to share"), "users", "secrets:ask"),
    )
    every = (Found(label, "", icon, reverse(view)) for label, icon, view in lines)
    return [*palette.matching(words, every), *_do_with(actor, words)][:limit]


def _new_shared(actor: Actor) -> Iterable[tuple[str, str, str]]:
    if access.holds(actor, SecretPermission.ADD):
        yield _("New shared secret"), "plus", "secrets:new_shared"


def _do_with(actor: Actor, words: str) -> Iterable[Found]:
    """What can be done with the secret that ``words`` find, and making one of that name."""
    found = selectors.find_secrets(actor, keywords=words, limit=1)
    for info in found.items:
        name, place = info.name, [info.id]
        if info.may_write:
            label = _("Write a new version of %(name)s") % {"name": name}
            yield Found(label, "", "edit", reverse("secrets:edit", args=place))
        if sharing.may_share(actor, info):
            label = _("Share %(name)s") % {"name": name}
            yield Found(label, "", "share", reverse("secrets:share", args=place))
        label = _("Use %(name)s from a program") % {"name": name}
        yield Found(label, "", "terminal-2", reverse("secrets:secret", args=place) + "?tab=use")
        yield palette.audit_of(name, "secret", info.id)
        yield from _offer(actor, words)


def _offer(_actor: Actor, words: str) -> Iterable[Found]:
    """Making a secret of that name, if it can be one."""
    if not names.fault_of(words):
        label = _("New secret “%(name)s”") % {"name": words}
        yield Found(label, "", "plus", reverse("secrets:new") + "?" + urlencode({"name": words}))


def _ending(actor: Actor) -> Iterable[Need]:
    """What ends soon or has ended: one's own, and shared ones for who manages them."""
    now = datetime.now(UTC)
    match = Match(expires_before=now + SOON)
    rows = queries.page(actor, match, limit=50, rights=queries.ALL_RIGHTS)
    mine = [info for info in rows if info.may_own or (info.owner_id is None and info.may_delete)]
    for info in mine[:MOST_NEEDS]:
        text = _("%(name)s has expired") if info.is_expired else _("%(name)s expires soon")
        yield Need(
            "bad" if info.is_expired else "warn",
            text % {"name": info.name},
            reverse("secrets:settings", args=[info.id]),
            gettext_lazy("Renew"),
            info.expires_at if info.is_expired else None,
        )


def _overdue(actor: Actor) -> Iterable[Need]:
    """Check-outs of the actor whose time is nearly over, or over."""
    now = datetime.now(UTC)
    soon = now + timedelta(hours=1)
    for row in checkouts.list_ending(actor, soon, limit=MOST_NEEDS):
        yield Need(
            "warn",
            _("Your check-out of %(name)s ends") % {"name": row.secret.name},
            reverse("secrets:secret", args=[row.secret_id]),
            gettext_lazy("Return"),
            row.ends_at if row.ends_at and row.ends_at <= now else None,
        )


def _total(actor: Actor) -> Total:
    found = course.of(actor, datetime.now(UTC))
    detail = _("that you may know of")
    if found.new:
        new = number_format(found.new, force_grouping=True)
        detail = _("that you may know of, %(n)s of them new in 30 days") % {"n": new}
    return Total(
        _("Secrets"),
        number_format(found.total, force_grouping=True),
        detail,
        reverse("secrets:shared"),
        found.points if found.total else (),
    )


navigation.register(
    Entry(Group.SECRETS, 0, gettext_lazy("Personal"), "lock", "secrets:personal"),
    Entry(Group.SECRETS, 1, gettext_lazy("Shared"), "key", "secrets:shared"),
    Entry(Group.SECRETS, 2, gettext_lazy("Shared with me"), "users", "secrets:people"),
    Entry(Group.SECRETS, 3, gettext_lazy("One-time links"), "link", "secrets:links"),
)
panels.register(panels.Panel(10, "secrets_app/panel.html", _my_secrets))
panels.register(panels.Panel(11, "secrets_app/panel_reads.html", _read_by_others))
mine.register(Line(20, gettext_lazy("Who read my secrets"), "eye", "secrets:reads"))
palette.register(
    palette.Source(gettext_lazy("Secrets"), 10, _find),
    palette.Source(gettext_lazy("Do with secrets"), 500, _actions),
)
palette.register_offer(_offer)
totals.register(totals.Source(20, _total))
attention.register(attention.Source(20, _ending))
attention.register(attention.Source(21, _overdue))
