"""S3 key pairs: chosen by the portal, shown once, rotated at once everywhere."""

from __future__ import annotations

import secrets
import string
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from s3vault_app import rows
from s3vault_app.models import KeyPair, Vault
from s3vault_app.permissions import KeyPermission, VaultPermission
from s3vault_app.services import doorbell
from vaultportal import trail
from vaultportal.errors import Fault, Forbidden, Gone, Invalid, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.trail import Target

LONGEST_OVERLAP = timedelta(days=30)
_LETTERS = string.ascii_uppercase + string.digits
_SECRET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class ShownPair:
    """A pair with its secret in clear, for this one time."""

    id: UUID
    access_key_id: str
    secret: str = field(repr=False)


@trail.unit()
def rotate(
    actor: Actor,
    user_number: int,
    *,
    vault_number: int | None = None,
    overlap: timedelta | None = None,
) -> ShownPair:
    """A new pair for a user, which replaces the one that they had.

    vault_number: for the pair of this one vault; None for the pair over all of them.
    overlap: for how long the old pair still works; None ends it at once.

    Raises:
        Forbidden: another's pair, without the right to rotate those of others.
        NotFound: no such user or vault. Invalid: the overlap is not within 0 to 30 days.

    Source: Commvault, ``PUT V4/User/{id}/S3AccessKey``; contract section 5.
    """
    user = _user(actor, user_number, KeyPermission.CHANGE)
    vault = None if vault_number is None else _vault(actor, user, vault_number)
    if overlap is not None and not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        fault = Fault("overlap", "range", "must be 0 to 30 days")
        raise Invalid(message="The overlap must be 0 to 30 days.", faults=(fault,))
    made = _replace(user, vault, overlap=overlap)
    made.shown_at = timezone.now()
    made.save(update_fields=["shown_at"])
    target = Target("s3_key", str(made.pk), made.access_key_id)
    trail.record(actor, "s3_key.rotate", target, user=str(user.pk), vault=_name(vault))
    doorbell.apply_now(user.pk)
    return ShownPair(made.pk, made.access_key_id, str(made.secret))


@trail.unit()
def show_once(actor: Actor, key_id: UUID) -> ShownPair:
    """The secret of one's own new pair, which nobody has seen yet.

    Raises:
        NotFound: there is none, or it is another's. Gone: it was shown before.
    """
    pairs = KeyPair.objects.select_for_update().filter(state=KeyPair.State.ACTIVE)
    pair = pairs.filter(pk=key_id, user_id=actor.user_id).first()
    if pair is None:
        raise NotFound("key pair", reason=rows.UNKNOWN_ID)
    if pair.shown_at is not None:
        raise Gone("key pair", "The secret was shown before. Rotate the pair for a new one.")
    pair.shown_at = timezone.now()
    pair.save(update_fields=["shown_at"])
    trail.record(actor, "s3_key.show", Target("s3_key", str(pair.pk), pair.access_key_id))
    return ShownPair(pair.pk, pair.access_key_id, str(pair.secret))


@trail.unit()
def revoke(actor: Actor, key_id: UUID) -> None:
    """End one pair at once: one's own, or another's with the right.

    Raises:
        NotFound: there is none, or it is another's and the actor may not see those.
    """
    pair = KeyPair.objects.select_for_update(of=("self",)).filter(pk=key_id).first()
    if pair is None or (
        pair.user_id != actor.user_id and not access.holds(actor, KeyPermission.VIEW)
    ):
        raise NotFound("key pair", reason=rows.UNKNOWN_ID)
    if pair.user_id != actor.user_id:
        access.require(actor, KeyPermission.CHANGE, KeyPair)
    _end([pair])
    target = Target("s3_key", str(pair.pk), pair.access_key_id)
    trail.record(actor, "s3_key.revoke", target, user=str(pair.user_id))
    doorbell.apply_now(pair.user_id)


def require_may_rotate(actor: Actor, user_ids: Collection[UUID]) -> None:
    """Forbidden when one of these users other than the actor has a pair that would end.

    Whoever has none yet gets one with their first vault, and loses nothing by a new one.
    """
    if access.holds(actor, KeyPermission.CHANGE):
        return
    others = KeyPair.objects.working().filter(user_id__in=user_ids, vault=None)
    if others.exclude(user_id=actor.user_id).exists():
        raise Forbidden("key pair", "You may not touch the key pair of another user.")


def rotate_all(actor: Actor, user_ids: Collection[UUID]) -> None:
    """New pairs for all of them, unseen; the old ones stop. Within the caller's unit of work."""
    for user in User.objects.filter(pk__in=user_ids).order_by("pk"):
        made = _replace(user, None, overlap=None)
        target = Target("s3_key", str(made.pk), made.access_key_id)
        trail.record(actor, "s3_key.rotate", target, user=str(user.pk), vault="")


def ensure_pairs(user_ids: Collection[UUID]) -> None:
    """A pair over all vaults for each who has none yet, unseen until its user asks for it."""
    have = KeyPair.objects.filter(user_id__in=user_ids, vault=None, state=KeyPair.State.ACTIVE)
    missing = set(user_ids) - set(have.values_list("user_id", flat=True))
    pairs = [_new(user_id, None) for user_id in sorted(missing)]
    # Two that make the pair of one user at once: the later one finds it made.
    KeyPair.objects.bulk_create(pairs, ignore_conflicts=True)


def end_overlaps() -> int:
    """Revoke the old pairs whose overlap is over; how many. For the beat."""
    over = KeyPair.objects.select_for_update().filter(
        state=KeyPair.State.OVERLAP, overlap_until__lte=timezone.now()
    )
    with trail.unit():
        return _end(list(over))


def _replace(user: User, vault: Vault | None, *, overlap: timedelta | None) -> KeyPair:
    """Within a transaction: end the active pair, or let it overlap, and make a new one."""
    User.objects.select_for_update().filter(pk=user.pk).first()  # one rotation at a time
    now = timezone.now()
    held = KeyPair.objects.filter(user=user, vault=vault)
    old = list(held.exclude(state=KeyPair.State.REVOKED))
    if overlap:
        held.filter(state=KeyPair.State.ACTIVE).update(
            state=KeyPair.State.OVERLAP, overlap_until=now + overlap, rotated_at=now
        )
    else:
        _end(old)
    made = _new(user.pk, vault)
    made.save(force_insert=True)
    return made


def _end(pairs: Collection[KeyPair]) -> int:
    now = timezone.now()
    return KeyPair.objects.filter(pk__in=[pair.pk for pair in pairs]).update(
        state=KeyPair.State.REVOKED, revoked_at=now, rotated_at=now, overlap_until=None, secret=None
    )


def _new(user_id: UUID, vault: Vault | None) -> KeyPair:
    access_key_id = "VPK" + "".join(secrets.choice(_LETTERS) for _ in range(17))
    secret = "".join(secrets.choice(_SECRET) for _ in range(40))
    return KeyPair(user_id=user_id, vault=vault, access_key_id=access_key_id, secret=secret)


def _user(actor: Actor, number: int, permission: KeyPermission) -> User:
    if number != actor.number and not access.holds(actor, permission):
        raise Forbidden("key pair", "You may not touch the key pair of another user.")
    return rows.users([number])[0]


def _vault(actor: Actor, user: User, number: int) -> Vault:
    """A vault whose data the actor, or whoever they act for, may use."""
    vaults = Vault.objects.live()
    own = user.pk == actor.user_id
    permission = VaultPermission.USE if own else VaultPermission.VIEW
    found = access.permitted(actor, permission, vaults).filter(number=number).first()
    if found is None:
        raise NotFound("vault", reason=rows.UNKNOWN_ID)
    return found


def _name(vault: Vault | None) -> str:
    return vault.name if vault else ""
