"""The provider of django-allauth, stricter: a nonce, verified tokens, and only what is needed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from vaultportal.directory.services import identities
from vaultportal.directory.services.identities import Identity
from vaultportal.ui.oidc import published, tokens

# Any of them tells what to call the person.
NAMES = ("preferred_username", "email", "name")
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
AT_WILL = "userinfo_endpoint"
METHODS = "token_endpoint_auth_methods_supported"


class Exchange(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # without types of its own
    """From the code in an address to verified claims."""

    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the issuer says of itself; Untrusted when that is not the issuer we know."""
        known: dict[str, Any] | None = getattr(self, "_known", None)
        if known is not None:
            return known
        self._known = published.read(f"configuration {self._published_by}", self._configuration)
        return self._known

    def _configuration(self) -> dict[str, Any]:
        provider = self.get_provider()
        issuer = provider.app.settings["issuer"]
        config = self._fetch(provider.server_url)
        if config.get("issuer") != issuer:
            raise tokens.Untrusted("The issuer calls itself otherwise.")
        # An issuer without https is one of this machine.
        schemes = {"https", urlsplit(issuer).scheme}
        named = (*ENDPOINTS, AT_WILL) if config.get(AT_WILL) else ENDPOINTS
        if not all(_is_address(config.get(name), schemes) for name in named):
            raise tokens.Untrusted("The issuer has an endpoint that is not to be trusted.")
        if not isinstance(config.get(METHODS, []), list):
            raise tokens.Untrusted("The issuer does not say how to ask it for tokens.")
        return config

    @property
    def _published_by(self) -> str:
        provider = self.get_provider()
        return f"{provider.server_url} {provider.app.settings['issuer']}"

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Below the portal's own address, whatever the request calls its host."""
        place = reverse("oidc_callback", kwargs={"provider": self.provider_id})
        return f"{settings.PUBLIC_BASE_URL}{place}"

    def get_access_token_data(
        self, request: HttpRequest, app: Any, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        self.nonce = tokens.nonce_of(pkce_code_verifier or "")
        try:
            data = super().get_access_token_data(
                request, app, client, pkce_code_verifier=pkce_code_verifier
            )
        except (AttributeError, KeyError, TypeError, ValueError) as wrong:
            # What the library makes of an answer that is no object, or does not say what it is.
            raise tokens.Untrusted("The issuer's answer to a code is not right.") from wrong
        if not isinstance(data, dict):
            raise tokens.Untrusted("The issuer's answer to a code is no object.")
        return data

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """The access token for one question; it is not stored, and no other is looked at."""
        return SocialToken(token=data["access_token"])

    def complete_login(
        self, request: HttpRequest, app: Any, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        """The claims as a sign-in to be decided on; they stand at ``claims``."""
        id_token = kwargs["response"].get("id_token")
        try:
            claims = self._verified(app, id_token, self._keys())
        except tokens.UnknownKey:
            claims = self._verified(app, id_token, self._keys(lasts=published.PAUSE))
        if not any(claims.get(name) for name in NAMES[:2]) and self._tells_more:
            said = self._fetch_user_info(token.token)
            if not isinstance(said, dict) or said.get("sub") != claims["sub"]:
                raise tokens.Untrusted("The issuer speaks of somebody else.")
            claims = {**said, **claims}
        login = self.get_provider().sociallogin_from_response(request, claims)
        login.claims = claims
        return login

    def _verified(self, app: Any, id_token: object, keys: dict[str, Any]) -> tokens.Claims:
        return tokens.verified(
            id_token,
            keys,
            issuer=app.settings["issuer"],
            audience=app.client_id,
            nonce=self.nonce,
        )

    def _keys(self, lasts: float = published.LASTS) -> dict[str, Any]:
        place = self.openid_config["jwks_uri"]
        return published.read(f"keys {self._published_by}", lambda: self._fetch(place), lasts=lasts)

    @property
    def _tells_more(self) -> bool:
        return bool(self.openid_config.get(AT_WILL))

    def _fetch(self, url: str) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            response = session.get(url)
            response.raise_for_status()
            said = response.json()
        if not isinstance(said, dict):
            raise tokens.Untrusted("The issuer's answer is no object.")
        return said


def _is_address(said: object, schemes: set[str]) -> bool:
    if not isinstance(said, str):
        return False
    try:
        parts = urlsplit(said)
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.netloc)


class Attempt(SocialLogin):  # type: ignore[misc]  # see above
    """A sign-in that is to be decided on."""

    account: SocialAccount

    def _lookup_by_socialaccount(self) -> bool:
        """As it was, but what was disconnected meanwhile is not written back."""
        account = self.account
        found = identities.seen(Identity(account.provider, account.uid, account.extra_data))
        if found is None:
            return False
        self.account, self.user = found, found.user
        return True


class Provider(OpenIDConnectProvider):  # type: ignore[misc]  # see above
    """Always with PKCE and a nonce. Of what the provider says a name is kept, and who it is."""

    oauth2_adapter_class = Exchange

    def get_pkce_params(self) -> dict[str, Any]:
        """Both go into the address; the verifier stays in the session."""
        params = generate_code_challenge()
        return {**params, "nonce": tokens.nonce_of(params["code_verifier"])}

    def sociallogin_from_response(self, request: HttpRequest, response: tokens.Claims) -> Attempt:
        login = super().sociallogin_from_response(request, response)
        return Attempt(user=login.user, account=login.account, provider=self)

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
