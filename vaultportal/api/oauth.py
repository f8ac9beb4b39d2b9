"""The token endpoint of the SailPoint wire: ``POST /oauth/token``.

Source: contract of triggers, section 2; RFC 6749 sections 4.4 and 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema

from vaultportal.api import body
from vaultportal.api.views import VaultAPIView
from vaultportal.crypto import keyring
from vaultportal.directory.oauth import scopes, tokens
from vaultportal.directory.oauth.errors import refusal
from vaultportal.directory.origin import Origin
from vaultportal.errors import UnsupportedMedia

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "")


class TokenView(VaultAPIView):
    """POST /oauth/token"""

    public: ClassVar[bool] = True

    @extend_schema(
        summary="Exchange an API client's id and secret for a token",
        request={"application/x-www-form-urlencoded": OpenApiTypes.OBJECT},
        responses={200: OpenApiTypes.OBJECT, 400: OpenApiTypes.OBJECT, 401: OpenApiTypes.OBJECT},
        auth=[],
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        parameters = tokens.form(_pairs(request), request.META.get("HTTP_AUTHORIZATION", ""))
        # The vendor's documents spell the grant type in both letter cases.
        parameters["grant_type"] = parameters.get("grant_type", "").lower()
        if parameters["grant_type"] not in ("", "client_credentials"):
            raise refusal("unsupported_grant_type")
        parameters.setdefault("scope", scopes.SAILPOINT_ALL)
        issued = tokens.issue(parameters, Origin.of(request))
        return self.reply(
            {
                "access_token": issued.access_token,
                "token_type": "bearer",
                "expires_in": issued.expires_in,
                "scope": issued.scope,
                "tenant_id": str(UUID(bytes=keyring.instance_id())),
                "org": "vault",
                "pod": "local",
                "strong_auth_supported": False,
                "internal": False,
                "enabled": True,
                "jti": issued.id,
            }
        )


def _pairs(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """Parameters of the query and of a form, whichever way it is encoded."""
    if (request.content_type or "").lower() not in FORMS:
        raise UnsupportedMedia
    body.raw(request)  # the limit of size; the form is then read from the same bytes
    for parameters in (request.GET, request.POST):
        for name, values in parameters.lists():
            yield from ((name, str(value)) for value in values)


urlpatterns: list[URLPattern | URLResolver] = [path("oauth/token", TokenView.as_view())]
