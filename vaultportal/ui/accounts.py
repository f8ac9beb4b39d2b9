"""How the portal uses django-allauth: no sign-up, sealed factors, and every sign-in on record."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.forms import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from vaultportal.crypto import blobs
from vaultportal.directory import provider_only
from vaultportal.directory import second_factor as demanded
from vaultportal.directory.provider_only import Way
from vaultportal.errors import StepUpRequired
from vaultportal.identity import origin, proof
from vaultportal.identity.models import User
from vaultportal.ui import lockout, names, second_factor

FACTOR = "mfa"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # without types of its own
    """People are made by administrators; who guesses is slowed in the database, not in a cache."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("The name or the password is not right."),
        "email_password_mismatch": _("The name or the password is not right."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return origin.client_address(request)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("ui:home")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_login")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """A sentence with the time left for who was wrong too often; the password is not tried."""
        sentence = lockout.sentence(request, credentials)
        if sentence:
            request.axes_locked_out = True  # type: ignore[attr-defined]  # the middleware answers 429
            raise ValidationError(sentence, code="too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        self.pre_authenticate(request, **credentials)
        user = authenticate(request, **_one_name(credentials))
        if user is None:
            # The attempt just made may have been one too many.
            self.pre_authenticate(request, **credentials)
        return user

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Only when the last proof is old: who has just signed in is not asked again."""
        if proof.is_recent(context.request):
            return False
        if not self.get_reauthentication_methods(context.request.user):
            raise StepUpRequired  # allauth lets pass who has neither password nor factor
        return True

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, str]]:
        """No password of who has a second factor: it proves less than signing in asks for.

        Nor of who signs in with it no more.
        """
        methods: list[dict[str, str]] = super().get_reauthentication_methods(user)
        if not isinstance(user, User):
            return methods
        if not second_factor.is_enrolled(user) and provider_only.way(user) is not Way.CLOSED:
            return methods
        return [each for each in methods if each["id"] != "reauthenticate"]

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Signing in and out show themselves; their toasts would only be in the way."""
        template = args[2] if len(args) > 2 else kwargs.get("message_template", "")
        if template not in ("account/messages/logged_in.txt", "account/messages/logged_out.txt"):
            super().add_message(*args, **kwargs)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """None: the portal has a notice of its own, sent by a worker (``factor_changes``)."""


def _one_name(credentials: dict[str, Any]) -> dict[str, Any]:
    """What was typed as a user name if somebody has it, else as an e-mail address.

    allauth hands over both; the backend takes one, so that it hashes one password.
    """
    username = credentials.get("username")
    if not credentials.get("email") or not username:
        return credentials
    other = "email" if names.is_user_name(username) else "username"
    return {name: value for name, value in credentials.items() if name != other}


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # see above
    """Seeds are sealed with the portal's own keys; they last, so there is no time limit."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": second_factor.LAST_STAYS,
    }

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return not demanded.is_kept(authenticator.user)

    def encrypt(self, text: str) -> str:
        return base64.b64encode(blobs.seal_blob(FACTOR, text.encode())).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return blobs.open_blob(FACTOR, base64.b64decode(encrypted_text), ttl=None).decode()

    def get_totp_issuer(self) -> str:
        return "Vault Portal"

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def build_totp_svg(self, url: str) -> str:
        """Black on white in both themes: cameras want it so."""
        svg: str = super().build_totp_svg(url)
        return svg.replace("<path", '<rect width="100%" height="100%" fill="#fff"/><path', 1)
