"""Signing in over this wire, and its tokens: API keys of the portal with what the wire adds.

A token dies with its user, with its key's end and when it is revoked, at the next request of every
process: API keys are in the reach of the identity epoch.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from s3vault_app.models import AccessToken
from vaultportal import trail
from vaultportal.crypto import blind_index
from vaultportal.directory import signin
from vaultportal.directory.origin import Origin
from vaultportal.directory.services import keys
from vaultportal.errors import Fault, Forbidden, Invalid, NotFound, Unauthenticated
from vaultportal.identity import authentication
from vaultportal.identity import keys as key_texts
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import ApiKey, User
from vaultportal.trail import Target

DOOR = "commvault"
REFRESH = "s3_refresh"
# What the wire has routes for: a token of it is good for nothing else.
WIDE = ("s3vault_app.*", "identity.*")
NARROW = ("s3vault_app.*",)
CUSTOM = 3
RENEWED_GRACE = timedelta(seconds=30)  # for requests that are under way with the old token
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person and the token of their session."""

    user: User
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new access token, in clear for this one time."""

    row: AccessToken
    token: str = field(repr=False)
    refresh_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenFields:
    """What an access token is to be. Times are ends; None for the longest there is."""

    name: str = ""
    type: int = 2
    endpoints: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    expires_at: datetime | None = None
    renewable_until: datetime | None = None


def sign_in(name: str, password: str, origin: Origin) -> SignedIn:
    """A session for a person.

    password: Base64 of the password, or the password as it stands: clients do both.

    Raises:
        Unauthenticated: unknown, wrong, disabled, or with a second factor, which this wire cannot
            ask for. TooMany: too many failures of late.

    Source: Commvault, ``POST Login``; contract section 2.1.
    """
    user = _check(name, password, origin)
    actor = _acting(user, origin)
    _forget_dead(user)
    until = timezone.now() + timedelta(seconds=settings.S3VAULT_SIGN_IN_SECONDS)
    with trail.unit():
        return SignedIn(user, _begin(actor, user, until))


def renew(token: str, origin: Origin) -> str:
    """A new token for a session that still may be renewed; the old one ends shortly.

    Raises:
        Unauthenticated: the session ended, was logged out, or never was.

    Source: Commvault, ``POST RenewLoginToken``; contract section 2.2.
    """
    with trail.unit():
        row = _find(key=token)
        if row is None or row.kind != AccessToken.Kind.SESSION or row.renewable_until is None:
            raise Unauthenticated
        actor = _acting(row.key.user, origin)
        made = _begin(actor, row.key.user, row.renewable_until)
        end = timezone.now() + RENEWED_GRACE
        ends = min(row.key.expires_at or end, end)
        ApiKey.objects.filter(pk=row.key_id).update(expires_at=ends)
        row.delete()  # the old token cannot be renewed a second time
        return made


@trail.unit()
def sign_out(actor: Actor) -> None:
    """End the session or access token that the actor came with; any other credential stays."""
    row = of_credential(actor)
    if row is not None:
        keys.revoke_key(actor, row.key_id)


@trail.unit()
def issue_token(actor: Actor, fields: TokenFields) -> IssuedToken:
    """A token for one's own programs.

    Raises:
        Invalid: a time that is over, a network that is none. Forbidden: one came with a token that
            is narrower.

    Source: Commvault, ``POST V4/AccessToken``; contract section 2.2.
    """
    _check_fields(fields)
    _require_wide(actor, fields)
    row, token = _issue(actor, fields)
    refresh = key_texts.new_api_key()
    row.refresh_digest = blind_index.hmac_digest(REFRESH, refresh.encode())
    row.save()
    target = Target("s3_token", str(row.pk), row.name)
    trail.record(actor, "s3_token.issue", target)
    return IssuedToken(row, token, refresh)


def renew_token(token: str, refresh_token: str, origin: Origin) -> IssuedToken:
    """Both halves anew, within the time for which the token may be renewed.

    token: the access token, which may have expired meanwhile.

    Raises:
        Unauthenticated: they do not belong together, or the time is over.

    Source: Commvault, ``POST V4/AccessToken/Renew``; contract section 2.2.
    """
    with trail.unit():
        row = _find(key=token)
        digests = blind_index.hmac_digests(REFRESH, refresh_token.encode())
        if row is None or bytes(row.refresh_digest or b"") not in digests:
            raise Unauthenticated
        actor = _acting(row.key.user, origin)
        lifetime = (row.key.expires_at or timezone.now() + LONGEST) - row.key.created_at
        until = row.renewable_until or timezone.now() + LONGEST
        fields = TokenFields(
            name=row.name,
            type=row.type,
            endpoints=tuple(row.endpoints or ()),
            addresses=tuple(row.addresses),
            expires_at=min(timezone.now() + lifetime, until),
            renewable_until=row.renewable_until,
        )
        keys.revoke_key(actor, row.key_id)
        row.delete()
        return issue_token(actor, fields)


@trail.unit()
def change_token(actor: Actor, token_id: int, fields: TokenFields) -> AccessToken:
    """Rename a token of one's own, or change its end, its paths and its networks.

    Raises:
        NotFound: there is none; Invalid.
    """
    _check_fields(fields)
    row = _own(actor, token_id)
    _require_wide(actor, fields)
    row.name = fields.name or row.name
    row.renewable_until = fields.renewable_until or row.renewable_until
    row.type = fields.type
    row.endpoints = _paths(fields)
    row.addresses = list(fields.addresses)
    row.save()
    scopes = list(NARROW if fields.type == CUSTOM else WIDE)
    ends = fields.expires_at or row.key.expires_at
    ApiKey.objects.filter(pk=row.key_id).update(expires_at=ends, scopes=scopes)
    trail.record(actor, "s3_token.change", Target("s3_token", str(row.pk), row.name))
    return row


@trail.unit()
def revoke_token(actor: Actor, token_id: int) -> None:
    """End a token of one's own at once; NotFound when there is none."""
    row = _own(actor, token_id)
    keys.revoke_key(actor, row.key_id)
    trail.record(actor, "s3_token.revoke", Target("s3_token", str(row.pk), row.name))


def list_tokens(actor: Actor) -> list[AccessToken]:
    """One's own live access tokens, the newest first."""
    live = AccessToken.objects.filter(
        kind=AccessToken.Kind.TOKEN, key__user_id=actor.user_id, key__revoked_at=None
    )
    return list(live.select_related("key").order_by("-pk"))


def of_credential(actor: Actor) -> AccessToken | None:
    """The row of the token that the actor came with; None for any other credential."""
    if actor.credential.kind != "api_key" or actor.credential.scopes is None:
        return None
    return AccessToken.objects.filter(key_id=UUID(actor.credential.id)).first()


def require_reach(actor: Actor, path: str) -> None:
    """Forbidden when the actor's token is not for ``path`` (below the base) or their address."""
    row = of_credential(actor)
    if row is None:
        return
    if row.endpoints is not None and not any(_covers(each, path) for each in row.endpoints):
        raise Forbidden("token", "Your access token is not for this address.", reason="scopes")
    if row.addresses and not _is_in(actor.address, row.addresses):
        raise Forbidden("token", "Your access token is not for your network.", reason="scopes")


def _check(name: str, password: str, origin: Origin) -> User:
    decoded = _decoded(password)
    if decoded is not None and decoded != password:
        try:
            return signin.check_password(name, decoded, origin, door=DOOR)
        except Unauthenticated:
            pass  # it may be a password that only looks like Base64
    return signin.check_password(name, password, origin, door=DOOR)


def _decoded(password: str) -> str | None:
    try:
        return base64.b64decode(password, validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def _acting(user: User, origin: Origin) -> Actor:
    return authentication.user_actor(user.pk).with_(
        address=origin.address, request_id=origin.request_id, user_agent=origin.user_agent
    )


def _begin(actor: Actor, user: User, until: datetime) -> str:
    """A session token, good until it wants renewal, and renewable ``until`` then."""
    left = until - timezone.now()
    if left <= timedelta(0):
        raise Unauthenticated
    lifetime = min(timedelta(seconds=settings.S3VAULT_TOKEN_SECONDS), left)
    made = keys.issue_key(actor, user.pk, label="sign-in (S3)", scopes=WIDE, lifetime=lifetime)
    AccessToken.objects.create(key_id=made.id, kind=AccessToken.Kind.SESSION, renewable_until=until)
    return made.key


def _issue(actor: Actor, fields: TokenFields) -> tuple[AccessToken, str]:
    ends = fields.expires_at or timezone.now() + LONGEST
    made = keys.issue_key(
        actor,
        actor.user_id,
        label=fields.name or "access token (S3)",
        scopes=NARROW if fields.type == CUSTOM else WIDE,
        lifetime=ends - timezone.now(),
    )
    row = AccessToken(
        key_id=made.id,
        kind=AccessToken.Kind.TOKEN,
        name=fields.name,
        type=fields.type,
        endpoints=_paths(fields),
        addresses=list(fields.addresses),
        renewable_until=fields.renewable_until,
    )
    return row, made.key


def _paths(fields: TokenFields) -> list[str] | None:
    if fields.type != CUSTOM:
        return None
    return ["/" + each.strip("/").lower() for each in fields.endpoints]


def _covers(allowed: str, path: str) -> bool:
    return path == allowed or path.startswith(allowed.rstrip("/") + "/")


def _is_in(address: str, networks: list[str]) -> bool:
    try:
        where = ip_address(address)
    except ValueError:
        return False
    return any(where in ip_network(each, strict=False) for each in networks)


def _check_fields(fields: TokenFields) -> None:
    now = timezone.now()
    if len(fields.name) > 255 or not (fields.name == "" or fields.name.isprintable()):
        raise _refuse("tokenName", "must be one line of at most 255 characters")
    for place, end in (
        ("tokenExpiryTimestamp", fields.expires_at),
        ("renewableUntilTimestamp", fields.renewable_until),
    ):
        if end is not None and end <= now:
            raise _refuse(place, "must be in the future")
    if len(fields.endpoints) > 100 or any(len(each) > 255 for each in fields.endpoints):
        raise _refuse("apiEndpoints", "must be at most 100 paths of 255 characters")
    for each in fields.addresses:
        try:
            ip_network(each, strict=False)
        except ValueError:
            raise _refuse("allowedIPs", "must be addresses or networks") from None


def _require_wide(actor: Actor, fields: TokenFields) -> None:
    row = of_credential(actor)
    if row is not None and row.endpoints is not None and fields.type != CUSTOM:
        raise Forbidden("token", "Your access token is narrower than that.", reason="scopes")
    if row is not None and row.endpoints is not None:
        covered = all(
            any(_covers(own, each) for own in row.endpoints) for each in _paths(fields) or ()
        )
        if not covered:
            raise Forbidden("token", "Your access token is narrower than that.", reason="scopes")


def _refuse(place: str, message: str) -> Invalid:
    return Invalid(message=f"{place} {message}.", faults=(Fault(place, "range", message),))


def _find(*, key: str) -> AccessToken | None:
    """The live row of a token as it is sent, an expired one included; locked."""
    digests = key_texts.digests(key.encode("utf-8", "replace"))
    return (
        AccessToken.objects.select_for_update(of=("self",))
        .select_related("key__user")
        .filter(key__digest__in=digests, key__revoked_at=None, key__user__is_active=True)
        .exclude(renewable_until__lte=timezone.now())
        .first()
    )


def _own(actor: Actor, token_id: int) -> AccessToken:
    row = (
        AccessToken.objects.select_for_update(of=("self",))
        .select_related("key")
        .filter(pk=token_id, kind=AccessToken.Kind.TOKEN, key__user_id=actor.user_id)
        .filter(key__revoked_at=None)
        .first()
    )
    if row is None:
        raise NotFound("token", reason="s3.unknown_id")
    return row


def _forget_dead(user: User) -> None:
    """Sessions of the person that nothing can wake any more: their keys go."""
    dead = AccessToken.objects.filter(
        kind=AccessToken.Kind.SESSION, key__user=user, renewable_until__lte=timezone.now()
    )
    ApiKey.objects.filter(pk__in=dead.values("key_id")).delete()
