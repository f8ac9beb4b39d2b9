"""Signing in over this wire, and its tokens: API keys of the portal with what the wire adds.

A token dies with its user, with its key's end and when it is revoked, at the next request of every
process: API keys are in the reach of the identity epoch.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from s3vault_app.models import AccessToken
from s3vault_app.services import tokens
from s3vault_app.services.tokens import TokenFields
from vaultportal import trail
from vaultportal.crypto import blind_index
from vaultportal.directory import signin
from vaultportal.directory.origin import Origin
from vaultportal.directory.services import keys
from vaultportal.errors import Forbidden, NotFound, Unauthenticated
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
RENEWED_GRACE = timedelta(seconds=30)  # for requests that are under way with the old token


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
        _require_renewable(row, origin)
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
        keys.revoke_key(actor, row.key_id, is_told=row.kind == AccessToken.Kind.TOKEN)


@trail.unit()
def issue_token(actor: Actor, fields: TokenFields, *, is_told: bool = True) -> IssuedToken:
    """A token for one's own programs.

    is_told: one gets a notice of it; not when a program renews what it has.

    Raises:
        Invalid: a time that is over or too far, a network that is none. Forbidden: one came with a
            token that is narrower, or ends before.

    Source: Commvault, ``POST V4/AccessToken``; contract section 2.2.
    """
    tokens.check(fields)
    row, token = _issue(actor, _within_own(actor, fields), is_told=is_told)
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
        Unauthenticated: they do not belong together, the time is over, or the token is not for the
            caller's network.

    Source: Commvault, ``POST V4/AccessToken/Renew``; contract section 2.2.
    """
    with trail.unit():
        row = _find(key=token)
        digests = blind_index.hmac_digests(REFRESH, refresh_token.encode())
        if row is None or bytes(row.refresh_digest or b"") not in digests:
            raise Unauthenticated
        _require_renewable(row, origin)
        actor = _acting(row.key.user, origin)
        lifetime = (row.key.expires_at or timezone.now() + tokens.LONGEST) - row.key.created_at
        until = row.renewable_until or timezone.now() + tokens.LONGEST
        fields = TokenFields(
            name=row.name,
            type=row.type,
            endpoints=tuple(row.endpoints or ()),
            addresses=tuple(row.addresses),
            expires_at=min(timezone.now() + min(lifetime, tokens.LONGEST), until),
            renewable_until=row.renewable_until,
        )
        keys.revoke_key(actor, row.key_id, is_told=False)
        row.delete()
        return issue_token(actor, fields, is_told=False)


@trail.unit()
def change_token(actor: Actor, token_id: int, fields: TokenFields) -> AccessToken:
    """Rename a token of one's own, or change its end, its paths and its networks.

    Raises:
        NotFound: there is none; Invalid. Forbidden: one came with a token that is narrower than
            what it would be, or ends before.
    """
    tokens.check(fields)
    row = _own(actor, token_id)
    known = tuple(row.endpoints or ())
    wanted = TokenFields(
        name=fields.name or row.name,
        type=row.type if fields.type is None else fields.type,
        endpoints=known if fields.endpoints is None else fields.endpoints,
        addresses=tuple(row.addresses) if fields.addresses is None else fields.addresses,
        expires_at=fields.expires_at or row.key.expires_at,
        renewable_until=fields.renewable_until or row.renewable_until,
    )
    said = replace(wanted, expires_at=fields.expires_at, renewable_until=fields.renewable_until)
    _require_within_own(actor, said)
    row.name, row.renewable_until = wanted.name, wanted.renewable_until
    row.type, row.endpoints = wanted.type or tokens.WHOLE, tokens.paths_of(wanted)
    row.addresses = list(wanted.addresses or ())
    row.save()
    scopes = list(NARROW if wanted.type == tokens.CUSTOM else WIDE)
    ends = wanted.expires_at
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
    rows = AccessToken.objects.select_related("key")
    return rows.filter(key_id=UUID(actor.credential.id)).first()


def require_reach(actor: Actor, path: str) -> None:
    """Forbidden when the actor's token is not for ``path`` (below the base) or their address."""
    row = of_credential(actor)
    if row is None:
        return
    if row.endpoints is not None and not any(tokens.covers(each, path) for each in row.endpoints):
        raise Forbidden("token", "Your access token is not for this address.", reason="scopes")
    if row.addresses and not tokens.is_in(actor.address, row.addresses):
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
    made = keys.issue_key(
        actor, user.pk, label="sign-in (S3)", scopes=WIDE, lifetime=lifetime, is_told=False
    )
    AccessToken.objects.create(key_id=made.id, kind=AccessToken.Kind.SESSION, renewable_until=until)
    return made.key


def _issue(actor: Actor, fields: TokenFields, *, is_told: bool) -> tuple[AccessToken, str]:
    ends = fields.expires_at or timezone.now() + tokens.LONGEST
    made = keys.issue_key(
        actor,
        actor.user_id,
        label=fields.name or "access token (S3)",
        scopes=NARROW if fields.type == tokens.CUSTOM else WIDE,
        lifetime=ends - timezone.now(),
        is_told=is_told,
    )
    row = AccessToken(
        key_id=made.id,
        kind=AccessToken.Kind.TOKEN,
        name=fields.name,
        type=fields.type or tokens.WHOLE,
        endpoints=tokens.paths_of(fields),
        addresses=list(fields.addresses or ()),
        renewable_until=fields.renewable_until,
    )
    return row, made.key


def _within_own(actor: Actor, fields: TokenFields) -> TokenFields:
    """A new token's fields; what was not said is as narrow as the token that one came with."""
    own = of_credential(actor)
    if own is None or own.kind != AccessToken.Kind.TOKEN:
        return fields
    ends = own.key.expires_at
    wanted = replace(
        fields,
        addresses=tuple(own.addresses) if fields.addresses is None else fields.addresses,
        expires_at=fields.expires_at or ends,
        renewable_until=fields.renewable_until or ends,
    )
    _require_within_own(actor, wanted)
    return wanted


def _require_within_own(actor: Actor, wanted: TokenFields) -> None:
    """Forbidden unless the token that one came with reaches as far, and for as long.

    A sign-in is no limit of what its person makes: it is short by nature.
    """
    own = of_credential(actor)
    if own is None or own.kind != AccessToken.Kind.TOKEN:
        return
    if own.endpoints is not None:
        paths = tokens.paths_of(wanted)
        if paths is None or not all(
            any(tokens.covers(x, each) for x in own.endpoints) for each in paths
        ):
            raise _too_wide()
    if own.addresses:
        inner = wanted.addresses or ()
        if not inner or not all(tokens.lies_in(each, own.addresses) for each in inner):
            raise _too_wide()
    if (ends := own.key.expires_at) is not None:
        for end in (wanted.expires_at, wanted.renewable_until):
            if end is not None and end > ends:
                raise _too_wide()


def _too_wide() -> Forbidden:
    return Forbidden("token", "Your access token is narrower than that.", reason="scopes")


def _require_renewable(row: AccessToken, origin: Origin) -> None:
    """Unauthenticated from outside its networks, and when it ended and was not to be renewed."""
    ended = row.key.expires_at is not None and row.key.expires_at <= timezone.now()
    if ended and row.renewable_until is None:
        raise Unauthenticated
    if row.addresses and not tokens.is_in(origin.address, row.addresses):
        raise Unauthenticated


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
