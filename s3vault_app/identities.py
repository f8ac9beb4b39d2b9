"""Who must be known to an engine, with which pairs and buckets: worked out from the grants.

An engine's identities follow this by comparison: what is wanted and was not applied is applied, and
what was applied and is no longer wanted is taken away. So the end of a membership, of a grant or of
an account takes S3 access with it, whoever ended it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from s3vault_app.models import (
    EngineIdentity,
    KeyPair,
    StoragePool,
    Vault,
    VaultRoleGrant,
    VaultUserGrant,
)
from s3vault_app.permissions import VaultPermission
from vaultportal.identity.grant_tables import numbers
from vaultportal.identity.models import Membership, Role, User

# The name that proofs use inside an engine; of no user, and there for as long as a proof runs.
PROOF_USER = "vault-portal-proof"
DATA = {VaultPermission.USE: "use", VaultPermission.BACKUP: "backup"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One name inside an engine.

    name: ``u31`` for a user's pair over all vaults, ``u31-v204`` for the pair of one vault.
    vaults: the right by bucket, "use" or "backup".
    pairs: those that must work; their secrets are opened only when the engine needs them.
    """

    name: str
    user_id: UUID
    vaults: dict[str, str]
    pairs: list[KeyPair] = field(repr=False)

    def as_applied(self) -> dict[str, Any]:
        """What ``EngineIdentity.applied`` holds when the engine knows all of this."""
        return {
            "vaults": dict(sorted(self.vaults.items())),
            "keys": sorted(pair.access_key_id for pair in self.pairs),
        }


def wanted(pool: StoragePool, user_ids: Collection[UUID] | None = None) -> dict[str, Wanted]:
    """Everybody whom the engine of ``pool`` must know, by name; of ``user_ids`` alone, if given."""
    rights = _rights(pool, user_ids)
    users = User.objects.filter(pk__in=rights).in_bulk()
    pairs = KeyPair.objects.working().filter(user_id__in=rights).order_by("created_at", "pk")
    vault_names = {vault.pk: vault for vault in _vaults(pool)}
    found: dict[str, Wanted] = {}
    for pair in pairs:
        number, held = users[pair.user_id].number, rights[pair.user_id]
        name, reach = f"u{number}", held
        if pair.vault_id is not None:
            vault = vault_names.get(pair.vault_id)
            if vault is None or vault.name not in held:
                continue  # of another pool, or no longer his
            name, reach = f"u{number}-v{vault.number}", {vault.name: held[vault.name]}
        entry = found.setdefault(name, Wanted(name, pair.user_id, reach, []))
        entry.pairs.append(pair)
    return found


def members(role_ids: Collection[int]) -> set[UUID]:
    """The users who hold one of the live roles now."""
    return set(members_of(role_ids).values_list("user_id", flat=True))


def members_of(role_ids: Any) -> QuerySet[Membership]:
    """The memberships now in those of the roles that live. role_ids: also as a query."""
    live = Role.objects.live().filter(pk__in=role_ids).values("pk")
    return _memberships().filter(group_id__in=live)


def holders(vault: Vault) -> set[UUID]:
    """The active users with the data of one vault, by their own grant or by a role."""
    return {
        user_id
        for user_id, held in _rights(vault.pool, None).items()
        if vault.name in held
    }  # fmt: skip


def known_to_engine(vault: Vault) -> set[UUID]:
    """The users whom the engine was told of for this bucket."""
    rows = EngineIdentity.objects.filter(pool=vault.pool, applied__vaults__has_key=vault.name)
    return set(rows.exclude(user=None).values_list("user_id", flat=True))


def _rights(pool: StoragePool, user_ids: Collection[UUID] | None) -> dict[UUID, dict[str, str]]:
    """The stronger of a user's rights on each bucket of the pool."""
    named = {numbers.on(permission, Vault): word for permission, word in DATA.items()}
    in_force = Q(valid_until=None) | Q(valid_until__gt=timezone.now())
    on_pool = Q(content_object__in=_vaults(pool).values("pk"), permission_id__in=named)
    own = VaultUserGrant.objects.filter(in_force, on_pool, user__is_active=True)
    by_role = VaultRoleGrant.objects.filter(in_force, on_pool)
    found: dict[UUID, dict[str, str]] = {}

    def note(user_id: UUID, bucket: str, word: str) -> None:
        held = found.setdefault(user_id, {})
        if held.get(bucket) != "backup":
            held[bucket] = word

    for user_id, bucket, right in own.values_list(
        "user_id", "content_object__name", "permission_id"
    ):
        note(user_id, bucket, named[right])
    roles: dict[int, list[tuple[str, str]]] = {}
    for role, bucket, right in by_role.values_list(
        "group_id", "content_object__name", "permission_id"
    ):
        roles.setdefault(role, []).append((bucket, named[right]))
    live = Role.objects.live().filter(pk__in=roles).values("pk")
    for user_id, role in (
        _memberships()
        .filter(group_id__in=live, user__is_active=True)
        .values_list("user_id", "group_id")
    ):
        for bucket, word in roles[role]:
            note(user_id, bucket, word)
    if user_ids is None:
        return found
    return {user_id: held for user_id, held in found.items() if user_id in set(user_ids)}


def _vaults(pool: StoragePool) -> QuerySet[Vault]:
    return Vault.objects.live().filter(pool=pool).exclude(state=Vault.State.DELETING)


def _memberships() -> QuerySet[Membership]:
    now = timezone.now()
    return Membership.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=now), Q(valid_until=None) | Q(valid_until__gt=now)
    )
