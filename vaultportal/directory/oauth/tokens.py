"""Issuing tokens: one function for every endpoint, whatever encoding and words its wire has."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from oauth2_provider.models import AccessToken
from oauth2_provider.oauth2_backends import get_oauthlib_core
from oauthlib.common import urlencode
from oauthlib.oauth2 import OAuth2Error, Server

from vaultportal import trail
from vaultportal.directory import throttle
from vaultportal.directory.oauth import applications
from vaultportal.directory.oauth.errors import refusal
from vaultportal.directory.oauth.validator import ADDRESS, code_digest
from vaultportal.directory.origin import Origin
from vaultportal.directory.throttle import Guess
from vaultportal.identity.models import User
from vaultportal.trail import Target

# What oauthlib may see of a request: it takes every parameter for an attribute of its own.
_PARAMETERS = frozenset(
    {
        "grant_type",
        "client_id",
        "client_secret",
        "username",
        "password",
        "scope",
        "code",
        "code_verifier",
        "redirect_uri",
        "refresh_token",
    }
)
_MAX_LENGTH = 4096
_GUESSED = {"invalid_client", "invalid_grant"}


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token. ``expires_in`` in seconds; ``refresh_token`` is "" where there is none.

    id: of the token's row, which is no secret.
    """

    id: str
    expires_in: int
    scope: str
    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)


def server() -> Server:
    """oauthlib's server over the toolkit's storage and our validator."""
    return get_oauthlib_core().server


def form(pairs: Iterable[tuple[str, str]], authorization: str = "") -> dict[str, str]:
    """The parameters of a token request that mean something, and the client's Basic credentials.

    pairs: as they came, from a form, a multipart body, the query or a JSON object.
    authorization: the header; any scheme but Basic is left alone.

    Raises:
        invalid_request: a parameter is given twice, is too long or holds a NUL.
        invalid_client: the Basic credentials cannot be read.
    """
    given = [(name, value) for name, value in pairs if name in _PARAMETERS and value]
    found = dict(given)
    if len(found) != len(given):
        raise refusal("invalid_request", "A parameter is given twice.")
    if any(len(value) > _MAX_LENGTH or "\x00" in value for value in found.values()):
        raise refusal("invalid_request", "A parameter is too long or not text.")
    if authorization[:6].lower() == "basic ":
        client_id, secret = _basic(authorization[6:])
        if found.get("client_id", client_id) != client_id:
            raise refusal("invalid_request", "Two clients are named.")
        found |= {"client_id": client_id, "client_secret": secret}
    if "redirect_uri" in found:
        found["redirect_uri"] = applications.absolute(found["redirect_uri"])
    return found


def issue(parameters: Mapping[str, str], origin: Origin) -> Issued:
    """A token for whoever proves to be entitled to one.

    parameters: of ``form``.

    Raises:
        the errors of RFC 6749 (see ``refusal``): invalid_client for an unknown client program or a
            wrong secret of it, invalid_grant for wrong credentials, code, verifier or refresh
            token, and so on.
        TooMany: too many failures of late for this principal or from this address.
    """
    if not parameters.get("grant_type"):
        raise refusal("invalid_request", "The grant type is missing.")
    guess = _guess(parameters, origin)
    failed_before = throttle.check(guess)
    sent = dict(parameters)
    if "code" in sent:
        sent["code"] = code_digest(sent["code"])
    body = _answer(sent, origin)
    if error := body.get("error"):
        if error in _GUESSED:
            throttle.count(guess)
            _note_refusal(parameters, origin, error)
        raise refusal(error)
    if failed_before:
        throttle.forget(guess)
    return Issued(
        id=body["id"],
        expires_in=int(body["expires_in"]),
        scope=body.get("scope", ""),
        access_token=body["access_token"],
        refresh_token=body.get("refresh_token", ""),
    )


def _answer(sent: Mapping[str, str], origin: Origin) -> dict[str, str]:
    """oauthlib's JSON, a refusal included. What it wrote stays, except when it gave up half-way.

    A refused refresh token may be a stolen one that was used before: its whole family is then
    revoked, and that must be committed although the request is refused.
    """
    try:
        with trail.unit():
            _, text, status = server().create_token_response(
                "/oauth/token",
                "POST",
                urlencode(list(sent.items())),
                {ADDRESS: origin.address},
                None,
            )
            body: dict[str, str] = json.loads(text)
            if status == 200:
                body["id"] = _note_issue(body["access_token"], sent, origin)
    except OAuth2Error as fault:
        return {"error": fault.error}
    return body


def _note_issue(access_token: str, sent: Mapping[str, str], origin: Origin) -> str:
    row = AccessToken.objects.select_related("user", "application").get(
        token_checksum=code_digest(access_token)
    )
    user: User = row.user
    actor = origin.actor(user, kind="oauth", id=str(row.pk), client_id=row.application.client_id)
    trail.record(
        actor, "token.issue", Target("user", str(user.pk), user.username), grant=sent["grant_type"]
    )
    return str(row.pk)


@trail.unit()
def _note_refusal(parameters: Mapping[str, str], origin: Origin, error: str) -> None:
    # What was sent as an id may be anything, a password included: only its digest is kept.
    principal = parameters.get("username") or parameters.get("client_id", "")
    trail.record(
        origin.nobody(),
        "token.refuse",
        outcome="refused",
        error=error,
        principal=trail.term(principal),
    )


def _guess(parameters: Mapping[str, str], origin: Origin) -> Guess:
    """Whose secret is tried: the machine's, or, where none is named, the address's alone."""
    grant = parameters["grant_type"].lower()
    principal = ""
    if grant == "password":
        principal = parameters.get("username", "")
    elif grant == "client_credentials":
        principal = parameters.get("client_id", "")
    return Guess("oauth", principal, origin.address, generated=True)


def _basic(encoded: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise refusal("invalid_client", "The Basic credentials cannot be read.") from None
    client_id, separator, secret = text.partition(":")
    if not separator or "\x00" in text:
        raise refusal("invalid_client", "The Basic credentials cannot be read.")
    return unquote_plus(client_id), unquote_plus(secret)
