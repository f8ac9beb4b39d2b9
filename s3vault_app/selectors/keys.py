"""Key pairs without their secrets: one's own, or everybody's with the right."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import F, Q, QuerySet

from s3vault_app import rows
from s3vault_app.models import KeyPair, Vault
from s3vault_app.permissions import KeyPermission
from vaultportal.errors import Forbidden, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor


def list_pairs(actor: Actor, user_number: int | None = None) -> QuerySet[KeyPair]:
    """The pairs of one user that are not revoked, the pair over all vaults first; None for own.

    Raises:
        Forbidden: another's, without the right. NotFound: no such user.
    """
    number = actor.number if user_number is None else user_number
    if number != actor.number and not access.holds(actor, KeyPermission.VIEW):
        raise Forbidden("key pair", "You may not look at the key pair of another user.")
    user = rows.users([number])[0]
    pairs = KeyPair.objects.filter(user=user).exclude(state=KeyPair.State.REVOKED)
    return (
        pairs.defer("secret")
        .select_related("vault")
        .order_by(F("vault_id").asc(nulls_first=True), "-created_at")
    )


def get_pair(actor: Actor, user_number: int | None = None) -> KeyPair | None:
    """The active pair over all vaults; None when there is none yet."""
    found = list_pairs(actor, user_number)
    return found.filter(vault=None, state=KeyPair.State.ACTIVE).first()


def list_holders_pairs(actor: Actor, vault: Vault, user_ids: Collection[UUID]) -> QuerySet[KeyPair]:
    """The pairs that open a vault: the actor's own, or with the right those of all its users.

    vault: one that the actor may see. user_ids: who may use its data.
    """
    known = user_ids if access.holds(actor, KeyPermission.VIEW) else {actor.user_id} & {*user_ids}
    reach = Q(vault=None) | Q(vault=vault)
    return (
        KeyPair.objects.filter(reach, user_id__in=known)
        .exclude(state=KeyPair.State.REVOKED)
        .defer("secret")
        .select_related("vault", "user")
        .order_by("user__username", F("vault_id").asc(nulls_first=True), "-created_at")
    )


def unseen_pair(actor: Actor) -> KeyPair | None:
    """The actor's own new pair over all vaults, when nobody has seen its secret yet."""
    own = KeyPair.objects.filter(user_id=actor.user_id, vault=None, state=KeyPair.State.ACTIVE)
    return own.defer("secret").filter(shown_at=None).first()


def visible_pair(actor: Actor, key_id: UUID) -> KeyPair:
    """One pair: one's own, or anybody's with the right; NotFound for all others."""
    found = KeyPair.objects.defer("secret").select_related("vault", "user").filter(pk=key_id)
    pair = found.exclude(state=KeyPair.State.REVOKED).first()
    own = pair is not None and pair.user_id == actor.user_id
    if pair is None or not (own or access.holds(actor, KeyPermission.VIEW)):
        raise NotFound("key pair", reason=rows.UNKNOWN_ID)
    return pair
