"""The code flow of programs that act for a person: authorize, log in, hand out a code.

The authorization request becomes a sealed ticket, so that nothing is stored for strangers. The
person logs in with it, and gets the code that the program exchanges for a token.

Source: PrivX auth, ``/oauth/authorize`` and ``/login``; contract section 8.2.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from oauthlib.oauth2 import OAuth2Error

from vaultportal import trail
from vaultportal.crypto import blobs
from vaultportal.crypto.errors import Expired, KeyGone, Tampered
from vaultportal.directory import signin
from vaultportal.directory.models import SpentLogin
from vaultportal.directory.oauth import applications, tokens
from vaultportal.directory.oauth.errors import refusal
from vaultportal.directory.origin import Origin
from vaultportal.errors import Unauthenticated
from vaultportal.identity.ids import uuid7
from vaultportal.identity.models import User
from vaultportal.trail import Target

PURPOSE = "oauth-login"
LIFE = timedelta(minutes=10)
_PARAMETERS = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
_MAX_LENGTH = 1024


@dataclass(frozen=True, slots=True)
class Ticket:
    """An authorization request that was found good, and the number it can be redeemed under."""

    id: UUID
    query: str
    state: str


@dataclass(frozen=True, slots=True)
class Granted:
    """What the program gets back: the code, and its own ``state``."""

    state: str
    code: str = field(repr=False)


def open_login(pairs: Iterable[tuple[str, str]]) -> str:
    """The ticket for a good authorization request, as text for a URL; good for ten minutes.

    Raises:
        invalid_client, invalid_request, unsupported_response_type, invalid_scope …: a parameter is
            wrong. Never by redirect: the clients of this wire take every redirect for success.
    """
    query = _query(pairs)
    try:
        tokens.server().validate_authorization_request(f"/oauth/authorize?{query}", "GET")
    except OAuth2Error as fault:
        raise _refused(fault) from None
    state = parse_qs(query).get("state", [""])[0]
    content = json.dumps({"id": str(uuid7()), "query": query, "state": state}).encode()
    return base64.urlsafe_b64encode(blobs.seal_blob(PURPOSE, content)).decode()


def read_ticket(text: str) -> Ticket:
    """The ticket, or invalid_grant when it is none of ours or too old."""
    try:
        sealed = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        content = json.loads(blobs.open_blob(PURPOSE, sealed, ttl=int(LIFE.total_seconds())))
    except (binascii.Error, UnicodeEncodeError, Tampered, Expired, KeyGone):
        raise refusal("invalid_grant", "The log-in has expired. Start again.") from None
    return Ticket(UUID(content["id"]), content["query"], content["state"])


def log_in(ticket_text: str, username: str, password: str, origin: Origin) -> Granted:
    """A code for the person whose name and password these are.

    Raises:
        invalid_grant: the ticket or the password is not good, or the person has a second factor,
            which this door cannot ask for.
        TooMany: too many failures of late.
    """
    ticket = read_ticket(ticket_text)
    try:
        person = signin.check_password(username, password, origin, door="privx")
    except Unauthenticated:
        raise refusal("invalid_grant") from None
    return redeem(ticket, person, origin)


@trail.unit()
def redeem(ticket: Ticket, user: User, origin: Origin) -> Granted:
    """A code for ``user``, who has just proved to be themselves. A ticket is redeemed once.

    Raises:
        invalid_grant: the ticket was redeemed before.
    """
    try:
        with transaction.atomic():
            SpentLogin.objects.create(id=ticket.id, expires_at=timezone.now() + LIFE)
    except IntegrityError:
        raise refusal("invalid_grant", "The log-in was used already.") from None
    try:
        headers, _, _ = tokens.server().create_authorization_response(
            f"/oauth/authorize?{ticket.query}", "GET", credentials={"user": user}
        )
    except OAuth2Error as fault:
        raise _refused(fault) from None
    answer = parse_qs(urlsplit(headers["Location"]).query)
    if "code" not in answer:
        raise refusal(answer.get("error", ["invalid_request"])[0])
    client_id = parse_qs(ticket.query)["client_id"][0]
    actor = origin.actor(user, kind="oauth", id=str(ticket.id), client_id=client_id)
    trail.record(actor, "token.authorize", Target("user", str(user.pk), user.username))
    return Granted(ticket.state, answer["code"][0])


def _query(pairs: Iterable[tuple[str, str]]) -> str:
    given = [(name, value) for name, value in pairs if name in _PARAMETERS and value]
    found = dict(given)
    if len(found) != len(given):
        raise refusal("invalid_request", "A parameter is given twice.")
    if any(len(value) > _MAX_LENGTH or "\x00" in value for value in found.values()):
        raise refusal("invalid_request", "A parameter is too long or not text.")
    if found.get("response_type") != "code":
        raise refusal("unsupported_response_type")
    if found.get("code_challenge_method") != "S256" or not found.get("code_challenge"):
        raise refusal("invalid_request", "A code challenge of method S256 is required.")
    if "redirect_uri" in found:
        found["redirect_uri"] = applications.absolute(found["redirect_uri"])
    if found.get("client_id") in applications.FIXED:
        applications.load(found["client_id"])
    return urlencode(found)


def _refused(fault: OAuth2Error) -> Exception:
    # An unknown program is a bad request here: there is no secret to ask for again.
    return refusal("invalid_request" if fault.error == "invalid_client" else fault.error)
