"""One older version: its fields masked, going back to it, erasing it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from secrets_app import refusals
from secrets_app.permissions import SecretPermission
from secrets_app.records import Ref
from secrets_app.services import fieldwise, versions
from secrets_app.ui.views.secret import crumbs_to, version_context
from vaultportal.ui.views.base import PortalView
from vaultportal.ui.views.confirm import Confirmation, ConfirmView


class VersionView(PortalView):
    """GET /secrets/{id}/versions/{number}/"""

    def get(self, request: HttpRequest, secret_id: UUID, number: int) -> HttpResponse:
        found = fieldwise.outline(self.actor, Ref(id=secret_id), number)
        version = versions.describe(found.info, number)
        context = version_context(self.actor, found, number) | {"version": version}
        return self.render("secrets_app/version.html", "secrets_app/version.html", context)


class _OneVersion(ConfirmView):
    """Asks before one version is restored or destroyed."""

    @property
    def ref(self) -> Ref:
        return Ref(id=self.kwargs["secret_id"])

    @property
    def number(self) -> int:
        return int(self.kwargs["number"])

    def done_url(self) -> str:
        return reverse("secrets:secret", args=[self.ref.id]) + "?tab=versions"

    def asked(self, title: str, text: str, button: str) -> Confirmation:
        """The question, for who may write the secret."""
        info = fieldwise.outline(self.actor, self.ref).info
        if not info.may_write:
            raise refusals.lacking(SecretPermission.WRITE, info.id)
        return Confirmation(
            title, text, button, self.done_url(), crumbs=tuple(crumbs_to(self.actor, info, title))
        )


class RestoreView(_OneVersion):
    """GET asks, POST /secrets/{id}/versions/{number}/restore/ writes it anew."""

    def confirmation(self) -> Confirmation:
        title = _("Restore version %(number)s") % {"number": self.number}
        text = _("What it holds becomes the newest version. Nothing is lost, and nobody sees it.")
        return self.asked(title, text, _("Restore"))

    def carry_out(self) -> None:
        made = versions.restore_version(self.actor, self.ref, self.number)
        messages.success(
            self.request,
            _("Version %(old)s is now version %(new)s.")
            % {"old": self.number, "new": made.version},
        )


class DestroyView(_OneVersion):
    """GET asks, POST /secrets/{id}/versions/{number}/destroy/ erases its data for good."""

    def confirmation(self) -> Confirmation:
        title = _("Destroy version %(number)s") % {"number": self.number}
        text = _("Its data is erased for good. That it was there stays on record.")
        return self.asked(title, text, _("Destroy"))

    def carry_out(self) -> None:
        versions.destroy_version(self.actor, self.ref, self.number)
        messages.success(self.request, _("The data of this version is erased."))
