"""What is set for one secret: name and folder, type, end, its past, what looks at it need."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from secrets_app import refusals
from secrets_app.permissions import SecretPermission
from secrets_app.records import Condition, Ref, SecretInfo
from secrets_app.services import fieldwise
from secrets_app.services.settings import Settings, change_settings, may_manage
from secrets_app.ui.forms_bulk import SettingsForm
from secrets_app.ui.views.secret import crumbs_to
from vaultportal.errors import Conflict, Forbidden, Invalid, Stale
from vaultportal.ui import meanwhile
from vaultportal.ui.diff import Diff
from vaultportal.ui.views.base import PortalView


class SettingsView(PortalView):
    """GET, POST /secrets/{id}/settings/"""

    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        info = self._managed(secret_id)
        return self._page(info, _stored(info), info.etag)

    def post(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        info = self._managed(secret_id)
        form = SettingsForm(request.POST)
        etag = request.POST.get("etag", "")
        if form.is_valid():
            given = form.cleaned_data
            wanted = Settings(
                name=given["name"],
                type="" if given["kind"] in ("", "json") else given["kind"],
                expires_at=given["expires_at"],
                keep_versions=given["keep_versions"],
                keep_days=given["keep_days"],
                needs_ticket=given["needs_ticket"],
            )
            condition = Condition(match=frozenset([etag]))
            try:
                change_settings(self.actor, Ref(id=secret_id), wanted, condition=condition)
            except Stale:
                info = self._managed(secret_id)
                diff = meanwhile.differences(_stored(info), form)
                return self._page(info, form, info.etag, status=409, diff=diff)
            except Conflict:
                form.add_error("name", _("Another secret has that name."))
            except Forbidden:
                form.add_error("kind", _("Only who may read the secret may give it this type."))
            except Invalid as refusal:
                field = "kind" if refusal.message.startswith("The data") else None
                form.add_error(field, _("The data of the secret does not fit this."))
            else:
                messages.success(request, _("Saved."))
                return redirect("secrets:secret", secret_id)
        return self._page(info, form, etag, status=422)

    def _managed(self, secret_id: UUID) -> SecretInfo:
        info = fieldwise.outline(self.actor, Ref(id=secret_id)).info
        if not may_manage(self.actor, info):
            right = SecretPermission.CHANGE if info.owner_id is None else SecretPermission.OWN
            raise refusals.lacking(right, secret_id)
        return info

    def _page(
        self,
        info: SecretInfo,
        form: SettingsForm,
        etag: str,
        *,
        status: int = 200,
        diff: Diff | None = None,
    ) -> HttpResponse:
        context = {
            "info": info,
            "form": form,
            "etag": etag,
            "diff": diff,
            "crumbs": crumbs_to(self.actor, info, _("Settings")),
        }
        return self.render(
            "secrets_app/settings.html", "secrets_app/settings.html", context, status
        )


def _stored(info: SecretInfo) -> SettingsForm:
    """The form as it stands."""
    initial = {
        "name": info.name,
        "kind": info.type or "json",
        "expires_at": info.expires_at,
        "keep_versions": info.keep_versions,
        "keep_days": info.keep_days,
        "needs_ticket": info.needs_ticket,
    }
    return SettingsForm(initial=initial)
