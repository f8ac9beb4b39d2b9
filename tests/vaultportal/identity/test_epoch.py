"""Every change of what authentication reads raises the epoch, by whatever path it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from tests import factories
from vaultportal.identity import lookup
from vaultportal.identity.models import (
    ApiKey,
    IdentityEpoch,
    Membership,
    Policy,
    Role,
    User,
)

pytestmark = pytest.mark.django_db

AccessToken = get_access_token_model()


@dataclass(frozen=True)
class World:
    """One of everything that authentication reads."""

    user: User
    role: Role
    membership: Membership
    policy: Policy
    key: ApiKey
    permission: Permission


@pytest.fixture
def world() -> World:
    user, policy = factories.make_person(), factories.make_policy()
    role = factories.make_role(policies=[policy], members=[user])
    permission = Permission.objects.get(codename="view_user")
    role.permissions.add(permission)
    factories.make_access_token(user)
    _, key = factories.make_api_key(user)
    membership = Membership.objects.get(user=user)
    return World(user, role, membership, policy, key, permission)


def run(statement: str, *params: UUID | int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def rename(row: User | Role | Policy) -> None:
    """Through ``save`` with all columns, as a form of the admin does it."""
    field = "username" if isinstance(row, User) else "name"
    setattr(row, field, factories.unique("renamed"))
    row.save()


CHANGES: dict[str, Callable[[World], object]] = {
    "user disabled by raw update": lambda w: User.objects.filter(pk=w.user.pk).update(
        is_active=False
    ),
    "user made superuser by SQL": lambda w: run(
        "UPDATE identity_user SET is_superuser = TRUE WHERE id = %s", w.user.pk
    ),
    "user saved by a form": lambda w: rename(w.user),
    "user deleted": lambda w: w.user.delete(),
    "user deleted by a queryset": lambda w: User.objects.filter(pk=w.user.pk).delete(),
    "role saved by a form": lambda w: rename(w.role),
    "role retired by raw update": lambda w: Role.objects.filter(pk=w.role.pk).update(
        deleted_at=timezone.now()
    ),
    "role made": lambda w: factories.make_role(),
    "role deleted": lambda w: w.role.delete(),
    "group renamed by SQL": lambda w: run(
        "UPDATE auth_group SET name = name || '!' WHERE id = %s", w.role.pk
    ),
    "permission given": lambda w: w.role.permissions.add(
        Permission.objects.get(codename="add_user")
    ),
    "permission taken": lambda w: w.role.permissions.remove(w.permission),
    "permissions cleared": lambda w: w.role.permissions.clear(),
    "permission renamed": lambda w: Permission.objects.filter(pk=w.permission.pk).update(
        codename="x"
    ),
    "permission deleted": lambda w: w.permission.delete(),
    "membership given": lambda w: factories.member_of(factories.make_person(), w.role),
    "membership ended by raw update": lambda w: Membership.objects.filter(
        pk=w.membership.pk
    ).update(valid_until=timezone.now()),
    "membership deleted": lambda w: w.membership.delete(),
    "memberships cleared": lambda w: w.user.groups.clear(),
    "key revoked": lambda w: ApiKey.objects.filter(pk=w.key.pk).update(revoked_at=timezone.now()),
    "key narrowed": lambda w: ApiKey.objects.filter(pk=w.key.pk).update(scopes=["identity.*"]),
    "key saved by a form": lambda w: w.key.save(),
    "key deleted": lambda w: w.key.delete(),
    "policy saved by a form": lambda w: rename(w.policy),
    "policy deleted": lambda w: w.policy.delete(),
    "policy given": lambda w: w.role.policies.add(factories.make_policy()),
    "policy taken": lambda w: w.role.policies.remove(w.policy),
    "token revoked": lambda w: AccessToken.objects.get(user=w.user).revoke(),
    "token shortened": lambda w: AccessToken.objects.filter(user=w.user).update(
        expires=timezone.now()
    ),
    "tokens deleted by SQL": lambda w: run(
        "DELETE FROM oauth2_provider_accesstoken WHERE user_id = %s", w.user.pk
    ),
    "memberships emptied": lambda w: run(
        "SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE identity_membership"
    ),
}

# What happens all the time must not void every cache.
EVERYDAY: dict[str, Callable[[World], object]] = {
    "sign-in": lambda w: w.user.save(update_fields=["last_login"]),
    "profile": lambda w: w.user.save(update_fields=["language", "theme"]),
    "new password": lambda w: w.user.save(update_fields=["password"]),
    "new user": lambda w: factories.make_person(),
    "new token": lambda w: factories.make_access_token(w.user),
    "new key": lambda w: factories.make_api_key(w.user),
    "key used": lambda w: ApiKey.objects.filter(pk=w.key.pk).update(last_used_at=timezone.now()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_raises_the_epoch(world: World, change: Callable[[World], object]) -> None:
    before = lookup.epoch()

    change(world)

    after = lookup.epoch()
    assert before is not None
    assert after is not None
    assert after > before


@pytest.mark.parametrize("event", EVERYDAY.values(), ids=EVERYDAY.keys())
def test_everyday_events_do_not(world: World, event: Callable[[World], object]) -> None:
    before = lookup.epoch()

    event(world)

    assert lookup.epoch() == before


def test_what_is_rolled_back_leaves_the_epoch(world: World) -> None:
    before = lookup.epoch()

    with pytest.raises(RuntimeError), transaction.atomic():
        world.membership.delete()
        raise RuntimeError

    assert lookup.epoch() == before


def test_a_lost_row_comes_back_above_all_values_there_were(world: World) -> None:
    before = lookup.epoch()
    IdentityEpoch.objects.all().delete()
    assert lookup.epoch() is None

    world.membership.delete()

    after = lookup.epoch()
    assert before is not None
    assert after is not None
    assert after > before


@pytest.mark.django_db(transaction=True)
def test_it_is_raised_by_the_commit_of_the_change_and_not_before() -> None:
    user = factories.make_person()
    factories.member_of(user, factories.make_role(), valid_until=timezone.now() + timedelta(days=1))
    before = lookup.epoch()

    with transaction.atomic():
        user.groups.clear()
        other_process = connection.copy()
        try:
            with other_process.cursor() as cursor:
                cursor.execute(lookup.EPOCH)
                seen_outside = cursor.fetchone()[0]
        finally:
            other_process.close()

    assert seen_outside == before
    assert lookup.epoch() != before
