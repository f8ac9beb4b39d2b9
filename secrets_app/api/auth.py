"""The auth service: tokens, the code flow, log-out, sessions.

Source: PrivX auth API, ``/auth/api/v1``; contract section 8.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema

from secrets_app.api import identity_wire as wire
from vaultportal.api import body
from vaultportal.api.views import VaultAPIView
from vaultportal.api.wire import Fields
from vaultportal.directory.oauth import login, sessions, tokens
from vaultportal.directory.oauth.errors import refusal
from vaultportal.directory.origin import Origin
from vaultportal.errors import UnsupportedMedia

FORM = "application/x-www-form-urlencoded"
# Where a browser would go on with the ticket; programs read the ticket from the address instead.
LOGIN_PAGE = "/auth/login"


class TokenView(VaultAPIView):
    """POST /auth/api/v1/oauth/token"""

    public: ClassVar[bool] = True

    @extend_schema(
        summary="Get a token: password grant of API clients, code, refresh token",
        request={FORM: OpenApiTypes.OBJECT},
        responses={200: OpenApiTypes.OBJECT},
        auth=[],
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        if (request.content_type or FORM).lower() != FORM:
            raise UnsupportedMedia
        body.raw(request)  # the limit of size; the form is then read from the same bytes
        return self.issue(_pairs(request), request.META.get("HTTP_AUTHORIZATION", ""))

    def issue(self, pairs: Iterator[tuple[str, str]], authorization: str = "") -> HttpResponse:
        """The answer with a token for the parameters ``pairs``."""
        parameters = tokens.form(pairs, authorization)
        issued = tokens.issue(parameters, Origin.of(self.http))
        answer = {
            "access_token": issued.access_token,
            "token_type": "bearer",
            "expires_in": issued.expires_in,
            "scope": issued.scope,
        }
        if issued.refresh_token:
            answer["refresh_token"] = issued.refresh_token
        return self.reply(answer)


class ClientCredentialsView(TokenView):
    """POST /auth/api/v1/oauth/clientcredentials/privx-external/token"""

    @extend_schema(
        summary="Get a token for an API client, in JSON",
        request=OpenApiTypes.OBJECT,
        responses={200: OpenApiTypes.OBJECT},
        auth=[],
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object())
        pairs = {
            "grant_type": fields.text("grant_type", required=True),
            "client_id": fields.text("client_id", required=True),
            "client_secret": fields.text("client_secret", required=True),
        }
        fields.check()
        if pairs["grant_type"] != "client_credentials":
            raise refusal("unsupported_grant_type")
        return self.issue(iter(pairs.items()))


class AuthorizeView(VaultAPIView):
    """GET /auth/api/v1/oauth/authorize"""

    public: ClassVar[bool] = True

    @extend_schema(
        summary="Begin the code flow: a redirect with a log-in ticket",
        responses={307: None},
        auth=[],
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        ticket = login.open_login(_query(request))
        place = {"token": ticket, "state": request.GET.get("state", "")}
        return self.empty(307, {"Location": f"{LOGIN_PAGE}?{urlencode(place)}"})


class LoginView(VaultAPIView):
    """POST /auth/api/v1/login"""

    public: ClassVar[bool] = True

    @extend_schema(
        summary="Log in a person for a program: a code",
        request=OpenApiTypes.OBJECT,
        responses={200: OpenApiTypes.OBJECT},
        auth=[],
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object())
        username = fields.text("username", required=True)
        password = fields.text("password", required=True)
        ticket = fields.text("token", required=True)
        fields.check()
        granted = login.log_in(ticket, username, password, Origin.of(request))
        return self.reply({"code": granted.code, "state": granted.state})


class TokenLoginView(VaultAPIView):
    """POST /auth/api/v1/token/login"""

    public: ClassVar[bool] = True

    @extend_schema(
        summary="Exchange an outside issuer's token: none is trusted here",
        request=OpenApiTypes.OBJECT,
        responses={400: OpenApiTypes.OBJECT},
        auth=[],
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        raise refusal("invalid_request", "No outside issuer of tokens is trusted here.")


class LogoutView(VaultAPIView):
    """POST /auth/api/v1/logout"""

    @extend_schema(summary="End the token that is presented", request=None, responses={200: None})
    def post(self, request: HttpRequest) -> HttpResponse:
        sessions.log_out(self.actor)
        return self.empty()


class UserSessionsView(VaultAPIView):
    """GET /auth/api/v1/sessionstorage/users/{user_id}/sessions"""

    @extend_schema(summary="List a user's sessions", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: HttpRequest, user_id: str) -> HttpResponse:
        window = wire.window(request)
        found = sessions.list_sessions(self.actor, wire.user_id(self.actor, user_id))
        return self.reply(wire.cut(found, window, _session))


class EndUserSessionsView(VaultAPIView):
    """POST /auth/api/v1/sessionstorage/users/{user_id}/sessions/terminate"""

    @extend_schema(summary="End all sessions of a user", request=None, responses={200: None})
    def post(self, request: HttpRequest, user_id: str) -> HttpResponse:
        sessions.end_sessions(self.actor, wire.user_id(self.actor, user_id))
        return self.empty()


class EndSessionView(VaultAPIView):
    """POST /auth/api/v1/sessionstorage/sessions/{session_id}/terminate"""

    @extend_schema(summary="End one session", request=None, responses={200: None})
    def post(self, request: HttpRequest, session_id: str) -> HttpResponse:
        sessions.end_session(self.actor, session_id)
        return self.empty()


def _session(found: sessions.TokenSession) -> Mapping[str, Any]:
    return {
        "id": found.id,
        "user_id": str(found.user_id),
        "oauth_client_id": found.client_id,
        "created": wire.moment(found.created_at),
        "expires": wire.moment(found.expires_at),
    }


def _query(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for name, values in request.GET.lists():
        yield from ((name, value) for value in values)


def _pairs(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for name, values in request.POST.lists():
        yield from ((name, str(value)) for value in values)
