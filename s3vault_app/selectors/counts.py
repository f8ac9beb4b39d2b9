"""How much there is behind the tabs of a vault, in one statement."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import IntegerField, Q, Subquery
from django.utils import timezone

from s3vault_app.identities import members_of
from s3vault_app.models import KeyPair, Vault, VaultRoleGrant, VaultUserGrant
from s3vault_app.permissions import KeyPermission, VaultPermission
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.grant_tables import numbers

DATA = (VaultPermission.USE, VaultPermission.BACKUP)


class _Count(Subquery):
    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


@dataclass(frozen=True, slots=True)
class Counts:
    """keys: pairs that open the vault, as far as the actor may see them.

    owners: the people and roles that were given something on it.
    """

    keys: int
    owners: int


def of_vault(actor: Actor, vault: Vault) -> Counts:
    """For a vault that the actor may see."""
    live = Q(valid_until=None) | Q(valid_until__gt=timezone.now())
    every = [numbers.on(right, Vault) for right in (VaultPermission.OWN, VaultPermission.CHANGE)]
    data = [numbers.on(right, Vault) for right in DATA]
    users = VaultUserGrant.objects.filter(live, content_object=vault)
    roles = VaultRoleGrant.objects.filter(live, content_object=vault)
    by_role = members_of(roles.filter(permission_id__in=data).values("group_id"))
    opens = Q(user__in=users.filter(permission_id__in=data).values("user_id")) | Q(
        user__in=by_role.values("user_id")
    )
    pairs = KeyPair.objects.filter(Q(vault=None) | Q(vault=vault), opens, user__is_active=True)
    if not access.holds(actor, KeyPermission.VIEW):
        pairs = pairs.filter(user_id=actor.user_id)
    named = Q(permission_id__in=[*every, *data])
    keys, people, groups = (
        Vault.objects.filter(pk=vault.pk)
        .values_list(
            _Count(pairs.exclude(state=KeyPair.State.REVOKED).values("pk")),
            _Count(users.filter(named).values("user_id").distinct()),
            _Count(roles.filter(named).values("group_id").distinct()),
        )
        .get()
    )
    return Counts(keys, people + groups)
