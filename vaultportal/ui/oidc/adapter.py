"""Where django-allauth asks what to do with the answer of a provider."""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from requests import Session
from requests.adapters import HTTPAdapter

from vaultportal.outbound.trust import new_context
from vaultportal.ui.oidc import arrival, departure, trial

KIND = "openid_connect"
FIELDS = ("provider_id", "name", "client_id", "secret", "settings")


class _Trusting(HTTPAdapter):
    """https by the authorities that the rest of the portal trusts."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=new_context())

    def cert_verify(self, *given: Any) -> None:
        """Nothing: requests would load its own authorities into the context."""


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # without types of its own
    """Providers of the environment alone, and every decision our own."""

    def list_apps(
        self, request: HttpRequest | None, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Those with the name ``provider``; all of them without one. No table is asked."""
        return [
            SocialApp(provider=KIND, **{name: each[name] for name in FIELDS})
            for each in settings.PORTAL_OIDC
            if provider in (None, each["provider_id"])
        ]

    def get_requests_session(self) -> Session:
        """Five seconds for an answer, and no way round by a redirect or the environment."""
        session: Session = super().get_requests_session()
        session.trust_env = False
        session.max_redirects = 0
        session.mount("https://", _Trusting())
        return session

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> AbstractBaseUser:
        """Nothing: who has no account gets one of a service, or none."""
        user: AbstractBaseUser = sociallogin.user
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """The provider has said who it is. Nothing of django-allauth comes after this."""
        raise ImmediateHttpResponse(arrival.answer(request, sociallogin))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """A forged or old state, a refusal of the provider, a token that is not right."""
        slug = provider.app.provider_id
        state = (extra_context or {}).get("state") or {}
        asked = state.get("data") or {}
        if asked.get("purpose") == departure.TEST:
            why = trial.CANCELLED if error == AuthError.CANCELLED else trial.part_of(exception)
            raise ImmediateHttpResponse(trial.failed(request, slug, asked, why, exception))
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(arrival.turn_away(request, slug, arrival.CANCELLED))
        raise ImmediateHttpResponse(arrival.failed(request, slug, arrival.FAILED, exception))
