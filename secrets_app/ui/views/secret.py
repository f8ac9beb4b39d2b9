"""One secret: its fields masked, who may read and write, its versions, activity and use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from secrets_app import readers, types
from secrets_app.records import Ref, SecretInfo
from secrets_app.services import checkouts, fieldwise, settings, sharing
from secrets_app.services.fieldwise import Outline
from secrets_app.ui import past
from secrets_app.ui.custody import custody_of
from secrets_app.ui.grid import grid_of
from secrets_app.ui.listing import folder_crumbs
from secrets_app.ui.snippets import snippets_of
from vaultportal.directory import options
from vaultportal.identity.actor import Actor
from vaultportal.ui import activity, reasons
from vaultportal.ui.fields import FieldRow
from vaultportal.ui.names import names_of
from vaultportal.ui.tabs import Tab
from vaultportal.ui.views.base import PortalView

LAST_READS = 5
ACTIVITY = 50
VALUE, VERSIONS, ACTIVITIES, USE = "value", "versions", "activity", "use"


class SecretView(PortalView):
    """GET /secrets/{id}/?tab=versions|activity|use"""

    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        found = fieldwise.outline(self.actor, Ref(id=secret_id))
        info = found.info
        tab = request.GET.get("tab", VALUE)
        context: dict[str, Any]
        if tab == VERSIONS:
            context = {"points": past.points_of(self.actor, info)}
        elif tab == ACTIVITIES and readers.is_responsible(self.actor, info):
            happenings = activity.of_target(self.actor, str(secret_id), ACTIVITY)
            context = {"happenings": happenings}
        elif tab == USE:
            base = f"{request.scheme}://{request.get_host()}"
            context = {"snippets": snippets_of(base, info, found.names)}
        else:
            return self._show(page_context(self.actor, found))
        return self._show(head_context(self.actor, info, tab) | context)

    def _show(self, context: dict[str, Any]) -> HttpResponse:
        return self.render("secrets_app/secret.html", "secrets_app/secret.html", context)


def rows_of(found: Outline) -> list[FieldRow]:
    """The fields, masked; the key is the position."""
    kind = types.find(found.info.type) if found.info.type else None
    sensitive = set(kind.sensitive) if kind else set()
    return [
        FieldRow(str(position), name, str(_("Sensitive")) if name in sensitive else "")
        for position, name in enumerate(found.names)
    ]


def head_context(actor: Actor, info: SecretInfo, tab: str) -> dict[str, Any]:
    """What every tab shows above: name, tags, actions, tabs."""
    return {
        "info": info,
        "tab": tab,
        "tabs": _tabs(actor, info, tab),
        "owner": "".join(names_of(actor, [info.owner_id]).values()),
        "custody": custody_of(actor, info, checkouts.list_checkouts(actor, Ref(id=info.id)))
        if info.owner_id is None
        else None,
        "may_manage": settings.may_manage(actor, info),
        "may_share": sharing.may_share(actor, info),
        "may_link": info.may_read and info.may_write,
        "crumbs": crumbs(actor, info),
    }


def page_context(
    actor: Actor, found: Outline, opened: Mapping[str, FieldRow] | None = None
) -> dict[str, Any]:
    """All that the first tab shows; ``opened`` rows take the places of their masked ones."""
    info = found.info
    return head_context(actor, info, VALUE) | {
        "rows": _with(rows_of(found), opened),
        "reveal_all_url": reverse("secrets:reveal_all", args=[info.id]),
        "page_url": reverse("secrets:secret", args=[info.id]),
        "reveal_url": reverse("secrets:reveal", args=[info.id]),
        "kind": types.find(info.type),
        "asks_why": options.get(reasons.REQUIRED),
        "grid": grid_of(actor, info),
        "last_reads": last_reads(actor, info),
    }


def version_context(
    actor: Actor, found: Outline, number: int, opened: Mapping[str, FieldRow] | None = None
) -> dict[str, Any]:
    """The page of one older version."""
    info = found.info
    place = [info.id, number]
    return {
        "info": info,
        "number": number,
        "rows": _with(rows_of(found), opened),
        "page_url": reverse("secrets:version", args=place),
        "reveal_url": reverse("secrets:reveal_version", args=place),
        "is_current": number == info.version,
        "crumbs": crumbs_to(actor, info, _("Version %(number)s") % {"number": number}),
    }


def _with(rows: list[FieldRow], opened: Mapping[str, FieldRow] | None) -> list[FieldRow]:
    return [(opened or {}).get(row.key, row) for row in rows]


def last_reads(actor: Actor, info: SecretInfo) -> list[activity.Happening] | None:
    """Who read it of late, for those whose business it is; None for all others."""
    if not readers.is_responsible(actor, info):
        return None
    return activity.of_target(actor, str(info.id), LAST_READS, action="secret.read")


def _tabs(actor: Actor, info: SecretInfo, tab: str) -> list[Tab]:
    url = reverse("secrets:secret", args=[info.id])
    tabs = [
        Tab(_("Value and access"), url, current=tab == VALUE),
        Tab(_("Versions"), f"{url}?tab={VERSIONS}", current=tab == VERSIONS, count=info.version),
    ]
    if readers.is_responsible(actor, info):
        tabs.append(Tab(_("Activity"), f"{url}?tab={ACTIVITIES}", current=tab == ACTIVITIES))
    return [*tabs, Tab(_("Use it"), f"{url}?tab={USE}", current=tab == USE)]


def crumbs(actor: Actor, info: SecretInfo) -> list[tuple[str, str]]:
    """From the list that the secret is found in, folder by folder, to its name."""
    if info.owner_id is None:
        root = (_("Shared secrets"), reverse("secrets:shared"))
    elif info.owner_id == actor.user_id:
        root = (_("Personal secrets"), reverse("secrets:personal"))
    else:
        root = (_("Shared with me"), reverse("secrets:people"))
    return folder_crumbs(*root, info.name)


def crumbs_to(actor: Actor, info: SecretInfo, here: str) -> list[tuple[str, str]]:
    """The way to a page below the secret."""
    *above, (name, _here) = crumbs(actor, info)
    return [*above, (name, reverse("secrets:secret", args=[info.id])), (here, "")]
