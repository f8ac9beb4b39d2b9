"""Where the audit trail is sent to: the tab's table, and a page for each target."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import SettingPermission
from vaultportal.errors import Conflict, Invalid
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.shipping import selectors
from vaultportal.shipping.selectors import Standing
from vaultportal.shipping.services import targets
from vaultportal.ui import settings_parts, shipping_words, undo
from vaultportal.ui.shipping_forms import TargetForm
from vaultportal.ui.views.base import PortalView
from vaultportal.ui.views.confirm import Confirmation, ConfirmView


def tab_url() -> str:
    """The tab of the settings."""
    return f"{reverse('ui:settings')}?tab=log-shipping"


def _part(actor: Actor) -> dict[str, Any]:
    return {
        "targets": [_row(standing) for standing in selectors.list_targets(actor)],
        "may_ship": access.holds(actor, SettingPermission.CHANGE),
    }


def _row(standing: Standing) -> dict[str, Any]:
    tone, words = shipping_words.state(standing)
    target = standing.target
    return {
        "target": target,
        "behind": standing.behind,
        "tone": tone,
        "words": words,
        "error": shipping_words.reason(target.error),
    }


settings_parts.register(
    settings_parts.SettingsPart("log-shipping", "settings/_log_targets.html", _part)
)


class _TargetPage(PortalView):
    """What the pages of a target have in common."""

    def _page(
        self, form: TargetForm | None, row: dict[str, Any] | None, status: int = 200
    ) -> HttpResponse:
        name = row["target"].name if row else _("New target")
        context = {
            "form": form,
            "row": row,
            "name": name,
            "back_url": tab_url(),
            "crumbs": [
                (_("Settings"), reverse("ui:settings")),
                (_("Log shipping"), tab_url()),
                (name, ""),
            ],
        }
        template = "settings/log_target.html"
        return self.render(template, template, context, status)


class NewLogTargetView(_TargetPage):
    """GET, POST /settings/log-shipping/new/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, SettingPermission.CHANGE, Setting)
        return self._page(TargetForm(is_new=True), None)

    def post(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, SettingPermission.CHANGE, Setting)
        self.require_recent_proof()
        form = TargetForm(request.POST, is_new=True)
        if not form.is_valid():
            return self._page(form, None, 422)
        try:
            made = targets.create_target(
                self.actor, form.given(), from_start=form.cleaned_data["from_start"]
            )
        except (Invalid, Conflict) as refusal:
            form.put(refusal)
            return self._page(form, None, 422)
        messages.success(request, _("The target is made. Send it a test line."))
        return redirect("ui:log_target", made.pk)


class LogTargetView(_TargetPage):
    """GET, POST /settings/log-shipping/{id}/; ``do``: test, on, off, or a change of the form."""

    def get(self, request: HttpRequest, target_id: UUID) -> HttpResponse:
        standing = selectors.get_target(self.actor, target_id)
        form = None
        if access.holds(self.actor, SettingPermission.CHANGE):
            target = standing.target
            names = ("name", "kind", "address", "format", "ca")
            kept = {name: getattr(target, name) for name in names}
            form = TargetForm(initial=kept, is_new=False, stored=self._has_credential(target_id))
        return self._page(form, _row(standing))

    def post(self, request: HttpRequest, target_id: UUID) -> HttpResponse:
        access.require(self.actor, SettingPermission.CHANGE, Setting)
        self.require_recent_proof()
        do = request.POST.get("do", "")
        if do == "test":
            result = targets.send_test(self.actor, target_id)
            say = messages.error if result.code else messages.success
            say(request, shipping_words.tried(result))
        elif do in ("on", "off"):
            targets.switch_target(self.actor, target_id, on=do == "on")
            on, off = _("Sending to it again."), _("It waits until it is switched on again.")
            back = {"do": "off" if do == "on" else "on"}
            undo.tell(request, on if do == "on" else off, request.path, back)
        else:
            return self._change(request, target_id)
        return redirect("ui:log_target", target_id)

    def _change(self, request: HttpRequest, target_id: UUID) -> HttpResponse:
        standing = selectors.get_target(self.actor, target_id)
        form = TargetForm(request.POST, is_new=False, stored=self._has_credential(target_id))
        if not form.is_valid():
            return self._page(form, _row(standing), 422)
        try:
            changed = targets.change_target(self.actor, target_id, form.given())
        except (Invalid, Conflict) as refusal:
            form.put(refusal)
            return self._page(form, _row(standing), 422)
        messages.success(request, _("Target saved.") if changed else _("Nothing changed."))
        return redirect("ui:log_target", target_id)

    def _has_credential(self, target_id: UUID) -> bool:
        return selectors.has_credential(self.actor, target_id)


class DeleteLogTargetView(ConfirmView):
    """GET asks, POST deletes: /settings/log-shipping/{id}/delete/"""

    def confirmation(self) -> Confirmation:
        access.require(self.actor, SettingPermission.CHANGE, Setting)
        target = selectors.get_target(self.actor, self.kwargs["target_id"]).target
        return Confirmation(
            title=_("Delete the target %(name)s") % {"name": target.name},
            text=_("Nothing is sent to it any more. What it has got already stays there."),
            button=_("Delete the target"),
            back_url=reverse("ui:log_target", args=(target.pk,)),
            consequences=(_("Its token and how far it was sent to are forgotten."),),
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.require_recent_proof()
        return super().post(request, **kwargs)

    def carry_out(self) -> None:
        targets.delete_target(self.actor, self.kwargs["target_id"])
        messages.success(self.request, _("Target deleted."))

    def done_url(self) -> str:
        return tab_url()
