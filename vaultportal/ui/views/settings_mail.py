"""Mail: what the deployment has set, how it goes, and a test to oneself."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from vaultportal.directory.mailing import Failed
from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import SettingPermission
from vaultportal.directory.services import mail
from vaultportal.errors import Conflict
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui import settings_parts
from vaultportal.ui.views.base import PortalView


def _mail(actor: Actor) -> dict[str, Any]:
    return {"mail": mail.state(actor)}


settings_parts.register(settings_parts.SettingsPart("mail", "settings/_mail.html", _mail))


class MailTestView(PortalView):
    """POST /settings/mail/test/: a mail to whoever asks; the page says what the server said."""

    def post(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, SettingPermission.CHANGE, Setting)
        self.require_recent_proof()
        try:
            failed = mail.send_test(self.actor)
        except Conflict as refusal:
            messages.error(request, _refused(refusal))
        else:
            if failed is None:
                messages.success(request, _("The mail server has taken the test mail to you."))
            else:
                messages.error(request, _failed(failed))
        return redirect(f"{reverse('ui:settings')}?tab=mail")


def _refused(refusal: Conflict) -> str:
    if refusal.reason == "no_address":
        return _("Your account has no e-mail address, so nothing can be sent to you.")
    return _("Mail is off: no mail server is set.")


def _failed(failed: Failed) -> str:
    said = _("It answered: %(said)s") % {"said": failed.said} if failed.said else ""
    return f"{failed.why.label} {said}".strip()
