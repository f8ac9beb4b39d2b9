"""A form that came too late: its session was over, or its proof old, and nothing typed is lost."""

from __future__ import annotations

import re
import time
from typing import Any

import pyotp
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from secrets_app.models import ImportJob, Secret
from secrets_app.records import Ref
from secrets_app.services import secrets
from tests.factories import actor_of, make_person, member_of, unique
from tests.secrets_app.factories import CANARY, make_personal
from vaultportal.identity.models import ApiKey, Role, Session, User
from vaultportal.identity.models.role import ADMIN
from vaultportal.ui import kept

pytestmark = pytest.mark.django_db

PASSWORD = "correct-horse-battery-9"
NEW = "/secrets/personal/new/"
KEY = "/me/keys/new/"


@pytest.fixture(autouse=True)
def _somebody_is_in_charge(db: None) -> None:
    """Else a page of nobody leads to the set-up."""
    member_of(make_person(), Role.objects.get(name=ADMIN))


@pytest.fixture
def person() -> User:
    name = unique("person")
    return make_person(username=name, email=f"{name}@example.com", password=PASSWORD)


def signed_in(person: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.get(reverse("account_login"))
    post(client, reverse("account_login"), {"login": person.username, "password": PASSWORD})
    return client


def post(client: Client, path: str, given: dict[str, Any]) -> Any:
    """As a form of the page before does it: with the token of this browser."""
    name = next(name for name in client.cookies if name.endswith("csrf"))
    return client.post(path, {**given, "csrfmiddlewaretoken": client.cookies[name].value})


def sealed_in(answer: Any) -> str:
    found = re.search(r'name="kept" value="([^"]+)"', answer.content.decode())
    assert found is not None, answer.content.decode()[:2000]
    return found[1]


def typed(name: str) -> dict[str, str]:
    return {"name": name, "kind": "json", "name-0": "token", "value-0": CANARY}


def grown_old(client: Client) -> None:
    """As if the last proof were an hour old."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() - 3600
    session.save()


def new_key(label: str) -> dict[str, str]:
    return {"label": label, "reach": "all", "ends": "never", "lifetime": "30"}


def test_who_was_signed_out_signs_in_and_what_was_typed_is_stored(person: User) -> None:
    client, name = signed_in(person), unique("late")
    Session.objects.filter(user=person).delete()

    asked = post(client, NEW, typed(name))
    assert asked.status_code == 401 and asked["Cache-Control"] == "no-store"
    page = asked.content.decode()
    assert "Your session is over" in page and CANARY not in page
    sealed = sealed_in(asked)
    assert not any(CANARY in str(dict(row.items())) for row in [client.session])

    login = {"login": person.username, "kept": sealed}
    wrong = post(client, NEW, {**login, "password": "wrong"})
    assert wrong.status_code == 422 and sealed_in(wrong) == sealed
    right = post(client, NEW, {**login, "password": PASSWORD})

    assert right.status_code == 302
    found = secrets.read_data(actor_of(person), Ref.personal(person.pk, name))
    assert found.payload is not None and found.payload.value == {"token": CANARY}


def test_what_somebody_else_typed_is_not_carried_out(person: User) -> None:
    client, other, name = signed_in(person), make_person(password=PASSWORD), unique("late")
    Session.objects.filter(user=person).delete()

    sealed = sealed_in(post(client, NEW, typed(name)))
    login = {"login": other.username, "password": PASSWORD, "kept": sealed}
    answer = post(client, NEW, login)

    assert (answer.status_code, answer["Location"]) == (302, NEW)
    page = client.get(NEW).content.decode()
    assert "Somebody else filled in that form" in page and name not in page
    assert not Secret.objects.filter(name=name).exists()


def test_what_nobody_is_known_to_have_typed_is_not_kept(person: User) -> None:
    client = signed_in(person)
    cookie = client.cookies[settings.PERSON_COOKIE_NAME]
    assert cookie["httponly"] and str(person.number) != cookie.value
    Session.objects.filter(user=person).delete()

    for value in ("", "0", "00" * 120):
        client.cookies[settings.PERSON_COOKIE_NAME] = value
        answer = post(client, NEW, typed(unique("late")))
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("account_login"))


def test_what_was_wrong_in_the_form_is_said_after_the_sign_in(person: User) -> None:
    client = signed_in(person)
    Session.objects.filter(user=person).delete()

    sealed = sealed_in(post(client, NEW, typed("a//b")))
    given = {"login": person.username, "password": PASSWORD, "kept": sealed}
    form = post(client, NEW, given)

    assert form.status_code == 422
    assert "This name cannot be used" in form.content.decode()
    assert 'value="a//b"' in form.content.decode()


def test_the_second_factor_is_asked_for_on_the_same_page(person: User) -> None:
    client, name = signed_in(person), unique("late")
    factor = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    post(client, "/accounts/2fa/totp/activate/", {"code": pyotp.TOTP(factor).now()})
    codes = list(client.get("/accounts/2fa/recovery-codes/").context["unused_codes"])
    Session.objects.filter(user=person).delete()

    sealed = sealed_in(post(client, NEW, typed(name)))
    half = post(client, NEW, {"login": person.username, "password": PASSWORD, "kept": sealed})
    assert half.status_code == 401 and 'name="code"' in half.content.decode()
    bad = post(client, NEW, {"code": "000000", "kept": sealed_in(half)})
    assert bad.status_code == 422
    whole = post(client, NEW, {"code": codes[0], "kept": sealed_in(bad)})

    assert whole.status_code == 302 and whole["Location"].startswith("/secrets/")


def test_an_old_proof_is_given_and_the_form_goes_on(person: User) -> None:
    client, label = signed_in(person), unique("key")
    grown_old(client)

    asked = post(client, KEY, new_key(label))
    assert asked.status_code == 401 and "Prove it is you" in asked.content.decode()
    sealed = sealed_in(asked)
    wrong = post(client, KEY, {"proof": "wrong", "kept": sealed})
    assert wrong.status_code == 422 and "This is not your password." in wrong.content.decode()
    made = post(client, KEY, {"proof": PASSWORD, "kept": sealed})

    assert made.status_code == 200 and "I have stored it" in made.content.decode()
    assert ApiKey.objects.filter(user=person, label=label).count() == 1


def test_files_are_not_kept_and_the_page_says_so(person: User) -> None:
    client = signed_in(person)
    grown_old(client)
    file = SimpleUploadedFile("my.env", f"A={CANARY}\n".encode())
    given = {"source": "dotenv", "to": "personal", "folder": "from/here"}

    asked = post(client, "/secrets/import/", {**given, "content": file})
    assert "Files are not kept" in asked.content.decode()
    form = post(client, "/secrets/import/", {"proof": PASSWORD, "kept": sealed_in(asked)})

    assert form.status_code == 422 and 'value="from/here"' in form.content.decode()
    assert not ImportJob.objects.filter(author_id=person.pk).exists()


def test_what_is_kept_opens_for_this_browser_address_and_person_only(person: User) -> None:
    client, other = signed_in(person), signed_in(make_person(password=PASSWORD))
    made = make_personal(actor_of(person))
    for each in (client, other):
        grown_old(each)
    sealed = sealed_in(post(client, KEY, new_key(unique("key"))))
    given = {"proof": PASSWORD, "kept": sealed}

    for browser, path in ((other, KEY), (client, f"/secrets/{made.id}/links/")):
        answer = post(browser, path, given)
        assert (answer.status_code, answer["Location"]) == (302, path)
    assert post(client, KEY, {**given, "kept": "nonsense"}).status_code == 302
    nothing_to_get = post(client, f"/events/invocations/{made.id}/replay/", given)
    assert (nothing_to_get.status_code, nothing_to_get["Location"]) == (302, "/")
    assert not ApiKey.objects.filter(user=person).exists()


def test_what_waits_too_long_is_forgotten(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(person)
    grown_old(client)
    sealed = sealed_in(post(client, KEY, new_key(unique("key"))))
    monkeypatch.setattr(kept, "LASTS", -1)

    answer = post(client, KEY, {"proof": PASSWORD, "kept": sealed})

    assert answer.status_code == 302
    assert "is forgotten" in client.get("/me/").content.decode()


def test_within_a_page_the_dialog_asks_and_nothing_is_sealed(person: User) -> None:
    client = signed_in(person)
    grown_old(client)
    made = make_personal(actor_of(person))

    asked = client.get(f"/secrets/{made.id}/reveal/?field=0", headers={"HX-Request": "true"})

    assert (asked.status_code, asked["HX-Retarget"]) == (401, "#proof")
    assert 'name="kept"' not in asked.content.decode()
