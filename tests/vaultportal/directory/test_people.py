"""Accounts of people: who may make, change and end them, and what stays behind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from oauth2_provider.models import AccessToken

from tests.factories import (
    actor_of,
    as_admin,
    as_member,
    as_stranger,
    as_superuser,
    make_access_token,
    make_client,
    make_person,
    make_role,
    member_of,
    unique,
)
from vaultportal.audit.models import AuditEntry
from vaultportal.directory import selectors
from vaultportal.directory.permissions import UserPermission
from vaultportal.directory.services import passwords, people
from vaultportal.directory.services.people import PersonFields
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound, VaultError
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import ADMIN

pytestmark = pytest.mark.django_db

PASSWORD = "four quite long words"


def manager() -> Actor:
    """Somebody who manages people and nothing else."""
    return as_member(make_role(permissions=list(UserPermission)))


def administrator() -> User:
    return member_of(make_person(), Role.objects.get(name=ADMIN))


def test_a_manager_makes_an_account_that_can_be_signed_in_to() -> None:
    actor = manager()

    made = people.create_person(
        actor,
        PersonFields(username="ada", email="ada@example.org", full_name="Ada"),
        password=PASSWORD,
    )

    stored = User.objects.get(pk=made.pk)
    assert (stored.username, stored.email, stored.kind) == ("ada", "ada@example.org", "person")
    assert stored.check_password(PASSWORD)
    entry = AuditEntry.objects.get(action="user.create")
    assert (entry.actor_id, entry.target_id) == (actor.user_id, str(made.pk))


def test_without_a_password_none_can_be_used() -> None:
    made = people.create_person(manager(), PersonFields(username=unique("bob")))

    assert not made.has_usable_password()


@pytest.mark.parametrize(
    ("fields", "name", "code"),
    [
        ({"username": ""}, "username", "missing"),
        ({"username": " a"}, "username", "format"),
        ({"username": "a\nb"}, "username", "format"),
        ({"username": "a\x00b"}, "username", "format"),
        ({"username": "a" * 256}, "username", "range"),
        ({"username": "a", "full_name": "b" * 256}, "full_name", "range"),
        ({"username": "a", "email": "nowhere"}, "email", "format"),
        ({"username": "a", "attributes": {"tags": ["\x00"]}}, "attributes", "format"),
        ({"username": "a", "attributes": {"x": "y" * 70_000}}, "attributes", "range"),
    ],
)
def test_what_an_account_may_not_say(fields: dict[str, Any], name: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        people.create_person(as_admin(), PersonFields(**fields))

    assert [(fault.property, fault.code) for fault in refused.value.faults] == [(name, code)]


def test_a_user_name_is_taken_in_any_letter_case() -> None:
    people.create_person(as_admin(), PersonFields(username="Carol"))

    with pytest.raises(Conflict) as refused:
        people.create_person(as_admin(), PersonFields(username="cAROL"))

    assert refused.value.faults[0].code == "duplicate"


def test_a_weak_password_leaves_no_account_behind() -> None:
    with pytest.raises(Invalid):
        people.create_person(as_admin(), PersonFields(username="dave"), password="short")

    assert not User.objects.filter(username="dave").exists()
    assert not AuditEntry.objects.filter(action="user.create").exists()


def test_only_the_given_fields_change() -> None:
    person = make_person(email="old@example.org", full_name="Old")

    people.change_person(manager(), person.pk, PersonFields(full_name="New"))

    person.refresh_from_db()
    assert (person.email, person.full_name) == ("old@example.org", "New")


def test_a_new_password_ends_what_ran_under_the_old_one() -> None:
    person = make_person(password=PASSWORD)
    make_access_token(person)

    passwords.set_password(manager(), person.pk, "another four long words")

    person.refresh_from_db()
    assert person.check_password("another four long words")
    assert not AccessToken.objects.filter(user=person).exists()


def test_ones_own_password_needs_the_old_one() -> None:
    person = make_person(password=PASSWORD)

    with pytest.raises(Forbidden):
        passwords.change_own_password(actor_of(person), old="wrong", new="another four long words")

    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_disabling_ends_tokens_and_enabling_does_not_revive_them() -> None:
    person = make_person()
    make_access_token(person)

    people.disable_person(manager(), person.pk)
    people.enable_person(manager(), person.pk)

    person.refresh_from_db()
    assert person.is_active
    assert not AccessToken.objects.filter(user=person).exists()


def test_a_deleted_account_is_gone() -> None:
    person = make_person()

    people.delete_person(manager(), person.pk)

    with pytest.raises(NotFound):
        selectors.get_person(as_admin(), person.pk)


def test_a_person_changes_their_own_profile_and_no_more() -> None:
    person = make_person()

    people.change_profile(actor_of(person), PersonFields(full_name="Me", language="de"))
    with pytest.raises(Invalid):
        people.change_profile(actor_of(person), PersonFields(username="root"))

    person.refresh_from_db()
    assert (person.full_name, person.language) == ("Me", "de")


def test_the_last_one_in_charge_can_neither_be_disabled_nor_deleted() -> None:
    last = administrator()

    with pytest.raises(Conflict) as refused:
        people.disable_person(actor_of(last), last.pk)
    assert refused.value.reason == "last_administrator"


def test_of_two_in_charge_one_can_be_deleted() -> None:
    first, second = administrator(), administrator()

    people.delete_person(actor_of(first), second.pk)

    assert not User.objects.filter(pk=second.pk).exists()


def test_a_manager_of_people_cannot_become_an_administrator() -> None:
    actor, boss = manager(), administrator()

    for attempt in (
        lambda: passwords.set_password(actor, boss.pk, PASSWORD),
        lambda: people.change_person(actor, boss.pk, PersonFields(email="me@example.org")),
        lambda: people.disable_person(actor, boss.pk),
        lambda: people.delete_person(actor, boss.pk),
        lambda: people.create_person(actor, PersonFields(username=unique("x")), is_staff=True),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_an_api_client_is_no_person() -> None:
    with pytest.raises(NotFound):
        people.delete_person(as_admin(), make_client().pk)


def attempts(user_id: UUID) -> dict[str, Any]:
    fields = PersonFields(username=unique("new"))
    return {
        "create": lambda actor: people.create_person(actor, fields),
        "change": lambda actor: people.change_person(actor, user_id, PersonFields(full_name="x")),
        "password": lambda actor: passwords.set_password(actor, user_id, PASSWORD),
        "disable": lambda actor: people.disable_person(actor, user_id),
        "delete": lambda actor: people.delete_person(actor, user_id),
        "list": selectors.list_people,
        "get": lambda actor: selectors.get_person(actor, user_id),
    }


@pytest.mark.parametrize(
    "operation", ["create", "change", "password", "disable", "delete", "list", "get"]
)
@pytest.mark.parametrize(
    ("who", "refusal"),
    [("stranger", Forbidden), ("narrowed", Forbidden), ("superuser", None)],
)
def test_who_may_do_what(operation: str, who: str, refusal: type[VaultError] | None) -> None:
    actor = {
        "stranger": as_stranger,
        "narrowed": lambda: as_admin(scopes=["secrets_app.*"]),
        "superuser": as_superuser,
    }[who]()
    administrator()
    attempt = attempts(make_person().pk)[operation]

    if refusal is None:
        attempt(actor)
    else:
        with pytest.raises(refusal):
            attempt(actor)
