"""Roles and who holds them."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from tests.factories import (
    actor_of,
    as_admin,
    as_member,
    as_stranger,
    make_person,
    make_role,
    member_of,
    unique,
)
from vaultportal.directory import selectors
from vaultportal.directory.permissions import RolePermission, UserPermission
from vaultportal.directory.services import memberships, roles
from vaultportal.directory.services.memberships import Given
from vaultportal.directory.services.roles import RoleFields
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound
from vaultportal.identity import access, authentication
from vaultportal.identity.models import Membership, Role
from vaultportal.identity.models.role import ADMIN, EVERYONE

pytestmark = pytest.mark.django_db

ADD = frozenset({"secrets_app.add_secret"})


def test_a_role_gives_its_rights_to_its_members() -> None:
    person = make_person()
    made = roles.create_role(as_admin(), RoleFields(name=unique("role"), rights=ADD))

    memberships.add_role(as_admin(), person.pk, Given(made.uuid))

    assert authentication.user_actor(person.pk).permissions >= ADD


def test_a_changed_role_has_the_new_rights_only() -> None:
    made = roles.create_role(as_admin(), RoleFields(name=unique("role"), rights=ADD))

    rights = frozenset({"secrets_app.view_secret"})
    roles.change_role(as_admin(), made.uuid, RoleFields(rights=rights, comment="watchers"))

    found = selectors.get_role(as_stranger(), made.uuid)
    assert roles.rights_of(found) == rights
    assert found.comment == "watchers"


def test_fields_of_a_wire_are_kept_key_by_key() -> None:
    fields = RoleFields(name=unique("role"), wire={"context": {"a": 1}, "source_rules": {}})
    made = roles.create_role(as_admin(), fields)

    roles.change_role(as_admin(), made.uuid, RoleFields(wire={"context": {"b": 2}}))

    assert selectors.get_role(as_admin(), made.uuid).wire == {
        "context": {"b": 2},
        "source_rules": {},
    }


def test_a_retired_role_is_empty_and_its_name_is_free() -> None:
    name = unique("builders")
    made = roles.create_role(as_admin(), RoleFields(name=name, rights=ADD))
    person = member_of(make_person(), made)

    roles.retire_role(as_admin(), made.uuid)
    again = roles.create_role(as_admin(), RoleFields(name=name))

    assert made.pk not in authentication.user_actor(person.pk).role_ids
    retired = selectors.get_roles(as_stranger(), [made.uuid])[made.uuid]
    assert retired.deleted_at is not None
    assert roles.shown_name(retired) == name
    assert roles.rights_of(retired) == frozenset()
    assert again.uuid != made.uuid
    with pytest.raises(NotFound):
        selectors.get_role(as_admin(), made.uuid)


def test_a_long_name_is_retired_as_well() -> None:
    made = roles.create_role(as_admin(), RoleFields(name="r" * 150))

    roles.retire_role(as_admin(), made.uuid)

    assert roles.shown_name(Role.objects.get(pk=made.pk)) == "r" * 150


@pytest.mark.parametrize("name", [ADMIN, EVERYONE, "Admin"])
def test_a_built_in_role_stays_what_it_is(name: str) -> None:
    role = Role.objects.get(name=name)

    with pytest.raises(Conflict):
        roles.retire_role(as_admin(), role.uuid)
    with pytest.raises(Conflict):
        roles.change_role(as_admin(), role.uuid, RoleFields(name="mine"))


def test_administrators_keep_every_right() -> None:
    role = selectors.get_role(as_admin(), Role.objects.get(name=ADMIN).uuid)
    before = roles.rights_of(role)

    roles.change_role(as_admin(), role.uuid, RoleFields(rights=frozenset()))

    assert roles.rights_of(selectors.get_role(as_admin(), role.uuid)) == before


def test_a_name_is_taken_once() -> None:
    name = unique("role")
    roles.create_role(as_admin(), RoleFields(name=name))

    with pytest.raises(Conflict) as refused:
        roles.create_role(as_admin(), RoleFields(name=name))

    assert refused.value.faults[0].code == "duplicate"


@pytest.mark.parametrize(
    "fields",
    [
        RoleFields(name=""),
        RoleFields(name="r" * 151),
        RoleFields(name="a\x00"),
        RoleFields(name="fine", rights=frozenset({"no.such_right"})),
        RoleFields(name="fine", wire={"context": {"\x00": 1}}),
    ],
)
def test_what_a_role_may_not_be(fields: RoleFields) -> None:
    with pytest.raises(Invalid):
        roles.create_role(as_admin(), fields)


def test_the_whole_set_of_roles_is_replaced() -> None:
    old, kept, new = make_role(), make_role(), make_role()
    person = member_of(make_person(), old, kept)
    since = Membership.objects.get(user=person, group_id=kept.pk).created_at

    memberships.set_roles(as_admin(), person.pk, [Given(kept.uuid), Given(new.uuid)])

    held = {role.uuid: row for role, row in selectors.list_memberships(as_admin(), person.pk)}
    assert held.keys() == {kept.uuid, new.uuid}
    assert held[kept.uuid].created_at == since


def test_the_role_of_everybody_is_not_stored() -> None:
    person = make_person()
    everyone = Role.objects.get(name=EVERYONE)

    memberships.set_roles(as_admin(), person.pk, [Given(everyone.uuid)])

    assert selectors.list_memberships(as_admin(), person.pk) == []
    assert everyone.pk in authentication.user_actor(person.pk).role_ids


def test_a_role_for_a_time_is_held_only_then() -> None:
    past, future = make_role(), make_role()
    person = make_person()
    now = timezone.now()

    memberships.set_roles(
        as_admin(),
        person.pk,
        [
            Given(past.uuid, now - timedelta(days=2), now - timedelta(days=1)),
            Given(future.uuid, now + timedelta(days=1)),
        ],
    )

    assert {past.pk, future.pk}.isdisjoint(authentication.user_actor(person.pk).role_ids)
    assert list(selectors.list_members(as_admin(), past.uuid)) == []
    assert len(selectors.list_memberships(as_admin(), person.pk)) == 2


def test_a_role_must_begin_before_it_ends() -> None:
    role, now = make_role(), timezone.now()

    with pytest.raises(Invalid):
        memberships.set_roles(as_admin(), make_person().pk, [Given(role.uuid, now, now)])


def test_an_unknown_or_retired_role_is_not_given() -> None:
    retired = make_role()
    roles.retire_role(as_admin(), retired.uuid)

    for role_id in (uuid4(), retired.uuid):
        with pytest.raises(Invalid) as refused:
            memberships.set_roles(as_admin(), make_person().pk, [Given(role_id)])
        assert refused.value.faults[0].property == "roles.0.id"


def test_handing_out_roles_needs_both_rights() -> None:
    role, person = make_role(), make_person()
    people_only = as_member(make_role(permissions=[UserPermission.CHANGE]))
    roles_only = as_member(make_role(permissions=[RolePermission.CHANGE]))

    for actor in (people_only, roles_only, as_stranger()):
        with pytest.raises(Forbidden):
            memberships.set_roles(actor, person.pk, [Given(role.uuid)])


def test_the_last_administrator_cannot_be_taken_away() -> None:
    last = member_of(make_person(), Role.objects.get(name=ADMIN))

    with pytest.raises(Conflict):
        memberships.set_roles(actor_of(last), last.pk, [])
    with pytest.raises(Conflict):
        memberships.remove_role(actor_of(last), last.pk, Role.objects.get(name=ADMIN).uuid)

    assert access.holds(actor_of(last), RolePermission.CHANGE)


def test_who_may_not_manage_roles() -> None:
    role = make_role()
    adder = as_member(make_role(permissions=[RolePermission.ADD]))

    with pytest.raises(Forbidden):
        roles.create_role(as_stranger(), RoleFields(name=unique("role")))
    with pytest.raises(Forbidden):
        roles.create_role(adder, RoleFields(name=unique("role"), rights=ADD))
    with pytest.raises(Forbidden):
        roles.change_role(adder, role.uuid, RoleFields(comment="x"))
    with pytest.raises(Forbidden):
        roles.retire_role(adder, role.uuid)
    with pytest.raises(Forbidden):
        selectors.list_members(as_stranger(), role.uuid)


def test_a_list_of_roles_costs_a_fixed_number_of_statements(
    django_assert_num_queries: object,
) -> None:
    actor = as_stranger()
    for _ in range(5):
        member_of(make_person(), make_role(permissions=[UserPermission.VIEW]))

    with django_assert_num_queries(3):  # type: ignore[operator]  # the fixture's type is not exported
        found = list(selectors.list_roles(actor))
        [roles.rights_of(role) for role in found]

    assert sum(role.member_count for role in found) >= 5  # type: ignore[attr-defined]  # annotated
