"""A second factor that is demanded: how it stands in the settings, and the last one that stays."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect

from vaultportal.directory import second_factor
from vaultportal.directory.permissions import UserPermission
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.ui import settings_parts
from vaultportal.ui.second_factor import LAST_STAYS


class RemovePasskeyView(RemoveWebAuthnView):  # type: ignore[misc]  # without types of its own
    """GET asks, POST removes: /accounts/2fa/webauthn/keys/{pk}/remove/. allauth would any."""

    def form_valid(self, form: Form) -> HttpResponse:
        user = self.request.user
        if isinstance(user, User) and second_factor.is_kept(user):
            messages.error(self.request, LAST_STAYS)
            return redirect("mfa_list_webauthn")
        answer: HttpResponse = super().form_valid(form)
        return answer


def _factors(actor: Actor) -> dict[str, Any]:
    return {
        "factors": second_factor.state(actor),
        "sees_people": access.holds(actor, UserPermission.VIEW),
    }


settings_parts.register(
    settings_parts.SettingsPart("sign-in", "settings/_second_factor.html", _factors)
)
