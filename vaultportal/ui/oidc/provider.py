"""The provider of django-allauth, stricter: a nonce, verified tokens, and only what is needed."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from vaultportal.ui.oidc import tokens

# Any of them tells what to call the person.
NAMES = ("preferred_username", "email", "name")
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Exchange(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # without types of its own
    """From the code in an address to verified claims."""

    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the issuer says of itself; Untrusted when that is not the issuer we know."""
        known: dict[str, Any] | None = getattr(self, "_known", None)
        if known is not None:
            return known
        app_settings = self.get_provider().app.settings
        config = self._fetch(self.get_provider().server_url)
        if config.get("issuer") != app_settings["issuer"]:
            raise tokens.Untrusted("The issuer calls itself otherwise.")
        plain = app_settings["issuer"].startswith("http://")  # of this machine alone
        for name in ENDPOINTS:
            if not str(config.get(name, "")).startswith("https://") and not plain:
                raise tokens.Untrusted("The issuer has an endpoint that is not to be trusted.")
        self._known = config
        return config

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Below the portal's own address, whatever the request calls its host."""
        place = reverse("oidc_callback", kwargs={"provider": self.provider_id})
        return f"{settings.PUBLIC_BASE_URL}{place}"

    def get_access_token_data(
        self, request: HttpRequest, app: Any, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        self.nonce = tokens.nonce_of(pkce_code_verifier or "")
        data: dict[str, Any] = super().get_access_token_data(
            request, app, client, pkce_code_verifier=pkce_code_verifier
        )
        return data

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """The access token for one question; it is not stored, and no other is looked at."""
        return SocialToken(token=data["access_token"])

    def complete_login(
        self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        """The claims as a sign-in to be decided on; they stand at ``claims``."""
        claims = tokens.verified(
            kwargs["response"].get("id_token"),
            self._fetch(self.openid_config["jwks_uri"]),
            issuer=app.settings["issuer"],
            audience=app.client_id,
            nonce=self.nonce,
        )
        if not any(claims.get(name) for name in NAMES[:2]) and self._tells_more:
            said = self._fetch_user_info(token.token)
            if not isinstance(said, dict) or said.get("sub") != claims["sub"]:
                raise tokens.Untrusted("The issuer speaks of somebody else.")
            claims = {**said, **claims}
        login = self.get_provider().sociallogin_from_response(request, claims)
        login.claims = claims
        return login

    @property
    def _tells_more(self) -> bool:
        return bool(self.openid_config.get("userinfo_endpoint"))

    def _fetch(self, url: str) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            response = session.get(url)
            response.raise_for_status()
            said = response.json()
        if not isinstance(said, dict):
            raise tokens.Untrusted("The issuer's answer is no object.")
        return said


class Provider(OpenIDConnectProvider):  # type: ignore[misc]  # see above
    """Always with PKCE and a nonce. Of what the provider says a name is kept, and who it is."""

    oauth2_adapter_class = Exchange

    def get_pkce_params(self) -> dict[str, Any]:
        """Both go into the address; the verifier stays in the session."""
        params = generate_code_challenge()
        return {**params, "nonce": tokens.nonce_of(params["code_verifier"])}

    def extract_uid(self, data: tokens.Claims) -> str:
        return tokens.uid_of(data["iss"], data["sub"])

    def extract_extra_data(self, data: tokens.Claims) -> dict[str, str]:
        """What pages and the console show."""
        said = (tokens.words(data, name) for name in (*NAMES, "sub"))
        return {"issuer": data["iss"], "subject": data["sub"], "name": next(filter(None, said))}

    def extract_common_fields(self, data: tokens.Claims) -> dict[str, Any]:
        """Nothing: an account takes no word of it unasked."""
        return {}

    def extract_email_addresses(self, data: tokens.Claims) -> list[Any]:
        """None: an address is no proof of who somebody is here."""
        return []
