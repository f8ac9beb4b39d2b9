"""The first administrator, by the one-time code."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from tests.factories import actor_of, make_person, member_of
from vaultportal.directory import setup
from vaultportal.directory.models import SetupCode
from vaultportal.directory.permissions import RolePermission
from vaultportal.directory.services.people import PersonFields
from vaultportal.errors import Conflict, Forbidden, Invalid, VaultError
from vaultportal.identity import access
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import ADMIN

pytestmark = pytest.mark.django_db

ADA = PersonFields(username="ada", email="ada@example.org")
PASSWORD = "four quite long words"


def test_the_code_makes_the_first_administrator() -> None:
    assert setup.is_needed()

    made = setup.complete_setup(setup.current_code(), ADA, password=PASSWORD)

    assert access.holds(actor_of(made), RolePermission.CHANGE)
    assert made.check_password(PASSWORD)
    assert made.is_staff and not made.is_superuser
    assert not setup.is_needed()


def test_it_is_kept_as_a_digest_and_told_to_the_caller_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        code = setup.current_code()

    assert code not in caplog.text
    assert code.replace("-", "").encode() not in bytes(SetupCode.objects.get().digest)


def test_it_may_be_typed_carelessly() -> None:
    code = setup.current_code()
    careless = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")

    assert setup.complete_setup(careless, ADA, password=PASSWORD).username == "ada"


def test_a_new_code_ends_the_old_one() -> None:
    old = setup.current_code()
    setup.current_code()

    with pytest.raises(Forbidden):
        setup.complete_setup(old, ADA, password=PASSWORD)


def test_it_ends_after_a_day() -> None:
    code = setup.current_code()

    with (
        time_machine.travel(timezone.now() + timedelta(hours=25), tick=False),
        pytest.raises(Forbidden),
    ):
        setup.complete_setup(code, ADA, password=PASSWORD)


def test_a_weak_password_does_not_use_it_up() -> None:
    code = setup.current_code()

    with pytest.raises(Invalid):
        setup.complete_setup(code, ADA, password="short")

    assert setup.complete_setup(code, ADA, password=PASSWORD).username == "ada"


def test_with_somebody_in_charge_there_is_no_set_up() -> None:
    code = setup.current_code()
    member_of(make_person(), Role.objects.get(name=ADMIN))

    with pytest.raises(Conflict):
        setup.complete_setup(code, ADA, password=PASSWORD)
    with pytest.raises(Conflict):
        setup.current_code()


@pytest.mark.parametrize("code", ["", "0000-0000-0000-0000", "x" * 10_000])
def test_a_wrong_code_makes_nobody(code: str) -> None:
    setup.current_code()

    with pytest.raises(Forbidden):
        setup.complete_setup(code, ADA, password=PASSWORD)

    assert not User.objects.filter(username="ada").exists()


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_wins() -> None:
    code = setup.current_code()
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def attempt(number: int) -> None:
        start.wait()
        try:
            setup.complete_setup(code, PersonFields(username=f"ada{number}"), password=PASSWORD)
            outcomes.append("made")
        except VaultError as refusal:
            outcomes.append(refusal.kind)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["conflict"] * 7 + ["made"]
    assert User.objects.filter(kind="person").count() == 1
