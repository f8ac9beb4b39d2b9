"""Mail in the browser: what signing in and second factors tell, and the tab of the settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pyotp
import pytest
from celery.signals import before_task_publish
from django.http import HttpRequest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from tests.factories import actor_of, make_person, make_role, member_of, unique
from tests.mail import MailBox, mail_box
from tests.vaultportal.ui.conftest import sign_in
from vaultportal.audit.models import AuditEntry
from vaultportal.celery import app
from vaultportal.crypto import blobs
from vaultportal.directory import notices, tasks
from vaultportal.directory.models import Notice
from vaultportal.directory.permissions import SettingPermission
from vaultportal.directory.services import mail
from vaultportal.identity.models import User
from vaultportal.ui import last_person

pytestmark = pytest.mark.django_db

PASSWORD = "correct-horse-battery-9"
TAB, TEST = "/settings/?tab=mail", "/settings/mail/test/"
Committed = Callable[..., AbstractContextManager[list[Any]]]


@pytest.fixture
def box(settings: Settings) -> Iterator[MailBox]:
    """A mail server that is the portal's."""
    with mail_box() as running:
        settings.PORTAL_MAIL = running.server()
        yield running


@pytest.fixture
def person() -> User:
    name = unique("person")
    return make_person(username=name, email=f"{name}@example.com", password=PASSWORD)


@pytest.fixture
def manager(administrator: User) -> Client:
    """The browser of an administrator with an address."""
    administrator.email = f"{administrator.username}@example.com"
    administrator.save()
    return settled(administrator)


def settled(user: User) -> Client:
    """The browser of somebody whose sign-in is told already."""
    client = sign_in(user)
    Notice.objects.filter(user=user).delete()
    return client


def log_in(client: Client, user: User, address: str = "203.0.113.7") -> int:
    given = {"login": user.username, "password": PASSWORD}
    return client.post("/accounts/login/", given, REMOTE_ADDR=address).status_code


def kinds(user: User) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("id").values_list("kind", flat=True))


def said(client: Client, answer: Any) -> str:
    """What the tab says after a test."""
    assert (answer.status_code, answer["Location"]) == (302, TAB)
    return str(client.get(TAB).content.decode())


# -- signing in, second factors -----------------------------------------------------------------


def test_a_browser_that_is_known_is_told_only_in_another_network(
    box: MailBox, person: User
) -> None:
    own = Client()

    log_in(own, person)
    assert kinds(person) == ["sign_in"]
    own.post("/accounts/logout/")
    log_in(own, person, "203.0.113.8")
    assert kinds(person) == ["sign_in"]
    own.post("/accounts/logout/")
    log_in(own, person, "198.51.100.1")
    assert kinds(person) == ["sign_in"] * 2


def test_only_a_note_of_the_portal_makes_a_browser_known(person: User, settings: Settings) -> None:
    other = make_person()
    noted = [
        blobs.seal_blob(last_person.PURPOSE, str(user.number).encode()).hex()
        for user in (person, other)
    ]
    wrong_purpose = blobs.seal_blob("another", str(person.number).encode()).hex()
    known = []
    for note in (*noted, wrong_purpose, str(person.number), "zz", ""):
        request = HttpRequest()
        request.COOKIES[settings.PERSON_COOKIE_NAME] = note
        known.append(last_person.is_noted(request, person))

    assert known == [True, False, False, False, False, False]


def test_a_sign_in_succeeds_without_broker_and_mail_server(
    box: MailBox,
    person: User,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Committed,
) -> None:
    for name in ("broker_url", "broker_write_url"):
        monkeypatch.setitem(app.conf, name, "redis://127.0.0.1:1/0")
    # Connections to it are this test's alone.
    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    settings.PORTAL_MAIL = box.server(port=1, password="a canary password")
    sent: list[str] = []

    def note(body: Any, headers: Any, **signal: Any) -> None:
        sent.append(json.dumps([body, headers], default=str))

    before_task_publish.connect(note)
    client = Client()
    with django_capture_on_commit_callbacks(execute=True):
        assert log_in(client, person) == 302
    before_task_publish.disconnect(note)

    assert client.get("/me/").status_code == 200
    [message] = sent
    row = Notice.objects.get()
    assert str(row.pk) in message
    for word in (person.email, person.username, "203.0.113.7", "canary", "sign_in"):
        assert word not in message
    tasks.send_notice(str(row.pk))
    row.refresh_from_db()
    assert (row.state, row.failure) == ("waiting", "unreachable")


def test_changes_of_second_factors_are_recorded_and_told(
    box: MailBox, person: User, django_capture_on_commit_callbacks: Committed
) -> None:
    client = settled(person)
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    for path, form in (
        ("totp/activate", {"code": pyotp.TOTP(secret).now()}),
        ("recovery-codes/generate", {}),
        ("totp/deactivate", {}),
    ):
        with django_capture_on_commit_callbacks(execute=True):
            client.post(f"/accounts/2fa/{path}/", form)

    assert kinds(person) == ["factor_added", "recovery_codes", "factor_removed"]
    actions = AuditEntry.objects.filter(target_id=str(person.pk)).order_by("id")
    assert [entry.action for entry in actions if "_factor" in entry.action] == [
        "user.add_factor",
        "user.remove_factor",
    ]
    for notice_id in notices.due():
        tasks.send_notice(str(notice_id))
    assert "An authenticator app was set up" in box.letters[0].text
    assert all(secret not in letter.text for letter in box.letters)


# -- the tab ------------------------------------------------------------------------------------


def test_the_tab_says_that_mail_is_off(manager: Client, settings: Settings) -> None:
    settings.PORTAL_MAIL = None

    page = manager.get(TAB).content.decode()

    assert "PORTAL_SMTP_HOST is not set" in page
    assert "Send a test to me" not in page
    assert "Mail is off: no mail server is set." in said(manager, manager.post(TEST))


def test_the_tab_shows_what_is_set_and_how_it_goes(
    box: MailBox,
    manager: Client,
    person: User,
    settings: Settings,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    settings.PORTAL_MAIL = box.server(
        user="portal", password="a canary password", security="starttls", port=1
    )
    make_person(email="")
    for _ in range(2):
        notices.tell(actor_of(person), person, Notice.Kind.PASSWORD)
    tasks.send_notice(str(notices.due()[0]))

    with django_assert_max_num_queries(14):
        page = manager.get(TAB).content.decode()

    for words in ("PORTAL_SMTP_PASSWORD", "portal@example.com", "The server takes no connection."):
        assert words in page
    assert "canary" not in page
    state = manager.get(TAB).context["mail"]
    assert (state.is_on, state.waiting, state.sent_at, state.without_address) == (True, 2, None, 1)


@pytest.mark.django_db(transaction=True)  # as in a request: without a transaction
def test_a_test_reaches_the_one_who_asks(
    box: MailBox, manager: Client, administrator: User
) -> None:
    page = said(manager, manager.post(TEST))

    assert "The mail server has taken the test mail to you." in page
    [letter] = box.letters
    assert (letter.to, letter.subject) == ((administrator.email,), "Vault Portal: Test")
    entry = AuditEntry.objects.get(action="mail.test")
    assert (entry.outcome, entry.actor_id) == ("success", administrator.pk)
    assert manager.get(TAB).context["mail"].sent_at is not None


def test_a_test_says_what_the_server_said(box: MailBox, manager: Client) -> None:
    box.refusal = "550 5.1.1 <b>no such mailbox</b>"

    page = said(manager, manager.post(TEST))

    assert "The server refuses the recipient." in page
    assert "It answered: 550 5.1.1 &lt;b&gt;no such mailbox&lt;/b&gt;" in page
    assert AuditEntry.objects.get(action="mail.test").outcome == "failure"
    assert notices.due() == []
    assert Notice.objects.get().state == "failed"


def test_a_test_needs_the_right_a_recent_proof_and_an_address(
    box: MailBox, admin: Client, stranger: Client, administrator: User
) -> None:
    viewer = make_person(email="viewer@example.com")
    member_of(viewer, make_role(permissions=[SettingPermission.VIEW]))
    looking = settled(viewer)

    assert stranger.post(TEST).status_code == 403
    assert looking.post(TEST).status_code == 403
    assert "Send a test to me" not in looking.get(TAB).content.decode()
    assert Client().post(TEST).status_code == 302
    assert sign_in(administrator, proved=False).post(TEST).status_code in (302, 401)
    assert admin.get(TEST).status_code == 405
    assert "Your account has no e-mail address" in said(admin, admin.post(TEST))
    assert (box.letters, Notice.objects.count()) == ([], 0)


def test_tests_are_few(box: MailBox, manager: Client) -> None:
    for _ in range(mail.MOST_TESTS):
        assert manager.post(TEST).status_code == 302

    assert manager.post(TEST).status_code == 429
    assert len(box.letters) == Notice.objects.count() == mail.MOST_TESTS
