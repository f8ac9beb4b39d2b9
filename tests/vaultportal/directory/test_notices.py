"""Mails to people about their accounts: what is told to whom, once, and what a failure does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from tests.factories import actor_of, as_admin, make_client, make_person, unique
from tests.mail import SENDER, MailBox, mail_box
from tests.vaultportal.outbound.servers import raw_server
from vaultportal import trail
from vaultportal.directory import notices, tasks
from vaultportal.directory.mail_server import MailServer
from vaultportal.directory.models import Notice
from vaultportal.directory.origin import Origin
from vaultportal.directory.services import accounts, identities, keys, passwords, people
from vaultportal.directory.services.identities import Identity, Newcomer
from vaultportal.directory.services.people import PersonFields
from vaultportal.identity.models import Session, User
from vaultportal.trail import Target

pytestmark = pytest.mark.django_db

Kind = Notice.Kind
PASSWORD = "correct-horse-battery-9"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Version/18.0 Safari/605.1.15"
WORDS = {
    "en": {
        Kind.SIGN_IN: ("Sign-in from a new place", "was not used from before"),
        Kind.PASSWORD: ("Your password was changed", "The password of your account"),
        Kind.FACTOR_ADDED: ("Second factor added", "A passkey was added"),
        Kind.FACTOR_REMOVED: ("Second factor removed", "A passkey was removed"),
        Kind.RECOVERY_CODES: ("New recovery codes", "The old ones are of no use"),
        Kind.EMAIL: ("Your e-mail address was changed", "to the old and to the new one"),
        Kind.KEY_MADE: ("API key made", "An API key was made that acts as you."),
        Kind.KEY_REVOKED: ("API key revoked", "It opens nothing any more."),
        Kind.IDENTITY_ADDED: ("Identity connected", "It can be signed in with from now on."),
        Kind.IDENTITY_REMOVED: ("Identity disconnected", "It cannot be signed in with any more."),
        Kind.DISABLED: ("Your account was disabled", "ask who runs the portal"),
        Kind.TEST: ("Test", "the test mail that you asked for"),
    },
    "de": {
        Kind.SIGN_IN: ("Anmeldung von einem neuen Ort", "bisher nicht benutzt"),
        Kind.PASSWORD: ("Passwort geändert", "Das Passwort dieses Kontos"),
        Kind.FACTOR_ADDED: ("Zweiter Faktor hinzugefügt", "Passkey hinzugefügt"),
        Kind.FACTOR_REMOVED: ("Zweiter Faktor entfernt", "Passkey entfernt"),
        Kind.RECOVERY_CODES: ("Neue Notfallcodes", "Die alten sind wertlos"),
        Kind.EMAIL: ("E-Mail-Adresse geändert", "an die alte und an die neue"),
        Kind.KEY_MADE: ("API-Schlüssel angelegt", "ein API-Schlüssel angelegt"),
        Kind.KEY_REVOKED: ("API-Schlüssel widerrufen", "Er öffnet nichts mehr."),
        Kind.IDENTITY_ADDED: ("Identität verbunden", "Ab jetzt kann man sich damit anmelden."),
        Kind.IDENTITY_REMOVED: ("Identität getrennt", "Damit kann man sich nicht mehr anmelden."),
        Kind.DISABLED: ("Konto gesperrt", "die das Portal betreiben"),
        Kind.TEST: ("Test", "die angeforderte Testmail"),
    },
}


@pytest.fixture
def box(settings: Settings) -> Iterator[MailBox]:
    """A mail server that is the portal's."""
    with mail_box() as running:
        settings.PORTAL_MAIL = running.server()
        yield running


def person(**fields: str) -> User:
    name = unique("person")
    return make_person(**{"username": name, "email": f"{name}@example.com", **fields})


def told(user: User) -> list[tuple[str, str]]:
    """(kind, recipient) of what the person is to be told, in order."""
    return list(Notice.objects.filter(user=user).order_by("id").values_list("kind", "recipient"))


def deliver() -> None:
    """Ring for all that is due, twice: the second message finds nothing to do."""
    for notice_id in notices.due() * 2:
        tasks.send_notice(str(notice_id))


def make_due(notice: Notice) -> None:
    Notice.objects.filter(pk=notice.pk).update(due_at=timezone.now())


# -- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de"])
def test_each_kind_arrives_once_in_the_words_of_the_person(box: MailBox, language: str) -> None:
    user = person(language=language, full_name="Zoë", time_zone="Europe/Berlin")
    actor = actor_of(user, address="203.0.113.7", user_agent=FIREFOX)
    for kind in Kind:
        notices.tell(actor, user, kind, what="webauthn" if kind.startswith("factor") else "")

    deliver()

    assert len(box.letters) == len(Kind)
    for kind, letter in zip(Kind, box.letters, strict=True):
        subject, sentence = WORDS[language][kind]
        assert letter.subject == f"Vault Portal: {subject}"
        assert sentence in letter.text
        assert letter.to == (user.email,)
        assert letter.message.get_content_type() == "text/plain"
        assert letter.message["Auto-Submitted"] == "auto-generated"
        for part in ("Zoë", "203.0.113.7", "Firefox, Linux", "(Europe/Berlin)"):
            assert part in letter.text
        for line in letter.text.splitlines():
            assert "{" not in line
    assert set(Notice.objects.values_list("state", flat=True)) == {"sent"}


def test_a_manager_is_named_and_the_person_is_not(box: MailBox) -> None:
    user, manager = person(), as_admin().with_(address="203.0.113.7", user_agent=FIREFOX)
    notices.tell(manager, user, Kind.KEY_MADE, what="nightly")
    notices.tell(actor_of(user), user, Kind.KEY_MADE)

    deliver()

    first, second = box.letters
    assert f"Done by: {manager.name}" in first.text
    assert "203.0.113.7" not in first.text
    assert "Firefox" not in first.text
    assert "“nightly”" in first.text
    assert "Done by" not in second.text


def test_no_name_gets_into_the_headers(box: MailBox) -> None:
    hostile = "x\r\nBcc: thief@example.com\r\n\r\n<b>{{ portal }}</b>"
    user = person(full_name=hostile)
    notices.tell(
        as_admin().with_(name=hostile, user_agent=hostile), user, Kind.KEY_MADE, what=hostile
    )

    deliver()

    [letter] = box.letters
    assert letter.to == (user.email,)
    assert letter.message["Bcc"] is None
    assert sorted({name.lower() for name in letter.message}) == [
        *("auto-submitted", "content-transfer-encoding", "content-type", "date", "from"),
        *("message-id", "mime-version", "subject", "to"),
    ]
    assert letter.subject == "Vault Portal: API key made"
    assert "<b>{{ portal }}</b>" in letter.text  # as it was typed, and nothing made of it


@pytest.mark.parametrize(
    "recipient", ["a@example.com\r\nBcc: thief@example.com", "a@example.com\nx", "@"]
)
def test_a_recipient_that_is_none_is_given_up_at_once(box: MailBox, recipient: str) -> None:
    notices.tell(as_admin(), person(), Kind.PASSWORD, recipient=recipient)

    deliver()

    row = Notice.objects.get()
    assert box.letters == []
    assert (row.state, row.failure, row.attempts) == ("failed", "address", 1)


# -- what is told to whom -----------------------------------------------------------------------


def test_changes_of_passwords_and_addresses_are_told(box: MailBox) -> None:
    user, manager = person(password=PASSWORD), as_admin()
    old = user.email

    passwords.change_own_password(actor_of(user), old=PASSWORD, new=f"{PASSWORD}-2")
    passwords.set_password(manager, user.pk, f"{PASSWORD}-3")
    people.change_person(manager, user.pk, PersonFields(full_name="Ada", email=old))
    people.change_person(
        manager, user.pk, PersonFields(email="new@example.com"), password=f"{PASSWORD}-4"
    )

    assert told(user) == [
        *(("password", old), ("password", old), ("password", old)),
        *(("email", old), ("email", "new@example.com")),
    ]


def test_what_opens_an_account_no_more_is_told_once(box: MailBox) -> None:
    user, manager = person(), as_admin()
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        Authenticator.objects.create(user=user, type=kind, data={})

    accounts.reset_factors(manager, user.pk)
    accounts.reset_factors(manager, user.pk)
    people.disable_person(manager, user.pk)
    people.disable_person(manager, user.pk)
    people.enable_person(manager, user.pk)
    deliver()

    assert [kind for kind, _ in told(user)] == ["factor_removed", "disabled"]
    assert "Every second factor and all recovery codes" in box.letters[0].text


def test_keys_are_told_by_name_and_sessions_of_programs_are_not(box: MailBox) -> None:
    user = person()
    actor = actor_of(user)

    made = keys.issue_key(actor, user.pk, label="laptop")
    session = keys.issue_key(actor, user.pk, label="session", is_told=False)
    for key in (made, made):
        keys.revoke_key(actor, key.id)
    keys.revoke_key(actor, session.id, is_told=False)
    deliver()

    assert [kind for kind, _ in told(user)] == ["key_made", "key_revoked"]
    for letter in box.letters:
        assert "“laptop”" in letter.text
        assert made.key not in letter.text


def test_identities_are_told_when_they_come_and_go_and_not_of_a_new_account(box: MailBox) -> None:
    user, manager = person(password=PASSWORD), as_admin()
    other = make_person()
    shown = {"issuer": "https://sign-in.example.com", "subject": "1", "name": "ada"}

    identities.connect(actor_of(user), Identity("sso", "one", shown))
    identities.connect(actor_of(user), Identity("sso", "two", shown | {"issuer": "x" * 300}))
    one, two = SocialAccount.objects.filter(user=user).order_by("uid")
    ends = timezone.now() + timedelta(hours=1)
    for each in (user, other):
        Session.objects.create(user=each, digest=each.pk.bytes, data=b"", expires_at=ends)
    identities.disconnect(actor_of(user), one.pk)
    assert Session.objects.filter(user=user).exists()
    identities.disconnect(manager, two.pk)
    new = identities.create_person(
        manager, Identity("sso", "three", shown), Newcomer("new", "New", "new@example.com")
    )
    deliver()

    kinds = ["identity_added", "identity_added", "identity_removed", "identity_removed"]
    assert [kind for kind, _ in told(user)] == kinds
    assert "Service: https://sign-in.example.com" in box.letters[0].text
    assert "disconnect it under Sign-in methods" in box.letters[0].text
    assert f"Done by: {manager.name}" in box.letters[3].text
    assert told(new) == []
    assert list(Session.objects.values_list("user", flat=True)) == [other.pk]


def test_nobody_is_told_without_an_address_or_a_server(box: MailBox, settings: Settings) -> None:
    notices.tell(as_admin(), person(email=""), Kind.PASSWORD)
    notices.tell(as_admin(), make_client(email="client@example.com"), Kind.PASSWORD)
    settings.PORTAL_MAIL = None
    notices.tell(as_admin(), person(), Kind.PASSWORD)

    assert not Notice.objects.exists()


def test_what_waits_when_mail_is_switched_off_stays_as_it_is(
    box: MailBox, settings: Settings
) -> None:
    notices.tell(as_admin(), person(), Kind.PASSWORD)
    row = Notice.objects.get()
    settings.PORTAL_MAIL = None

    assert notices.due() == []
    tasks.send_notice(str(row.pk))

    assert (box.letters, Notice.objects.get().attempts) == ([], 0)


# -- signing in ---------------------------------------------------------------------------------


def sign_in(user: User, address: str, agent: str = FIREFOX, *, is_known: bool = True) -> int:
    """Sign in as a door does; how many notices of it there are then."""
    origin = Origin(address, "", agent)
    with trail.unit():
        notices.signed_in(user, origin, is_known=is_known)
        actor = origin.actor(user, kind="session", id="")
        trail.record(actor, "user.sign_in", Target("user", str(user.pk)), door="browser")
    return Notice.objects.filter(user=user, kind=Kind.SIGN_IN).count()


def test_a_network_not_seen_before_is_told(box: MailBox) -> None:
    user, other = person(), person()

    assert sign_in(user, "203.0.113.7") == 1
    assert sign_in(user, "203.0.113.200") == 1
    assert sign_in(user, "198.51.100.1") == 2
    assert sign_in(user, "2001:db8:1:2::1") == 3
    assert sign_in(user, "2001:db8:1:2:a::7") == 3
    assert sign_in(user, "2001:db8:1:3::1") == 4
    assert sign_in(user, "") == 5
    assert sign_in(other, "203.0.113.7") == 1


def test_a_strange_browser_is_told_once_for_each_place(box: MailBox) -> None:
    user = person()

    assert sign_in(user, "203.0.113.7") == 1
    assert sign_in(user, "203.0.113.8", is_known=False) == 1
    assert sign_in(user, "203.0.113.8", SAFARI, is_known=False) == 2
    assert sign_in(user, "203.0.113.9", SAFARI, is_known=False) == 2
    assert sign_in(user, "198.51.100.1", SAFARI, is_known=False) == 3
    deliver()

    assert "Safari, macOS" in box.letters[1].text


# -- failures -----------------------------------------------------------------------------------


def test_a_server_that_is_down_is_tried_again_under_the_same_id(
    box: MailBox, settings: Settings
) -> None:
    notices.tell(as_admin(), person(), Kind.PASSWORD)
    settings.PORTAL_MAIL = box.server(port=1)
    deliver()

    row = Notice.objects.get()
    assert (row.state, row.failure, row.attempts) == ("waiting", "unreachable", 1)
    assert row.due_at is not None
    assert timedelta() < row.due_at - timezone.now() <= notices.PAUSES[0]
    assert notices.due() == []

    settings.PORTAL_MAIL = box.server()
    make_due(row)
    deliver()

    row.refresh_from_db()
    assert (row.state, row.attempts, len(box.letters)) == ("sent", 2, 1)
    assert box.letters[0].message["Message-ID"] == f"<{row.pk}@example.com>"


def test_pauses_grow_until_it_is_given_up(box: MailBox) -> None:
    notices.tell(as_admin(), person(), Kind.PASSWORD)
    row = Notice.objects.get()
    box.refusal = "451 4.3.0 later\r\n"
    for pause in notices.PAUSES:
        make_due(row)
        deliver()
        row.refresh_from_db()
        assert row.due_at is not None
        assert pause - timedelta(minutes=1) < row.due_at - timezone.now() <= pause
    make_due(row)
    deliver()

    row.refresh_from_db()
    assert (row.state, row.failure, row.said) == ("failed", "recipient", "451 4.3.0 later")
    assert row.attempts == len(notices.PAUSES) + 1


def test_a_mailbox_that_does_not_exist_is_not_tried_again(box: MailBox) -> None:
    notices.tell(as_admin(), person(), Kind.PASSWORD)
    box.refusal = "550 5.1.1 nobody \x1b[31mhere"
    deliver()

    row = Notice.objects.get()
    assert (row.state, row.said) == ("failed", "550 5.1.1 nobody [31mhere")


def test_a_worker_that_died_leaves_it_to_another_once_its_time_is_over(box: MailBox) -> None:
    notices.tell(as_admin(), person(), Kind.PASSWORD)
    row = Notice.objects.get()
    in_hand = timezone.now() + notices.LEASE
    Notice.objects.filter(pk=row.pk).update(attempts=1, due_at=in_hand)
    tasks.send_notice(str(row.pk))
    assert (notices.due(), box.letters) == ([], [])

    make_due(row)
    deliver()

    assert len(box.letters) == 1


def test_one_sends_at_a_time_and_goes_on_with_what_others_left(box: MailBox) -> None:
    for _ in range(3):
        notices.tell(as_admin(), person(), Kind.PASSWORD)
    first, second, _ = notices.due()
    parameters = connection.get_connection_params()
    own = {
        key: parameters[key]
        for key in ("dbname", "user", "password", "host", "port")
        if key in parameters
    }
    with psycopg.connect(**own) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('directory.mail'))")
        tasks.send_notice(str(second))
        assert box.letters == []
        assert Notice.objects.filter(attempts=0).count() == 3

    tasks.send_notice(str(first))

    assert (len(box.letters), notices.due()) == (3, [])
    with psycopg.connect(**own) as other:
        free = other.execute("SELECT pg_try_advisory_lock(hashtext('directory.mail'))").fetchone()
    assert free == (True,)


def test_a_server_that_is_down_is_asked_once_in_a_turn(box: MailBox, settings: Settings) -> None:
    for _ in range(3):
        notices.tell(as_admin(), person(), Kind.PASSWORD)
    settings.PORTAL_MAIL = box.server(port=1)

    tasks.send_notice(str(notices.due()[0]))

    assert sorted(Notice.objects.values_list("attempts", flat=True)) == [0, 0, 1]


def test_a_server_that_dribbles_has_an_attempt_in_all(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()

    def dribble(connection: socket.socket) -> None:
        while not over.wait(0.05):
            connection.sendall(b"220-wait\r\n")

    monkeypatch.setattr(notices, "ATTEMPT_SECONDS", 0.3)
    with raw_server(dribble) as port:
        settings.PORTAL_MAIL = MailServer("127.0.0.1", port, SENDER, "none")
        notices.tell(as_admin(), person(), Kind.PASSWORD)
        deliver()
        over.set()

    row = Notice.objects.get()
    assert (row.state, row.failure, row.attempts) == ("waiting", "time", 1)
    assert timedelta(seconds=notices.ATTEMPT_SECONDS) < notices.LEASE


def test_a_message_for_what_is_gone_does_nothing(box: MailBox) -> None:
    user = person()
    notices.tell(as_admin(), user, Kind.PASSWORD)
    [notice_id] = notices.due()
    user.delete()

    for each in (notice_id, UUID(int=1)):
        tasks.send_notice(str(each))

    assert box.letters == []


def test_old_notices_are_deleted() -> None:
    made = [
        Notice.objects.create(user=person(), kind=Kind.PASSWORD, recipient="a@example.com")
        for _ in range(2)
    ]
    long_ago = timezone.now() - notices.KEPT
    Notice.objects.filter(pk=made[0].pk).update(created_at=long_ago)

    assert notices.sweep() == 1
    assert Notice.objects.get().pk == made[1].pk
