"""Mails to people about their accounts: what is told to whom, and of which sign-ins."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone
from pytest_django import Settings

from tests.factories import actor_of, as_admin, make_client, make_person
from tests.mail import MailBox
from tests.vaultportal.directory.notice_kit import (
    FIREFOX,
    PASSWORD,
    SAFARI,
    Kind,
    deliver,
    person,
    told,
)
from vaultportal import trail
from vaultportal.directory import notices, tasks
from vaultportal.directory.models import Notice
from vaultportal.directory.origin import Origin
from vaultportal.directory.services import accounts, identities, keys, passwords, people
from vaultportal.directory.services.identities import Identity, Newcomer
from vaultportal.directory.services.people import PersonFields
from vaultportal.identity.models import Session, User
from vaultportal.trail import Target

pytestmark = pytest.mark.django_db


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
