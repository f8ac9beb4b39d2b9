"""New generations of keys: asked for here, made by a job that says how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vaultportal.crypto.models import DataKey, KeyJob
from vaultportal.directory import diagnostics
from vaultportal.directory.permissions import DataKeyPermission
from vaultportal.directory.services import key_jobs
from vaultportal.errors import Conflict, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui import running, settings_parts
from vaultportal.ui.live import live_attrs, pause
from vaultportal.ui.views.base import PortalView
from vaultportal.ui.views.confirm import Confirmation, ConfirmView

TONES = {
    KeyJob.State.RUNNING: "run",
    KeyJob.State.DONE: "ok",
    KeyJob.State.BROKEN: "warn",
    KeyJob.State.FAILED: "bad",
}


def rotations(actor: Actor) -> dict[str, Any]:
    """What the part about rotations takes; nothing for who may not see keys."""
    if not access.holds(actor, DataKeyPermission.VIEW):
        return {}
    rows = key_jobs.list_jobs(actor)
    begun = [row.created_at for row in rows if row.state == KeyJob.State.RUNNING]
    return {
        "rotations": [(row, TONES[KeyJob.State(row.state)]) for row in rows],
        "rotating": bool(begun),
        "may_rotate": access.holds(actor, DataKeyPermission.CHANGE),
        "live": live_attrs(reverse("ui:settings_rotations"), pause(*begun)) if begun else "",
    }


def _keys(actor: Actor) -> dict[str, Any]:
    return {"keys": diagnostics.keys(actor), **rotations(actor)}


settings_parts.register(settings_parts.SettingsPart("keys", "settings/_keys.html", _keys))


def _running_lines(actor: Actor) -> Iterator[running.Line]:
    for row in key_jobs.under_way(actor)[: running.FEW]:
        done = ngettext("%(n)d renewed", "%(n)d renewed", row.done) % {"n": row.done}
        yield running.Line(row.get_kind_display(), keys_url(), done)


running.register(
    running.Source(
        lambda actor: key_jobs.under_way(actor).count(), "ui:settings", _running_lines, "?tab=keys"
    )
)


def keys_url() -> str:
    """The tab of the settings."""
    return f"{reverse('ui:settings')}?tab=keys"


class RotationsView(PortalView):
    """GET /settings/keys/: the part of the tab that asks for itself."""

    def get(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, DataKeyPermission.VIEW, DataKey)
        if not self.is_partial:
            return redirect(keys_url())
        part = "settings/_rotations_live.html"
        return self.render(part, part, rotations(self.actor))


class RotateKeysView(ConfirmView):
    """GET asks, POST has new keys made: /settings/keys/rotate/{root|data}/."""

    def confirmation(self) -> Confirmation:
        access.require(self.actor, DataKeyPermission.CHANGE, DataKey)
        asked = {
            "root": Confirmation(
                title=_("Make a new root key"),
                text=_("It wraps every data key from then on; everything stays readable."),
                button=_("Rotate now"),
                back_url=keys_url(),
                consequences=(
                    _("The file of root keys gets one more: back it up anew, apart from the data."),
                    _("Older root keys are kept: older backups of the database need them."),
                ),
            ),
            "data": Confirmation(
                title=_("Make new data keys"),
                text=_("They seal from then on; what older ones wrap is renewed by a job."),
                button=_("Rotate now"),
                back_url=keys_url(),
            ),
        }.get(self.kwargs["kind"])
        if asked is None:
            raise NotFound("page")
        return asked

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.require_recent_proof()
        return super().post(request, **kwargs)

    def carry_out(self) -> None:
        try:
            key_jobs.rotate(self.actor, self.kwargs["kind"])
        except Conflict:
            messages.info(self.request, _("Keys are being rotated already."))

    def done_url(self) -> str:
        return keys_url()
