"""Signing in, staying signed in, and what a client asks of the portal at its start."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from s3vault_app.api import answers, xml
from s3vault_app.api.base import WireView
from s3vault_app.api.openapi import MAP, TEXT, WHOLE, Op, many, record
from s3vault_app.services import sessions, tokens
from s3vault_app.services.sessions import IssuedToken
from s3vault_app.services.tokens import TokenFields
from vaultportal.api import body
from vaultportal.api.wire import Fields
from vaultportal.crypto import keyring
from vaultportal.directory.origin import Origin
from vaultportal.errors import Malformed, TooMany, Unauthenticated, VaultError

WRONG = "Invalid user name or password"
LOCKED = "The account is locked for a time after too many failures"
REQUEST = "DM2ContentIndexing_CheckCredentialReq"
ANSWER = "DM2ContentIndexing_CheckCredentialResp"
VERSION = f"11.{answers.RELEASE}.0"
MOST_NAME = 255
MOST_PASSWORD = 1024
MOST_TIME = 2**33  # seconds since 1970, as far as the database can tell years

_TOKEN = record(
    tokenName=TEXT,
    tokenType=WHOLE,
    renewableUntilTimestamp=WHOLE,
    tokenExpiryTimestamp=WHOLE,
    apiEndpoints=many(TEXT),
    allowedIPs=many(TEXT),
)


class RootView(WireView):
    """/commandcenter/api"""

    public = True
    operations = {"get": Op("Whether the portal answers; clients probe it before they sign in")}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Any answer will do."""
        return self.reply({"name": "Vault Portal", "version": VERSION})


class LoginView(WireView):
    """/commandcenter/api/Login, in JSON and in XML"""

    public = True
    operations = {
        "post": Op(
            "Sign in with a name and a password",
            body=record("username", "password", username=TEXT, password=TEXT, mode=WHOLE),
            answer=record(userName=TEXT, token=TEXT, userGUID=TEXT, errList=many(MAP)),
        )
    }

    def post(self, request: HttpRequest) -> HttpResponse:
        """A token; a failure is 200 too, with ``errList`` in place of the token."""
        name, password = self._credential()
        try:
            signed_in = sessions.sign_in(name, password, Origin.of(request))
        except TooMany as fault:
            return self._failed(LOCKED, locked_for=fault.retry_after or 1)
        except Unauthenticated:
            return self._failed(WRONG)
        found = {
            "userName": signed_in.user.username,
            "token": f"QSDK {signed_in.token}",
            "userGUID": str(signed_in.user.pk),
            "loginAttempts": 0,
            "remainingLockTime": 0,
            "isAccountLocked": False,
            "forcePasswordChange": False,
        }
        if self.wants_xml():
            return self.reply_xml(xml.element(ANSWER, found))
        owner = {"providerId": 0, "providerDomainName": "Commcell"}
        return self.reply({**found, "ownerOrganization": owner})

    def _credential(self) -> tuple[str, str]:
        content = body.raw(self.http)
        if content.lstrip().startswith(b"<"):
            root, attributes = xml.read_root(content)
            if root != REQUEST:
                raise Malformed(message="The XML is no sign-in.")
            fields = Fields(attributes)
        else:
            fields = Fields(body.as_object(body.parse_json(content)))
        name = fields.text("username", required=True, blank=False, max_length=MOST_NAME)
        password = fields.text("password", required=True, blank=False, max_length=MOST_PASSWORD)
        fields.check()
        return name, password

    def _failed(self, message: str, locked_for: int = 0) -> HttpResponse:
        told: dict[str, Any] = {"isAccountLocked": bool(locked_for)}
        if locked_for:
            told["remainingLockTime"] = locked_for
        if self.wants_xml():
            error = xml.element("errList", {"errLogMessage": message, "errorCode": 5})
            return self.reply_xml(xml.element(ANSWER, told, [error]))
        return self.reply({"errList": [{"errLogMessage": message, "errorCode": 5}], **told})


class RenewView(WireView):
    """/commandcenter/api/RenewLoginToken"""

    public = True
    operations = {
        "post": Op(
            "A new token for a session that still lives",
            body=record("sessionId", sessionId=TEXT, deviceId=TEXT),
            answer=record("token", token=TEXT),
        )
    }

    def post(self, request: HttpRequest) -> HttpResponse:
        """The token to renew is in the body; the one of the header may be dead by now."""
        fields = self.fields()
        session = fields.text("sessionId", required=True, max_length=MOST_PASSWORD)
        fields.check()
        token = session[5:].strip() if session.upper().startswith("QSDK ") else session.strip()
        try:
            made = sessions.renew(token, Origin.of(request))
        except Unauthenticated as fault:
            error = {"errLogMessage": fault.message, "errorCode": 5}
            return self.reply({"error": error}, 401)
        return self.reply({"token": f"QSDK {made}"})


class LogoutView(WireView):
    """/commandcenter/api/Logout"""

    operations = {"post": Op("End the session at once")}

    def post(self, request: HttpRequest) -> HttpResponse:
        """The token that came with the request is dead after it."""
        sessions.sign_out(self.actor)
        return self.done()


class WhoAmIView(WireView):
    """/commandcenter/api/WhoAmI and v2/WhoAmI"""

    operations = {
        "get": Op("Who the token stands for"),
        "post": Op("Who the token stands for"),
    }

    def get(self, request: HttpRequest) -> HttpResponse:
        """The user behind the token."""
        actor = self.actor
        entity = {"userId": actor.number, "userName": actor.name, "_type_": answers.USER}
        return self.reply({"errorCode": 0, "user": entity})

    def post(self, request: HttpRequest) -> HttpResponse:
        """The same: older clients post."""
        return self.get(request)


class CommServView(WireView):
    """/commandcenter/api/CommServ"""

    operations = {"get": Op("What the portal is: names, version, time zone")}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Every key is indexed by cvpysdk."""
        portal = {"commCellName": "portal", "commCellId": 2, "csGUID": _cell_id()}
        return self.reply(
            {
                "hostName": request.get_host(),
                "commcell": portal,
                "csTimeZone": {"TimeZoneName": "Etc/UTC"},
                "timeZone": "0:0:(UTC) Coordinated Universal Time",
                "currentSPVersion": answers.RELEASE,
                "csVersionInfo": VERSION,
                "releaseName": "2025E",
            }
        )


class TokensView(WireView):
    """/commandcenter/api/V4/AccessToken"""

    mild = True
    operations = {
        "get": Op("One's own access tokens", query=(("userId", "One's own id."),)),
        "post": Op("A token for one's own programs", body=_TOKEN),
    }

    def refusal(self, error: VaultError) -> dict[str, Any]:
        """The ``error`` object must be there."""
        return refused(error)

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list, without any token."""
        asked = self.number("userId", self.actor.number)
        rows = sessions.list_tokens(self.actor) if asked == self.actor.number else []
        found = [
            {
                "accessTokenId": row.pk,
                "tokenName": row.name,
                "tokenType": row.type,
                "tokenExpiryTimestamp": answers.at(row.key.expires_at),
                "renewableUntilTimestamp": answers.at(row.renewable_until),
                "apiEndpoints": row.endpoints or [],
                "allowedIPs": row.addresses,
            }
            for row in rows
        ]
        return self.reply({"error": {"errorCode": 0}, "tokens": found})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Both tokens, this once."""
        return self.reply(told(sessions.issue_token(self.actor, token_fields(self.fields()))))


class TokenView(WireView):
    """/commandcenter/api/V4/AccessToken/{id}"""

    mild = True
    operations = {
        "put": Op("Change a token of one's own", body=_TOKEN),
        "delete": Op("End a token of one's own"),
    }

    def refusal(self, error: VaultError) -> dict[str, Any]:
        """The ``error`` object must be there."""
        return refused(error)

    def put(self, request: HttpRequest, number: int) -> HttpResponse:
        """Name, end, paths and networks."""
        sessions.change_token(self.actor, number, token_fields(self.fields()))
        return self.reply({"error": {"errorCode": 0}})

    def delete(self, request: HttpRequest, number: int) -> HttpResponse:
        """Dead at once."""
        sessions.revoke_token(self.actor, number)
        return self.reply({"error": {"errorCode": 0}})


class TokenRenewView(WireView):
    """/commandcenter/api/V4/AccessToken/Renew"""

    public = True
    operations = {
        "post": Op(
            "Both halves of a token anew",
            body=record("accessToken", "refreshToken", accessToken=TEXT, refreshToken=TEXT),
        )
    }

    def post(self, request: HttpRequest) -> HttpResponse:
        """401 when they do not belong together."""
        fields = self.fields()
        token = fields.text("accessToken", required=True, max_length=MOST_PASSWORD)
        refresh = fields.text("refreshToken", required=True, max_length=MOST_PASSWORD)
        fields.check()
        made = sessions.renew_token(token, refresh, Origin.of(request))
        return self.reply({"accessToken": made.token, "refreshToken": made.refresh_token})


class NoMachinesView(WireView):
    """/commandcenter/api/VSAClientAndClientGroupList"""

    operations = {"get": Op("Virtual machines, of which there are none")}

    def get(self, request: HttpRequest) -> HttpResponse:
        """cvpysdk asks for it at its start."""
        return self.reply({"clients": []})


def refused(error: VaultError) -> dict[str, Any]:
    """How the routes of access tokens tell a failure."""
    return {"error": answers.error(error, 5 if error.kind == "forbidden" else 2)}


def told(made: IssuedToken) -> dict[str, Any]:
    """The answer that has the tokens in it."""
    info = {
        "accessTokenId": made.row.pk,
        "tokenName": made.row.name,
        "accessToken": made.token,
        "refreshToken": made.refresh_token,
    }
    return {"error": {"errorCode": 0}, "tokenInfo": info}


def token_fields(fields: Fields) -> TokenFields:
    """The body of a new or changed token; types other than 3 are for everything."""
    kind = fields.integer("tokenType", least=1, most=3)
    paths, networks = fields.texts("apiEndpoints"), fields.texts("allowedIPs")
    found = TokenFields(
        name=fields.text("tokenName", max_length=MOST_NAME),
        type=None if kind is None else max(kind, tokens.WHOLE),
        endpoints=None if paths is None else tuple(paths),
        addresses=None if networks is None else tuple(networks),
        expires_at=_time(fields, "tokenExpiryTimestamp"),
        renewable_until=_time(fields, "renewableUntilTimestamp"),
    )
    fields.check()
    return found


def _time(fields: Fields, name: str) -> datetime | None:
    seconds = fields.integer(name, least=0, most=MOST_TIME)
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _cell_id() -> str:
    return str(UUID(bytes=keyring.instance_id())).upper()
