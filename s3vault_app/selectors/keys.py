"""Key pairs without their secrets: one's own, or everybody's with the right."""

from __future__ import annotations

from django.db.models import F, QuerySet

from s3vault_app import rows
from s3vault_app.models import KeyPair
from s3vault_app.permissions import KeyPermission
from vaultportal.errors import Forbidden
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
