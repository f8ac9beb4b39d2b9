"""The code flow of programs that act for a person."""

from __future__ import annotations

import base64
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone
from oauth2_provider.models import AccessToken, get_grant_model

from tests.factories import make_person, unique
from vaultportal.directory.oauth import applications, login, tokens
from vaultportal.directory.origin import Origin
from vaultportal.errors import VaultError
from vaultportal.identity import authentication
from vaultportal.identity.models import User

pytestmark = pytest.mark.django_db

HERE = Origin(address="192.0.2.8")
VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)
PASSWORD = "four quite long words"


@pytest.fixture
def person() -> User:
    return make_person(username=unique("ada"), password=PASSWORD)


def request(**changes: str) -> list[tuple[str, str]]:
    wanted = {
        "client_id": "privx-ui",
        "redirect_uri": applications.CALLBACK,
        "response_type": "code",
        "state": "s-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "user_agent": "a program",
    } | changes
    return [(name, value) for name, value in wanted.items() if value]


def exchange(code: str, **changes: str) -> tokens.Issued:
    wanted = {
        "grant_type": "authorization_code",
        "client_id": "privx-ui",
        "redirect_uri": applications.CALLBACK,
        "code": code,
        "code_verifier": VERIFIER,
    } | changes
    form = tokens.form([(name, value) for name, value in wanted.items() if value])
    return tokens.issue(form, HERE)


def log_in(person: User, password: str = PASSWORD, ticket: str = "") -> login.Granted:
    return login.log_in(ticket or login.open_login(request()), person.username, password, HERE)


def test_a_person_gets_a_token_for_their_program(person: User) -> None:
    granted = log_in(person)
    issued = exchange(granted.code)

    assert granted.state == "s-1"
    assert granted.code not in repr(granted)
    assert issued.refresh_token
    sent = RequestFactory().get("/", headers={"Authorization": f"Bearer {issued.access_token}"})
    actor = authentication.authenticate(sent)
    assert (actor.user_id, actor.credential.client_id) == (person.pk, "privx-ui")


def test_an_e_mail_address_names_a_person_as_well() -> None:
    person = make_person(email=f"{unique('eve')}@example.org", password=PASSWORD)
    ticket = login.open_login(request())

    assert login.log_in(ticket, person.email.upper(), PASSWORD, HERE).code


def test_a_code_works_once(person: User) -> None:
    granted = log_in(person)
    exchange(granted.code)

    assert reason_of(lambda: exchange(granted.code)) == "invalid_grant"
    assert AccessToken.objects.count() == 1


def test_a_code_ends_after_a_minute(person: User) -> None:
    granted = log_in(person)

    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        assert reason_of(lambda: exchange(granted.code)) == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"redirect_uri": "https://elsewhere.example/"}, "invalid_request"),
        ({"client_id": "privx-external"}, "invalid_client"),
        ({"code": "made-up"}, "invalid_grant"),
    ],
)
def test_a_code_is_bound_to_its_request(person: User, changes: dict[str, str], reason: str) -> None:
    granted = log_in(person)

    assert reason_of(lambda: exchange(**({"code": granted.code} | changes))) == reason
    assert not AccessToken.objects.exists()


def test_a_code_of_somebody_disabled_is_worth_nothing(person: User) -> None:
    granted = log_in(person)
    User.objects.filter(pk=person.pk).update(is_active=False)

    assert reason_of(lambda: exchange(granted.code)) == "invalid_grant"


def test_codes_lie_in_the_database_as_digests(person: User) -> None:
    granted = log_in(person)

    assert get_grant_model().objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(g)::text FROM oauth2_provider_grant g")
        (dump,) = cursor.fetchone()
    assert granted.code not in dump


def test_a_ticket_is_redeemed_once(person: User) -> None:
    ticket = login.open_login(request())
    log_in(person, ticket=ticket)

    assert reason_of(lambda: log_in(person, ticket=ticket)) == "invalid_grant"


def test_a_ticket_survives_a_mistyped_password(person: User) -> None:
    ticket = login.open_login(request())

    assert reason_of(lambda: log_in(person, "mistyped", ticket)) == "invalid_grant"
    assert log_in(person, ticket=ticket).code


def test_a_ticket_ends_after_ten_minutes(person: User) -> None:
    ticket = login.open_login(request())

    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        assert reason_of(lambda: log_in(person, ticket=ticket)) == "invalid_grant"


@pytest.mark.parametrize("ticket", ["", "x", "é", "AAAA", "A" * 200, "AAAAAf//" * 20])
def test_a_made_up_ticket_is_none(person: User, ticket: str) -> None:
    assert reason_of(lambda: login.log_in(ticket, person.username, PASSWORD, HERE)) == (
        "invalid_grant"
    )


def test_a_second_factor_cannot_be_gone_around(person: User) -> None:
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})

    assert reason_of(lambda: log_in(person)) == "invalid_grant"


def test_a_disabled_person_gets_no_code(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)

    assert reason_of(lambda: log_in(person)) == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"client_id": "unknown"}, "invalid_request"),
        ({"client_id": ""}, "invalid_request"),
        ({"client_id": "api-clients"}, "invalid_request"),
        ({"redirect_uri": "/elsewhere"}, "invalid_request"),
        ({"redirect_uri": "//elsewhere.example/privx/oauth-callback"}, "invalid_request"),
        ({"redirect_uri": "https://elsewhere.example/"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": ""}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"scope": "no.such_right"}, "invalid_scope"),
        ({"state": "\x00"}, "invalid_request"),
        ({"state": "s" * 2000}, "invalid_request"),
    ],
)
def test_a_wrong_request_gets_no_ticket(changes: dict[str, str], reason: str) -> None:
    assert reason_of(lambda: login.open_login(request(**changes))) == reason


def test_a_state_comes_back_whatever_it_holds(person: User) -> None:
    state = "a b&c=d/é%20+"
    ticket = login.open_login(request(state=state))

    assert log_in(person, ticket=ticket).state == state


def reason_of(attempt: object) -> str:
    with pytest.raises(VaultError) as refusal:
        attempt()  # type: ignore[operator]  # a lambda without arguments
    return refusal.value.reason


@pytest.mark.django_db(transaction=True)
def test_of_eight_exchanges_of_one_code_one_wins() -> None:
    granted = log_in(make_person(username=unique("ada"), password=PASSWORD))
    start = threading.Barrier(8)

    def attempt(_: int) -> str:
        start.wait()
        try:
            return exchange(granted.code).scope
        except VaultError as refusal:
            return refusal.reason
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(attempt, range(8)))

    assert outcomes == ["invalid_grant"] * 7 + ["privx-user"]
    assert AccessToken.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_renewals_with_one_token_one_wins() -> None:
    person = make_person(username=unique("ada"), password=PASSWORD)
    first = exchange(log_in(person).code)
    form = {
        "grant_type": "refresh_token",
        "client_id": "privx-ui",
        "refresh_token": first.refresh_token,
    }
    start = threading.Barrier(8)

    def attempt(_: int) -> str:
        start.wait()
        try:
            return "renewed" if tokens.issue(form, HERE).access_token else "nothing"
        except VaultError as refusal:
            return refusal.reason
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(attempt, range(8)))

    assert outcomes == ["invalid_grant"] * 7 + ["renewed"]
    # The seven look like a thief's: what the winner got has ended as well.
    assert not AccessToken.objects.exists()
