"""One secret: its fields masked, who may read and write, the last reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from secrets_app.records import Ref, RoleHandle, SecretInfo
from secrets_app.services import fieldwise
from secrets_app.services.fieldwise import Outline
from vaultportal.identity.actor import Actor
from vaultportal.ui import activity
from vaultportal.ui.fields import FieldRow
from vaultportal.ui.names import names_of
from vaultportal.ui.views.base import PortalView

LAST_READS = 5
ACTIVITY = 50


class SecretView(PortalView):
    """GET /secrets/{id}/?tab=activity"""

    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        found = fieldwise.outline(self.actor, Ref(id=secret_id))
        tab = "activity" if request.GET.get("tab") == "activity" and found.info.may_own else "value"
        context = page_context(self.actor, found) | {"tab": tab}
        if tab == "activity":
            context["happenings"] = activity.of_target(self.actor, str(secret_id), ACTIVITY)
        return self.render("secrets_app/secret.html", "secrets_app/secret.html", context)


def rows_of(found: Outline) -> list[FieldRow]:
    """The fields, masked; the key is the position."""
    return [FieldRow(str(position), name) for position, name in enumerate(found.names)]


def page_context(actor: Actor, found: Outline, opened: FieldRow | None = None) -> dict[str, Any]:
    """All that secret.html shows; ``opened`` takes the place of its masked row."""
    info = found.info
    return {
        "info": info,
        "tab": "value",
        "rows": [
            opened if opened is not None and opened.key == row.key else row
            for row in rows_of(found)
        ],
        "page_url": reverse("secrets:secret", args=[info.id]),
        "reveal_url": reverse("secrets:reveal", args=[info.id]),
        "grid": grid(info),
        "owner": "".join(names_of(actor, [info.owner_id]).values()),
        "last_reads": last_reads(actor, info),
        "crumbs": crumbs(actor, info),
    }


def last_reads(actor: Actor, info: SecretInfo) -> list[activity.Happening]:
    """Who read it of late, for its owner."""
    if not info.may_own:
        return []
    return activity.of_target(actor, str(info.id), LAST_READS, action="secret.read")


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role in the grid of rights."""

    role: RoleHandle
    reads: bool
    writes: bool


def grid(info: SecretInfo) -> Sequence[RoleRow]:
    """The roles that the secret is shared with, readers first."""
    readers, writers = info.read_roles, info.write_roles
    reading, writing = {role.id for role in readers}, {role.id for role in writers}
    every = {role.id: role for role in [*readers, *writers]}
    return [RoleRow(role, role.id in reading, role.id in writing) for role in every.values()]


def crumbs(actor: Actor, info: SecretInfo) -> list[tuple[str, str]]:
    """From the list that the secret is found in to its name."""
    if info.owner_id == actor.user_id:
        return [(_("Personal secrets"), "/secrets/personal/"), (info.name, "")]
    return [(_("Shared with me"), "/secrets/people/"), (info.name, "")]
