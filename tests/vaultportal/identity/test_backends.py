"""Passwords, and Django's own questions about rights."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth import authenticate as sign_in
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from tests import factories
from tests.vaultportal.identity.books import Book, BookPermission
from vaultportal.identity import access, hashers
from vaultportal.identity.actor import system
from vaultportal.identity.backends import AccessBackend
from vaultportal.identity.models import User
from vaultportal.identity.passwords import LengthValidator

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"


class CountingHasher(hashers.Argon2):
    """The real hasher with small parameters, which counts how often it runs."""

    time_cost = 1
    memory_cost = 64
    hashed = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.hashed += 1
        return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        CountingHasher.hashed += 1
        return super().verify(password, encoded)


@pytest.fixture
def counting(settings: Settings) -> Iterator[type[CountingHasher]]:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    yield CountingHasher
    CountingHasher.hashed = 0


def test_a_person_signs_in_by_name_or_address_in_any_letter_case(
    counting: type[CountingHasher],
) -> None:
    mara = factories.make_person(username="mara", email="mara@lab.example", password=PASSWORD)
    backend = AccessBackend()

    assert backend.authenticate(None, username="Mara", password=PASSWORD) == mara
    assert backend.authenticate(None, email="MARA@lab.example", password=PASSWORD) == mara
    assert backend.authenticate(None, username="mara", password="wrong") is None
    assert backend.authenticate(None, username="mara", password=None) is None


def test_an_address_that_two_have_signs_in_neither(counting: type[CountingHasher]) -> None:
    for _ in range(2):
        factories.make_person(email="both@lab.example", password=PASSWORD)

    assert AccessBackend().authenticate(None, email="both@lab.example", password=PASSWORD) is None


@pytest.mark.parametrize(
    "name", ["right", "wrong", "nobody", "disabled", "client", "passwordless", "", "a\x00"]
)
def test_whatever_is_wrong_one_password_is_hashed(
    name: str, counting: type[CountingHasher]
) -> None:
    factories.make_person(username="right", password=PASSWORD)
    factories.make_person(username="wrong", password="another password")
    factories.make_person(username="disabled", password=PASSWORD, is_active=False)
    factories.make_client(username="client")
    factories.make_person(username="passwordless")
    counting.hashed = 0

    user = AccessBackend().authenticate(None, username=name, password=PASSWORD)

    assert (user is not None) is (name == "right")
    assert counting.hashed == 1


def test_a_session_of_a_disabled_user_has_no_user() -> None:
    user = factories.make_person()
    backend = AccessBackend()

    assert backend.get_user(str(user.pk)) == user
    assert backend.get_user("no uuid") is None
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert backend.get_user(str(user.pk)) is None


# -- rights ----------------------------------------------------------------------------------------


def test_the_admin_gets_the_answers_of_the_one_rule(shelf: type[Book]) -> None:
    role = factories.make_role(permissions=[BookPermission.CHANGE, BookPermission.READ])
    manager = factories.member_of(factories.make_person(), role)

    assert manager.has_perm("identity.change_book")
    assert manager.has_perm("identity.view_book")
    assert manager.has_perms(["identity.change_book", "identity.view_book"])
    assert not manager.has_perm("identity.delete_book")
    assert not manager.has_perm("identity.read_book")
    assert manager.has_module_perms("identity")
    assert not manager.has_module_perms("secrets_app")
    assert manager.get_all_permissions() == {"identity.change_book"}


def test_an_object_right_is_asked_of_the_rule_too(shelf: type[Book]) -> None:
    book, user = Book.objects.create(title="Emma"), factories.make_person()
    access.grant(system(), user, BookPermission.OWN, book)

    assert user.has_perm("identity.read_book", book)
    assert not user.has_perm("identity.read_book")
    assert user.get_all_permissions(book) == set()


def test_a_superuser_manages_and_does_not_read(shelf: type[Book]) -> None:
    root = factories.make_person(is_superuser=True)
    book = Book.objects.create(title="Emma")

    assert root.has_perm("identity.change_book", book)
    assert root.has_perm("guardian.view_userobjectpermission")
    assert root.has_module_perms("anything")
    assert not root.has_perm("identity.read_book", book)
    assert not root.has_perm("identity.own_book", book)
    assert not root.has_perm("guardian.read_everything")


def test_nobody_and_the_disabled_hold_nothing() -> None:
    backend = AccessBackend()
    disabled = factories.make_person(is_active=False, is_superuser=True)

    assert not backend.has_perm(AnonymousUser(), "identity.view_user")
    assert not disabled.has_perm("identity.view_user")
    assert not disabled.has_module_perms("identity")
    assert disabled.get_all_permissions() == set()
    stale = User.objects.get(pk=disabled.pk)
    stale.is_active = True
    assert not backend.has_perm(stale, "identity.view_user")


def test_many_questions_about_one_user_cost_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    user = factories.make_person()

    with django_assert_num_queries(1):
        for _ in range(20):
            user.has_perm("identity.view_user")
            user.has_module_perms("identity")


# -- new passwords ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password_too_short"),
        ("x" * 1025, "password_too_long"),
        ("password123", "password_too_common"),
        ("maramaramara", "password_too_similar"),
    ],
)
def test_bad_passwords(password: str, code: str) -> None:
    user = User(username="maramaramara")

    with pytest.raises(ValidationError) as refusal:
        validate_password(password, user)

    assert code in [fault.code for fault in refusal.value.error_list]
    assert password not in str(refusal.value.messages)


@pytest.mark.parametrize(
    "password",
    ["gremlins", "ein ganz langer Satz als Passwort", "日本語のパスワード", "x" * 64 + "ö"],
)
def test_good_passwords(password: str) -> None:
    validate_password(password, User(username="somebody"))


def test_the_help_recommends_more_than_it_demands() -> None:
    text = LengthValidator().get_help_text()

    assert "8" in text
    assert "15" in text


@pytest.mark.usefixtures("counting")
def test_django_signs_in_through_the_backend(rf: RequestFactory) -> None:
    mara = factories.make_person(username="mara", password=PASSWORD)

    assert sign_in(rf.get("/"), username="mara", password=PASSWORD) == mara
