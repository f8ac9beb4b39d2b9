"""Signing in: by name or address, slowed down for who guesses, sealed factors, no sign-up."""

from __future__ import annotations

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from django.test import Client, override_settings
from django.urls import reverse

from tests.factories import make_person, unique
from tests.vaultportal.ui.conftest import sign_in as signed_in
from vaultportal.audit.models import AuditEntry
from vaultportal.identity.models import ApiKey, Session, User

pytestmark = pytest.mark.django_db

PASSWORD = "correct-horse-battery-9"


@pytest.fixture
def person() -> User:
    name = unique("person")
    return make_person(username=name, email=f"{name}@example.com", password=PASSWORD)


def sign_in(client: Client, name: str, password: str = PASSWORD) -> int:
    answer = client.post(reverse("account_login"), {"login": name, "password": password})
    return answer.status_code


def test_a_person_signs_in_by_name_or_address(person: User) -> None:
    assert sign_in(Client(), person.username.upper()) == 302
    assert sign_in(Client(), person.email) == 302


def test_a_sign_in_is_on_record(person: User) -> None:
    sign_in(Client(), person.username)

    entry = AuditEntry.objects.get(target_id=str(person.pk), action="user.sign_in")
    assert entry.document["detail"]["door"] == "browser"


def test_a_wrong_password_tells_nothing_of_the_name(person: User) -> None:
    known = Client().post(reverse("account_login"), {"login": person.username, "password": "x"})
    unknown = Client().post(reverse("account_login"), {"login": unique("n"), "password": "x"})

    assert known.status_code == unknown.status_code == 200
    sentence = "The name or the password is not right."
    assert sentence in known.content.decode()
    assert sentence in unknown.content.decode()


def test_who_guesses_waits_and_is_told_how_long(person: User) -> None:
    client = Client()
    for _ in range(5):
        sign_in(client, person.username, "wrong")

    answer = client.post(reverse("account_login"), {"login": person.username, "password": PASSWORD})

    assert answer.status_code == 429
    assert "Too many wrong passwords. Try again in 5 minutes." in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_another_person_is_not_locked_out(person: User) -> None:
    other = make_person(password=PASSWORD)
    for _ in range(6):
        sign_in(Client(), person.username, "wrong")

    assert sign_in(Client(), other.username) == 302


def test_nobody_signs_up() -> None:
    answer = Client().get("/accounts/signup/")

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")


@pytest.mark.parametrize("path", ["email/", "password/set/", "confirm-email/", "password/change/"])
def test_pages_that_are_not_offered_do_not_exist(path: str) -> None:
    assert Client().get(f"/accounts/{path}").status_code == 404


def test_the_second_factor_is_asked_for_and_sealed(person: User) -> None:
    client = Client()
    sign_in(client, person.username)
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": pyotp.TOTP(secret).now()})

    stored = Authenticator.objects.get(user=person, type=Authenticator.Type.TOTP)
    assert secret not in str(stored.data)

    again = Client()
    answer = again.post(reverse("account_login"), {"login": person.username, "password": PASSWORD})
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert again.get("/me/").status_code == 302


def test_wrong_codes_are_counted_in_the_database(person: User) -> None:
    client = Client()
    sign_in(client, person.username)
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": pyotp.TOTP(secret).now()})
    again = Client()
    sign_in(again, person.username)
    for _ in range(10):
        again.post("/accounts/2fa/authenticate/", {"code": "000000"})

    answer = again.post("/accounts/2fa/authenticate/", {"code": pyotp.TOTP(secret).now()})

    assert "Too many wrong codes." in answer.content.decode()
    assert again.get("/me/").status_code == 302


def test_a_changed_password_ends_other_sessions(person: User) -> None:
    here, there = Client(), Client()
    sign_in(here, person.username)
    sign_in(there, person.username)

    answer = here.post("/me/password/", {"old": PASSWORD, "new": "another-horse-battery-9"})

    assert answer.status_code == 302
    assert here.get("/me/").status_code == 200
    assert there.get("/me/").status_code == 302
    assert Session.objects.filter(user=person).count() == 1


def test_an_old_proof_is_asked_for_again(person: User) -> None:
    client = Client()
    sign_in(client, person.username)
    with override_settings(ACCOUNT_REAUTHENTICATION_TIMEOUT=0):
        page = client.get("/accounts/2fa/totp/activate/")
        asked = client.get("/me/prove/", headers={"HX-Request": "true"})
    wrong = client.post("/me/prove/", {"proof": "x"}, headers={"HX-Request": "true"})
    right = client.post("/me/prove/", {"proof": PASSWORD}, headers={"HX-Request": "true"})

    assert page["Location"].startswith("/accounts/reauthenticate/")
    assert asked["HX-Retarget"] == "#proof"
    assert wrong.status_code == 422
    assert (right.status_code, right["HX-Trigger"]) == (204, "proved")


def made_a_key(client: Client, person: User) -> bool:
    """Whether a page that wants a fresh proof does what it was asked for."""
    new = {"label": unique("key"), "reach": "all", "ends": "never", "lifetime": "30"}
    client.post("/me/keys/new/", new, headers={"HX-Request": "true"})
    return ApiKey.objects.filter(user=person).exists()


def test_a_password_alone_is_no_fresh_proof_of_who_has_a_factor(person: User) -> None:
    client = signed_in(person, proved=False)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})

    answer = client.post("/accounts/reauthenticate/?next=/me/", {"password": PASSWORD})

    assert answer["Location"].startswith("/accounts/2fa/reauthenticate/?next=")
    assert not made_a_key(client, person)


def test_signing_in_within_a_page_asks_for_the_factor_also_while_signed_in(person: User) -> None:
    client = signed_in(person, proved=False)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    given = {"login": person.username, "password": PASSWORD, "person": str(person.number)}

    answer = client.post("/me/again/", given, headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert 'name="code"' in answer.content.decode()
    assert not made_a_key(client, person)


def test_signing_in_within_a_page_while_signed_in_goes_on(person: User) -> None:
    client = signed_in(person, proved=False)
    given = {"login": person.username, "password": PASSWORD, "person": str(person.number)}

    answer = client.post("/me/again/", given, headers={"HX-Request": "true"})

    assert (answer.status_code, made_a_key(client, person)) == (204, True)


def test_the_administration_leads_to_what_is_missing(person: User) -> None:
    client = Client()
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    assert client.get("/admin/login/")["Location"].startswith("/accounts/login/")
    User.objects.filter(pk=person.pk).update(is_staff=True)
    sign_in(client, person.username)

    answer = client.get("/admin/", follow=True)

    assert answer.redirect_chain[-1][0] == "/accounts/2fa/"
