"""Policies, and the roles they vote for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import as_admin, as_stranger, make_person, make_role, member_of, unique
from vaultportal.directory import selectors
from vaultportal.directory.services import policies
from vaultportal.directory.services.policies import PolicyFields
from vaultportal.errors import Forbidden, Invalid, NotFound
from vaultportal.identity import authentication

pytestmark = pytest.mark.django_db

READ_NAMES = PolicyFields("allow", ("read",), ("*",), ("buyers/properties/name",))
NAME = ("buyers/properties/name",)


def test_a_policy_votes_for_the_roles_that_have_it() -> None:
    role = make_role()
    person = member_of(make_person(), role)
    name = unique("policy")

    policies.save_policy(as_admin(), name, READ_NAMES)
    policies.set_role_policies(as_admin(), role.uuid, [name])
    assert authentication.user_actor(person.pk).policies.allow("read", NAME, "")

    policies.save_policy(as_admin(), name, replace(READ_NAMES, policy_type="deny"))
    assert not authentication.user_actor(person.pk).policies.allow("read", NAME, "")


def test_a_deleted_policy_votes_no_more() -> None:
    role, name = make_role(), unique("policy")
    person = member_of(make_person(), role)
    policies.save_policy(as_admin(), name, READ_NAMES)
    policies.set_role_policies(as_admin(), role.uuid, [name])

    policies.delete_policy(as_admin(), name)

    assert not authentication.user_actor(person.pk).policies.allow("read", NAME, "")
    with pytest.raises(NotFound):
        policies.delete_policy(as_admin(), name)


@pytest.mark.parametrize(
    "fields",
    [
        replace(READ_NAMES, policy_type="maybe"),
        replace(READ_NAMES, operations=()),
        replace(READ_NAMES, reasons=("",)),
        replace(READ_NAMES, resources=("x" * 1025,)),
        replace(READ_NAMES, resources=("*",) * 1001),
        replace(READ_NAMES, resources=("a\x00",)),
    ],
)
def test_what_a_policy_may_not_say(fields: PolicyFields) -> None:
    with pytest.raises(Invalid):
        policies.save_policy(as_admin(), unique("policy"), fields)


def test_an_unknown_policy_is_not_given() -> None:
    with pytest.raises(Invalid):
        policies.set_role_policies(as_admin(), make_role().uuid, ["no such"])


def test_trusted_roles_are_kept() -> None:
    role, trusted = make_role(), make_role()

    policies.set_trusted_roles(as_admin(), role.uuid, [trusted.uuid])

    assert list(role.trusted_roles.all()) == [trusted]


def test_a_stranger_has_no_say() -> None:
    role = make_role()

    with pytest.raises(Forbidden):
        policies.save_policy(as_stranger(), unique("policy"), READ_NAMES)
    with pytest.raises(Forbidden):
        policies.set_role_policies(as_stranger(), role.uuid, [])
    with pytest.raises(Forbidden):
        policies.delete_policy(as_stranger(), "Admin")
    with pytest.raises(Forbidden):
        selectors.list_policies(as_stranger())
