"""Of whom a second factor is demanded: the rule, who may set it, and the doors of programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.utils import timezone

from tests import factories
from tests.factories import make_person, make_role, member_of, unique
from vaultportal.audit.models import AuditEntry
from vaultportal.directory import options, people_list, second_factor, signin
from vaultportal.directory.models import Setting
from vaultportal.directory.origin import Origin
from vaultportal.directory.second_factor import ADMINISTRATORS, EVERYBODY, NAME, NOBODY
from vaultportal.directory.services import roles
from vaultportal.directory.services import settings as service
from vaultportal.directory.services.roles import RoleFields
from vaultportal.errors import Forbidden, Invalid, Unauthenticated
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import ADMIN, EVERYONE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_fresh_settings")]

PASSWORD = "correct-horse-battery-9"
HERE = Origin("192.0.2.7")


@pytest.fixture
def _fresh_settings() -> Iterator[None]:
    options.forget()
    yield
    options.forget()


def demand(value: str) -> None:
    Setting.objects.update_or_create(name=NAME, defaults={"value": value})
    options.forget()


def with_factor(user: User, kind: str = Authenticator.Type.TOTP) -> User:
    Authenticator.objects.create(user=user, type=kind, data={})
    return user


def chief(**fields: Any) -> User:
    return member_of(make_person(**fields), Role.objects.get(name=ADMIN))


def lacking(*people: User) -> list[bool]:
    return [second_factor.is_missing(User.objects.get(pk=each.pk)) for each in people]


def detail_of(entry: AuditEntry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(entry.body)).get("detail", {})
    return found


def acting(user: User) -> Actor:
    return factories.actor_of(user)


# -- the rule -------------------------------------------------------------------------------------


def test_nobody_is_asked_until_somebody_says_so() -> None:
    assert lacking(make_person(), chief()) == [False, False]


def test_everybody_without_one_lacks_it() -> None:
    demand(EVERYBODY)
    codes = with_factor(make_person(), Authenticator.Type.RECOVERY_CODES)

    assert lacking(make_person(), chief(), codes) == [True, True, True]
    assert lacking(
        with_factor(make_person()), with_factor(chief(), Authenticator.Type.WEBAUTHN)
    ) == [False, False]


def test_programs_are_not_asked() -> None:
    demand(EVERYBODY)

    assert lacking(factories.make_client()) == [False]


def test_administrators_are_those_in_charge_now() -> None:
    demand(ADMINISTRATORS)
    boss = Role.objects.get(name=ADMIN)
    now = timezone.now()
    was = member_of(make_person(), boss, valid_until=now - timedelta(minutes=1))
    will_be = member_of(make_person(), boss, valid_from=now + timedelta(minutes=1))

    assert lacking(chief(), make_person(is_superuser=True)) == [True, True]
    assert lacking(make_person(), was, will_be, with_factor(chief())) == [False] * 4


def test_a_role_asks_its_people() -> None:
    role = make_role()
    inside, outside = member_of(make_person(), role), make_person()
    ended = member_of(make_person(), role, valid_until=timezone.now() - timedelta(minutes=1))
    assert lacking(inside) == [False]

    roles.change_role(acting(with_factor(chief())), role.uuid, RoleFields(needs_factor=True))

    assert lacking(inside, outside, ended) == [True, False, False]
    assert lacking(with_factor(inside)) == [False]


def test_the_role_of_everybody_asks_everybody() -> None:
    Role.objects.filter(name=EVERYONE).update(needs_factor=True)

    assert lacking(make_person()) == [True]


def test_a_retired_role_asks_nobody() -> None:
    role = make_role(needs_factor=True)
    person = member_of(make_person(), role)
    Role.objects.filter(pk=role.pk).update(deleted_at=timezone.now())

    assert lacking(person) == [False]


def test_the_last_factor_is_kept_while_one_is_demanded() -> None:
    person = with_factor(make_person())
    assert not second_factor.is_kept(person)
    demand(EVERYBODY)
    assert second_factor.is_kept(person)

    with_factor(person, Authenticator.Type.WEBAUTHN)

    assert not second_factor.is_kept(person)


# -- who may set it -------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [ADMINISTRATORS, EVERYBODY])
def test_who_has_none_demands_none(value: str) -> None:
    boss = chief()

    with pytest.raises(Invalid) as refusal:
        service.change_setting(acting(boss), NAME, value)

    assert refusal.value.reason == "own_factor"
    assert not Setting.objects.filter(name=NAME).exists()

    service.change_setting(acting(with_factor(boss)), NAME, value)

    assert options.get(second_factor.SECOND_FACTOR) == value
    entry = AuditEntry.objects.filter(action="setting.change").latest("id")
    assert detail_of(entry) == {"to": value}


def test_who_has_none_may_end_it() -> None:
    demand(EVERYBODY)

    service.change_setting(acting(chief()), NAME, NOBODY)

    assert lacking(make_person()) == [False]


@pytest.mark.parametrize("value", ["", "all", "Everyone", "everyone "])
def test_other_words_are_none(value: str) -> None:
    with pytest.raises(Invalid):
        service.change_setting(acting(with_factor(chief())), NAME, value)


def test_a_role_is_marked_by_who_has_one() -> None:
    boss, name = chief(), unique("role")
    with pytest.raises(Invalid) as refusal:
        roles.create_role(acting(boss), RoleFields(name=name, needs_factor=True))
    assert refusal.value.reason == "own_factor"
    assert not Role.objects.filter(name=name).exists()

    made = roles.create_role(acting(with_factor(boss)), RoleFields(name=name, needs_factor=True))
    Authenticator.objects.filter(user=boss).delete()
    roles.change_role(acting(boss), made.uuid, RoleFields(comment="as it was"))
    roles.change_role(acting(boss), made.uuid, RoleFields(needs_factor=True))
    assert Role.objects.get(pk=made.pk).needs_factor
    roles.change_role(acting(boss), made.uuid, RoleFields(needs_factor=False))

    assert not Role.objects.get(pk=made.pk).needs_factor
    said = AuditEntry.objects.filter(target_id=str(made.uuid)).order_by("id")
    assert [detail_of(entry) for entry in said] == [
        {"needs_factor": True},
        {},
        {},
        {"needs_factor": False},
    ]


def test_the_command_takes_it_back() -> None:
    demand(EVERYBODY)
    person = make_person()

    call_command("setting", "reset", NAME, stdout=StringIO())

    assert lacking(person) == [False]


def test_the_state_counts_active_people() -> None:
    before = second_factor.state(factories.as_admin())
    make_person(is_active=False)
    factories.make_client()
    make_person()
    with_factor(chief())
    chief()
    demand(ADMINISTRATORS)

    counted = second_factor.state(factories.as_admin())

    # Who looks is in charge as well, and has no factor.
    assert counted.without - before.without == 3
    assert counted.administrators - before.administrators == 2
    assert before.missing == 0
    assert counted.missing == counted.administrators
    with pytest.raises(Forbidden):
        second_factor.state(factories.as_stranger())


def test_the_list_finds_who_has_none() -> None:
    without, has = make_person(), with_factor(make_person())
    wanted = people_list.PeopleFilter(factor="without")

    found = set(people_list.choose_people(factories.as_admin(), wanted))

    assert without in found
    assert has not in found


# -- the doors of programs ------------------------------------------------------------------------


def test_a_password_opens_no_door_of_programs_to_who_lacks_one() -> None:
    person = make_person(password=PASSWORD)
    assert signin.check_password(person.username, PASSWORD, HERE, door="privx") == person
    demand(EVERYBODY)

    with pytest.raises(Unauthenticated) as lacks:
        signin.check_password(person.username, PASSWORD, HERE, door="privx")
    with pytest.raises(Unauthenticated) as wrong:
        signin.check_password(person.username, "wrong-horse-battery-9", HERE, door="privx")

    assert (lacks.value.message, lacks.value.reason) == (wrong.value.message, wrong.value.reason)
    assert AuditEntry.objects.filter(action="user.sign_in").latest("id").outcome == "refused"
