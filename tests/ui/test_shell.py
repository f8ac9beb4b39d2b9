"""What stands around every page: signing in again in place, the audit's alarm, running jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pyotp
import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_person, make_role, unique
from tests.s3vault_app.ui import rig
from vaultportal.audit.permissions import AuditPermission
from vaultportal.identity.models import User
from vaultportal.ui import integrity, running
from vaultportal.ui.integrity import Standing

pytestmark = pytest.mark.django_db

PASSWORD = "correct-horse-battery-9"
PART = {"HX-Request": "true"}


@pytest.fixture
def person() -> User:
    name = unique("person")
    return make_person(username=name, email=f"{name}@example.com", password=PASSWORD)


def signed_in(person: User) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": person.username, "password": PASSWORD})
    return client


def test_a_part_of_a_page_asks_to_sign_in_in_place() -> None:
    answer = Client().get("/me/", headers={**PART, "X-Person": "12"})

    assert (answer.status_code, answer["HX-Retarget"]) == (401, "#proof")
    assert 'name="person" value="12"' in answer.content.decode()


def test_a_part_that_asks_by_itself_interrupts_nobody() -> None:
    answer = Client().get("/palette/jobs/", headers={**PART, "X-Live": "1"})

    assert (answer.status_code, answer["HX-Reswap"]) == (401, "none")


def test_the_rail_counts_after_the_page_what_its_reader_sees(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    vault = rig.vault()
    rig.job(vault, state="Failed")
    admin, owner = rig.browser(rig.administrator()), rig.browser(rig.give(make_person(), vault))
    for _ in range(3):  # of others
        rig.job(rig.vault(vault.plan), state="Failed")
    page = owner.get("/me/").content.decode()

    with django_assert_max_num_queries(25):  # one an entry, and what every page asks
        everything = admin.get("/palette/jobs/?counts=1", headers=PART).content.decode()
    own = owner.get("/palette/jobs/?counts=1", headers=PART).content.decode()
    later = owner.get("/palette/jobs/", headers=PART).content.decode()

    assert 'hx-get="/palette/jobs/?counts=1" hx-trigger="load"' in page
    assert '<span class="vp-n" id="count-storage-jobs"></span>' in page
    place = 'id="count-storage-jobs" hx-swap-oob="outerHTML"><span class="visually-hidden">, '
    assert f'<span class="vp-n is-bad" {place}</span>1 failed</span>' in own
    assert f"{place}</span>4 failed</span>" in everything
    assert "count-storage-endpoints" in page or "count-storage-endpoints" not in own
    assert "count-" not in later


def test_signing_in_in_place_takes_both_factors_and_gives_a_new_token(person: User) -> None:
    client = signed_in(person)
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": pyotp.TOTP(secret).now()})
    again, whose = Client(), str(person.number)
    given = {"login": person.username, "person": whose}

    wrong = again.post("/me/again/", {**given, "password": "wrong"}, headers=PART)
    half = again.post("/me/again/", {**given, "password": PASSWORD}, headers=PART)
    assert wrong.status_code == 422
    assert 'name="code"' in half.content.decode()
    assert again.get("/me/").status_code == 302

    bad = again.post("/me/again/", {"code": "000000", "person": whose}, headers=PART)
    code = pyotp.TOTP(secret).now()
    whole = again.post("/me/again/", {"code": code, "person": whose}, headers=PART)

    assert bad.status_code == 422
    if whole.status_code == 422:  # the code of this half minute was spent on switching it on
        code = next(iter(recovery_codes(client)))
        whole = again.post("/me/again/", {"code": code, "person": whose}, headers=PART)
    assert whole.status_code == 204
    assert json.loads(whole["HX-Trigger"])["proved"]["token"]
    assert again.get("/me/").status_code == 200


def recovery_codes(client: Client) -> list[str]:
    """The codes that go with the second factor, for who shows the first."""
    page = client.get("/accounts/2fa/recovery-codes/")
    return list(page.context["unused_codes"])


def test_the_page_of_somebody_else_is_loaded_anew(person: User) -> None:
    given = {"login": person.username, "password": PASSWORD, "person": "1"}

    answer = Client().post("/me/again/", given, headers=PART)

    assert answer["HX-Refresh"] == "true"


def test_guessing_in_place_is_slowed_as_anywhere(person: User) -> None:
    client = Client()
    for _ in range(5):
        client.post("/me/again/", {"login": person.username, "password": "x"}, headers=PART)

    given = {"login": person.username, "password": PASSWORD}
    answer = client.post("/me/again/", given, headers=PART)

    assert answer.status_code == 429
    assert "Too many wrong passwords." in answer.content.decode()


# -- the alarm ----------------------------------------------------------------------------------


@pytest.fixture
def broken_trail(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A verification that found the trail broken."""
    standing = Standing("broken", "Entry 5 of chain 3 was changed.", "/audit/verify/")
    monkeypatch.setattr(integrity, "_sources", [lambda: standing])
    integrity.forget()
    yield
    integrity.forget()


@pytest.mark.usefixtures("broken_trail")
def test_a_broken_trail_is_told_to_auditors_on_every_page(person: User) -> None:
    make_role(permissions=[AuditPermission.VIEW], members=[person])
    client = signed_in(person)

    for path in ("/", "/me/", "/palette/"):
        assert "Entry 5 of chain 3 was changed." in client.get(path).content.decode()
    assert "See what to do" in client.get("/").content.decode()


@pytest.mark.usefixtures("broken_trail")
def test_nobody_else_is_alarmed(person: User) -> None:
    assert "was changed" not in signed_in(person).get("/").content.decode()


def test_running_jobs_show_in_the_top_bar(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(person)
    assert "running" not in client.get("/palette/jobs/").content.decode().replace("vp-running", "")

    source = running.Source(lambda actor: 2, "ui:sessions", lambda actor: ())
    monkeypatch.setattr(running, "_sources", [source])
    page = client.get("/palette/jobs/").content.decode()

    assert "2 jobs are running" in page
    assert 'href="/me/sessions/"' in page
