"""Guessing is slowed, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.factories import as_admin, make_person, unique
from vaultportal.directory import options, signin, throttle
from vaultportal.directory.models import GuessCounter
from vaultportal.directory.oauth import tokens
from vaultportal.directory.origin import Origin
from vaultportal.directory.services import clients
from vaultportal.directory.services.settings import change_setting
from vaultportal.directory.throttle import Guess
from vaultportal.errors import TooMany, Unauthenticated, VaultError
from vaultportal.identity.models import User

pytestmark = pytest.mark.django_db

PASSWORD = "four quite long words"


@pytest.fixture(autouse=True)
def _fresh_options() -> Iterator[None]:
    options.forget()
    yield
    options.forget()


def fail(guess: Guess, times: int) -> None:
    for _ in range(times):
        throttle.count(guess)


def is_shut(guess: Guess) -> bool:
    try:
        throttle.check(guess)
    except TooMany as limit:
        assert limit.retry_after is not None and 0 < limit.retry_after <= 900
        return True
    return False


def test_a_principal_is_shut_for_the_address_that_guessed() -> None:
    guess = Guess("password", unique("ada"), "192.0.2.1")

    fail(guess, throttle.PER_PAIR - 1)
    assert not is_shut(guess)
    fail(guess, 1)

    assert is_shut(guess)
    assert is_shut(Guess("password", guess.principal.upper(), "192.0.2.1"))
    assert not is_shut(Guess("password", guess.principal, "192.0.2.2"))
    assert not is_shut(Guess("password", unique("bob"), "192.0.2.1"))
    assert not is_shut(Guess("oauth", guess.principal, "192.0.2.1"))


def test_an_address_that_tries_everybody_is_shut() -> None:
    for _ in range(throttle.PER_ADDRESS):
        throttle.count(Guess("password", unique("name"), "192.0.2.3"))

    assert is_shut(Guess("password", unique("other"), "192.0.2.3"))
    assert not is_shut(Guess("password", unique("other"), "192.0.2.4"))


def test_a_principal_that_is_tried_from_everywhere_is_shut() -> None:
    name = unique("ada")
    for host in range(throttle.PER_SUBJECT):
        throttle.count(Guess("password", name, f"198.51.100.{host}"))

    assert is_shut(Guess("password", name, "192.0.2.5"))


def test_it_opens_again_by_itself() -> None:
    guess = Guess("password", unique("ada"), "192.0.2.1")
    fail(guess, throttle.PER_PAIR)

    with time_machine.travel(timezone.now() + throttle.WINDOW + timedelta(seconds=1), tick=False):
        assert not is_shut(guess)
        throttle.count(guess)
        assert not is_shut(guess)
        throttle.sweep()
    assert GuessCounter.objects.filter(failures=1).exists()


def test_a_success_forgets_the_failures() -> None:
    guess = Guess("password", unique("ada"), "192.0.2.1")
    fail(guess, throttle.PER_PAIR)

    throttle.forget(guess)

    assert not is_shut(guess)


def test_names_are_not_kept() -> None:
    throttle.count(Guess("password", "my secret by mistake", "192.0.2.1"))

    kept = b"".join(bytes(row.subject) for row in GuessCounter.objects.all())
    assert b"mistake" not in kept


def test_it_can_be_switched_off() -> None:
    guess = Guess("password", unique("ada"), "192.0.2.1")
    fail(guess, throttle.PER_PAIR)

    change_setting(as_admin(), "login.throttle", value=False)

    assert not is_shut(guess)


def test_ten_wrong_passwords_shut_out_the_right_one() -> None:
    person = make_person(password=PASSWORD)
    origin = Origin("192.0.2.9")
    counted = Guess("password", person.username, origin.address)
    fail(counted, throttle.PER_PAIR - 1)

    with pytest.raises(Unauthenticated):
        signin.check_password(person.username, "wrong", origin, door="test")
    with pytest.raises(TooMany):
        signin.check_password(person.username, PASSWORD, origin, door="test")
    elsewhere = Origin("192.0.2.10")
    assert signin.check_password(person.username, PASSWORD, elsewhere, door="test") == person


def test_a_machine_may_log_in_as_often_as_it_likes() -> None:
    made = clients.create_client(as_admin(), unique("machine"))
    machine = clients.open_client(as_admin(), made.pk)
    form = {
        "grant_type": "client_credentials",
        "client_id": str(machine.id),
        "client_secret": machine.secret,
    }

    for _ in range(throttle.PER_PAIR + 5):
        tokens.issue(form, Origin("192.0.2.11"))

    assert not GuessCounter.objects.exists()


def test_guessed_secrets_of_a_machine_are_counted() -> None:
    made = clients.create_client(as_admin(), unique("machine"))
    form = {"grant_type": "client_credentials", "client_id": str(made.pk), "client_secret": "x"}

    reasons = []
    for _ in range(throttle.PER_PAIR + 1):
        with pytest.raises(VaultError) as refusal:
            tokens.issue(form, Origin("192.0.2.12"))
        reasons.append(refusal.value.reason)

    assert reasons == ["invalid_client"] * throttle.PER_PAIR + ["throttled"]
    assert User.objects.filter(pk=made.pk, is_active=True).exists()


def test_a_machine_cannot_be_shut_from_elsewhere() -> None:
    made = clients.create_client(as_admin(), unique("machine"))
    machine = clients.open_client(as_admin(), made.pk)
    form = {"grant_type": "client_credentials", "client_id": str(machine.id)}
    for host in range(throttle.PER_SUBJECT + 1):
        throttle.count(Guess("oauth", str(machine.id), f"198.51.100.{host}", generated=True))

    issued = tokens.issue(form | {"client_secret": machine.secret}, Origin("192.0.2.13"))

    assert issued.access_token
