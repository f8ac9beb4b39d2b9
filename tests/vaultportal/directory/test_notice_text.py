"""Mails to people about their accounts: their words and their headers."""

from __future__ import annotations

import pytest

from tests.factories import actor_of, as_admin
from tests.mail import MailBox
from tests.vaultportal.directory.notice_kit import (
    FIREFOX,
    Kind,
    deliver,
    person,
)
from vaultportal.directory import notices
from vaultportal.directory.models import Notice

pytestmark = pytest.mark.django_db

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
