"""The forms of passkeys with words of ours, and asking for one within a page."""

from __future__ import annotations

import json
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms
from allauth.mfa.webauthn.internal import auth
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from vaultportal.directory import provider_only
from vaultportal.directory.provider_only import Way
from vaultportal.identity.models import User
from vaultportal.ui import second_factor

FIELD = "credential"

SignInForm = forms.AuthenticateWebAuthnForm
ProofForm = forms.ReauthenticateWebAuthnForm


class LoginForm(forms.LoginWebAuthnForm):  # type: ignore[misc]  # without types of its own
    """A passkey instead of name and password."""

    def clean_credential(self) -> Authenticator:
        """Refused as a password would be; whoever holds the key may know why."""
        found: Authenticator = super().clean_credential()
        if provider_only.way(found.user) is Way.CLOSED:
            raise ValidationError(_("Passkeys do not open this account. Sign in at the provider."))
        return found


class AddPasskeyForm(forms.AddWebAuthnForm):  # type: ignore[misc]  # see above
    """Name of a new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")


class RenamePasskeyForm(forms.EditWebAuthnForm):  # type: ignore[misc]  # see above
    """Another name for one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")


def is_given(request: HttpRequest) -> bool:
    """Whether the form was answered with a passkey."""
    return bool(request.POST.get(FIELD))


def options_for(user: User) -> str:
    """What a browser needs to ask for one of the person's passkeys, as JSON; "" without one.

    The challenge waits in the session for the answer.
    """
    if not second_factor.has_passkey(user):
        return ""
    return json.dumps(auth.begin_authentication(user)["publicKey"], cls=DjangoJSONEncoder)
