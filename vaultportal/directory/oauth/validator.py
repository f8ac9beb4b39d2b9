"""The toolkit's rules of OAuth2, with RFC 9700 on, bent in four places where a wire demands it.

1. The password grant is open to API clients alone. RFC 9700 forbids it because a program would see
   a person's password; here "username" and "password" are a machine's own id and secret.
2. An API client's id and secret are OAuth client credentials as well (client_credentials).
3. Authorization codes are kept as digests, like tokens.
4. A code or refresh token of somebody who was disabled is worth nothing; nor is any credential
   from outside of its owner's networks, which is told in no other words than a wrong one.
"""

from __future__ import annotations

import hashlib
from typing import Any

from oauth2_provider.models import RefreshToken, get_grant_model
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request

from vaultportal.directory.models import Application
from vaultportal.directory.oauth import applications, scopes
from vaultportal.directory.services import clients
from vaultportal.identity.models import User

# The one header that ``tokens`` passes on: where the request comes from, as the portal found it.
ADDRESS = "X-Caller-Address"


def code_digest(code: str) -> str:
    """What is kept of an authorization code. It has 178 random bits, so no key is needed."""
    return hashlib.sha256(code.encode()).hexdigest()


class PortalValidator(OAuth2Validator):  # type: ignore[misc]  # the toolkit has no types
    """See the module. Its methods are called in the order of oauthlib's grant types."""

    # -- who asks -----------------------------------------------------------------------------

    def authenticate_client(self, request: Request, *args: Any, **kwargs: Any) -> bool:
        """The client program; for client_credentials the API client that is its own program."""
        if request.grant_type != "client_credentials":
            return bool(super().authenticate_client(request, *args, **kwargs))
        principal = clients.verified(
            request.client_id or "", request.client_secret or "", address=_address(request)
        )
        if principal is None:
            return False
        request.client = applications.load(applications.MACHINES)
        request.client_id = request.client.client_id
        request.user = principal
        return True

    def validate_user(
        self,
        username: str,
        password: str,
        client: Application,
        request: Request,
        *_: Any,
        **__: Any,
    ) -> bool:
        """The password grant knows API clients only; a person's password is never compared."""
        principal = clients.verified(username, password, address=_address(request))
        if principal is None:
            return False
        request.user = principal
        return True

    def validate_grant_type(
        self,
        client_id: str,
        grant_type: str,
        client: Application,
        request: Request,
        *_: Any,
        **__: Any,
    ) -> bool:
        """As the toolkit has it, and the password grant where ``validate_user`` found a machine."""
        if grant_type == "password":
            is_machine = request.user is not None and request.user.kind == User.Kind.CLIENT
            return is_machine and client.allows_grant_type(Application.GRANT_PASSWORD)
        return bool(super().validate_grant_type(client_id, grant_type, client, request))

    # -- codes and refresh tokens -------------------------------------------------------------

    def save_authorization_code(
        self, client_id: str, code: dict[str, Any], request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Keep the digest; ``tokens.issue`` looks codes up by it."""
        kept = {**code, "code": code_digest(code["code"])}
        super().save_authorization_code(client_id, kept, request, *args, **kwargs)

    def validate_code(
        self,
        client_id: str,
        code: str,
        client: Application,
        request: Request,
        *args: Any,
        **kwargs: Any,
    ) -> bool:
        # One exchange at a time: of two with the same code the second finds it gone.
        list(get_grant_model().objects.select_for_update().filter(code=code).values_list("pk"))
        known = super().validate_code(client_id, code, client, request, *args, **kwargs)
        return bool(known) and _is_welcome(request)

    def validate_refresh_token(
        self, refresh_token: str, client: Application, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        # Likewise: of two with the same token the second is a replay.
        kept = RefreshToken.objects.filter(token_checksum=code_digest(refresh_token))
        list(kept.select_for_update(of=("self",)).values_list("pk"))
        known = super().validate_refresh_token(refresh_token, client, request, *args, **kwargs)
        return bool(known) and _is_welcome(request)

    # -- scopes -------------------------------------------------------------------------------

    def validate_scopes(
        self,
        client_id: str,
        wanted: list[str],
        client: Application,
        request: Request,
        *_: Any,
        **__: Any,
    ) -> bool:
        return scopes.are_known(wanted)

    def get_default_scopes(self, client_id: str, request: Request, *_: Any, **__: Any) -> list[str]:
        """Everything that the principal may do."""
        return [scopes.PRIVX_ALL]

    # -- what is kept -------------------------------------------------------------------------

    def _save_bearer_token(
        self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any
    ) -> None:
        # The toolkit drops the user of client_credentials; here the client is a principal.
        request.principal = request.user
        super()._save_bearer_token(token, request, *args, **kwargs)

    def _create_access_token(
        self,
        expires: Any,
        request: Request,
        token: dict[str, Any],
        source_refresh_token: Any = None,
    ) -> Any:
        request.user = request.principal
        return super()._create_access_token(expires, request, token, source_refresh_token)


def _is_welcome(request: Request) -> bool:
    """Whether the owner of a code or refresh token is active and may ask from there."""
    return request.user.is_active and clients.may_come(request.user, _address(request))


def _address(request: Request) -> str:
    return str(request.headers.get(ADDRESS, ""))
