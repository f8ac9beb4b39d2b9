"""Codes of a second factor: guessing is slowed by rows, and the form says what it wants."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from vaultportal.directory import throttle
from vaultportal.directory.throttle import Guess
from vaultportal.errors import TooMany
from vaultportal.identity import origin
from vaultportal.ui import words

LAST_STAYS = _("You are asked for a second factor, and this is your last. Add another one first.")


def is_enrolled(user: AbstractBaseUser) -> bool:
    """Whether the person has a second factor; recovery codes alone are none."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=kinds).exists())


def has_passkey(user: AbstractBaseUser) -> bool:
    """Whether a passkey or a security key of the person can answer instead of a code."""
    kind = Authenticator.Type.WEBAUTHN
    return bool(Authenticator.objects.filter(user_id=user.pk, type=kind).exists())


class _Slowed(forms.BaseAuthenticateForm):  # type: ignore[misc]  # without types of its own
    """Ten wrong codes in a quarter of an hour, then a pause; the same counters as for passwords."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = _("Code")
        code.help_text = _("Six digits of your authenticator app, or a recovery code.")
        code.widget.attrs.update({"class": "form-control vp-code-input", "autofocus": True})

    def clean_code(self) -> str:
        address = origin.client_address(context.request)
        guess = Guess("factor", str(self.user.pk), address)
        try:
            throttle.check(guess)
        except TooMany as busy:
            said = _("Too many wrong codes.")
            raise ValidationError(f"{said} {words.wait_sentence(busy.retry_after)}") from None
        try:
            code: str = super().clean_code()
        except ValidationError:
            throttle.count(guess)
            raise
        throttle.forget(guess)
        return code


class AuthenticateForm(_Slowed, forms.AuthenticateForm):  # type: ignore[misc]  # see above
    """After the password."""


class ReauthenticateForm(_Slowed, forms.ReauthenticateForm):  # type: ignore[misc]  # see above
    """Proving it once more."""
