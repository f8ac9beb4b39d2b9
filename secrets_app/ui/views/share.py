"""Who may read and write: a role a row, a right a column."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from secrets_app.records import Ref, RoleHandle
from secrets_app.services import fieldwise, secrets
from secrets_app.services.sharing import RoleChange
from secrets_app.ui.views.secret import crumbs, grid
from vaultportal.directory import selectors as directory
from vaultportal.errors import Forbidden
from vaultportal.ui.views.base import PortalView


class ShareView(PortalView):
    """GET, POST /secrets/{id}/share/: ``read`` and ``write`` hold roles, ``add`` a new one."""

    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        info = fieldwise.outline(self.actor, Ref(id=secret_id)).info
        if not info.may_own:
            raise Forbidden("secret")
        shared = {row.role.id for row in grid(info)}
        *above, (name, _here) = crumbs(self.actor, info)
        context = {
            "info": info,
            "grid": grid(info),
            "roles": [r for r in directory.list_roles(self.actor) if r.uuid not in shared],
            "crumbs": [*above, (name, f"/secrets/{info.id}/"), (_("Share"), "")],
        }
        return self.render("secrets_app/share.html", "secrets_app/share.html", context)

    def post(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        info = fieldwise.outline(self.actor, Ref(id=secret_id)).info
        added = _ids(request.POST.getlist("add"))
        wanted = {right: _ids(request.POST.getlist(right)) for right in ("read", "write")}
        if request.POST.get("add_read"):
            wanted["read"] += added
        if request.POST.get("add_write"):
            wanted["write"] += added
        secrets.replace_secret(
            self.actor,
            Ref(id=secret_id),
            read_roles=RoleChange(_in_order(info.read_roles, wanted["read"])),
            write_roles=RoleChange(_in_order(info.write_roles, wanted["write"])),
        )
        messages.success(request, _("Access saved."))
        return redirect("secrets:secret", secret_id)


def _in_order(present: Iterable[RoleHandle], wanted: list[UUID]) -> list[UUID]:
    """The wanted ids: those there are already in their order, then the new ones."""
    kept = [role.id for role in present if role.id in wanted]
    return list(dict.fromkeys([*kept, *wanted]))


def _ids(given: list[str]) -> list[UUID]:
    found = []
    for text in given:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
