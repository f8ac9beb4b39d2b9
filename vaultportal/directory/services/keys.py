"""API keys: shown once, kept as a digest, revoked at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from vaultportal import trail
from vaultportal.crypto import blind_index
from vaultportal.directory import notices, rows, samples, text
from vaultportal.directory.models import KeptCredential, Notice
from vaultportal.directory.permissions import ApiKeyPermission
from vaultportal.directory.services import administrators
from vaultportal.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from vaultportal.identity import access, keys
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import ApiKey, User
from vaultportal.trail import Target


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key, in clear for this one time."""

    id: UUID
    expires_at: datetime | None
    key: str = field(repr=False)


@trail.unit()
def issue_key(
    actor: Actor,
    user_id: UUID,
    *,
    label: str = "",
    scopes: Collection[str] | None = None,
    lifetime: timedelta | None = None,
    key: str = "",
    is_told: bool = True,
) -> IssuedKey:
    """A key for somebody: for oneself, or for others with the right to add keys.

    scopes: what it is narrowed to ("secrets_app.*", "collections_app.view_collection"); None for
        all that its owner may do. One who came with a narrowed credential makes none for more.
    lifetime: how long it works; None for until it is revoked.
    key: the key's text when the caller brings one; else one is generated.
    is_told: its owner gets a notice; not of a session, which is a sign-in and told as one.

    Raises:
        NotFound, Forbidden; Invalid: ``key`` is too easy to guess; Conflict: ``key`` is in use.
    """
    user = _owner(actor, user_id, ApiKeyPermission.ADD)
    _require_within(actor, user, scopes)
    if key:
        samples.require_strong_key(key)
    made = _insert(user, key or keys.new_api_key(), label=label, scopes=scopes, lifetime=lifetime)
    target = Target("api_key", str(made.id), label)
    trail.record(actor, "api_key.issue", target, user=str(user.pk))
    if is_told:
        notices.tell(actor, user, Notice.Kind.KEY_MADE, what=label)
    return made


@trail.unit()
def replace_keys(
    actor: Actor, user_id: UUID, *, lifetime: timedelta | None = None, key: str = ""
) -> IssuedKey:
    """One new key for somebody; every key that they had is dead at once. Raises as ``issue_key``.

    Source: Piiano Vault, ``POST /ctl/iam/user/regen`` and ``/ctl/iam/admin/set-api-key``.
    """
    user = _owner(actor, user_id, ApiKeyPermission.CHANGE)
    _require_within(actor, user, None)
    if key:
        samples.require_strong_key(key)
    label = _revoke(user)
    made = _insert(user, key or keys.new_api_key(), label=label, scopes=None, lifetime=lifetime)
    _forget_kept(user)
    target = Target("api_key", str(made.id), label)
    trail.record(actor, "api_key.replace", target, user=str(user.pk))
    notices.tell(actor, user, Notice.Kind.KEY_MADE, what=label)
    return made


@trail.unit()
def set_expiry(actor: Actor, user_id: UUID, lifetime: timedelta | None) -> datetime | None:
    """Let somebody's live keys end ``lifetime`` from now, None for never; the new end.

    Raises:
        NotFound: no such user, or none with a key; Forbidden.
    """
    user = _owner(actor, user_id, ApiKeyPermission.CHANGE)
    ends = None if lifetime is None else timezone.now() + lifetime
    if not ApiKey.objects.filter(user=user, revoked_at=None).update(expires_at=ends):
        raise NotFound("API key")
    trail.record(actor, "api_key.set_expiry", Target("user", str(user.pk), user.username))
    return ends


@trail.unit()
def revoke_key(actor: Actor, key_id: UUID, *, is_told: bool = True) -> None:
    """End one key at once: one's own, or anybody's with the right to delete keys.

    is_told: as for ``issue_key``.

    Raises:
        NotFound: there is no such key, or it is another's and the actor may not see keys.
    """
    found = ApiKey.objects.select_for_update(of=("self",)).filter(pk=key_id).first()
    if found is None or (
        found.user_id != actor.user_id and not access.holds(actor, ApiKeyPermission.VIEW)
    ):
        raise NotFound("API key")
    user = _owner(actor, found.user_id, ApiKeyPermission.DELETE)
    is_first = found.revoked_at is None
    found.revoked_at = found.revoked_at or timezone.now()
    found.save(update_fields=["revoked_at"])
    _forget_kept(user)
    target = Target("api_key", str(key_id), found.label)
    trail.record(actor, "api_key.revoke", target, user=str(user.pk))
    if is_told and is_first:
        notices.tell(actor, user, Notice.Kind.KEY_REVOKED, what=found.label)


def _owner(actor: Actor, user_id: UUID, permission: ApiKeyPermission) -> User:
    if user_id != actor.user_id:
        access.require(actor, permission, ApiKey)
    user = rows.principal(user_id)
    if user_id != actor.user_id:
        administrators.require_not_above(actor, user)
    return user


def _require_within(actor: Actor, user: User, scopes: Collection[str] | None) -> None:
    """A narrowed credential must not make a wider one."""
    held = actor.credential.scopes
    if held is None or user.pk != actor.user_id:
        return
    if scopes is None or not set(scopes) <= held:
        raise Forbidden("API key", "Your credential is narrower than that.", reason="scopes")


def _insert(
    user: User,
    key: str,
    *,
    label: str,
    scopes: Collection[str] | None,
    lifetime: timedelta | None,
) -> IssuedKey:
    if lifetime is not None and lifetime <= timedelta(0):
        fault = Fault("lifetime", "range", "must be in the future")
        raise Invalid(message="The key would have ended already.", faults=(fault,))
    text.check_line("label", label, 255)
    for scope in scopes or ():
        text.check_name("scopes", scope, 255)
    row = ApiKey(
        user=user,
        digest=keys.digest(key),
        pepper_version=blind_index.pepper_version(),
        prefix=keys.prefix_of(key),
        label=label,
        scopes=None if scopes is None else sorted(scopes),
        expires_at=None if lifetime is None else timezone.now() + lifetime,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as clash:
        raise Conflict("API key", faults=(Fault("key", "duplicate", "is in use"),)) from clash
    return IssuedKey(row.pk, row.expires_at, key)


def _revoke(user: User) -> str:
    """Delete all keys of ``user``; the label of the newest. A deleted key's text may come back."""
    newest = ApiKey.objects.filter(user=user).order_by("-created_at").first()
    ApiKey.objects.filter(user=user).delete()
    return newest.label if newest else ""


def _forget_kept(user: User) -> None:
    """Have ``bootstrap`` tell no key of the user that opens nothing any more."""
    live = ApiKey.objects.filter(user=user, revoked_at=None)
    digests = {bytes(digest) for digest in live.values_list("digest", flat=True)}
    for kept in KeptCredential.objects.filter(user=user, kind=KeptCredential.Kind.API_KEY):
        if digests.isdisjoint(keys.digests(str(kept.value).encode())):
            kept.delete()
