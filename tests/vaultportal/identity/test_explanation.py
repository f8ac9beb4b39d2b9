"""Why somebody may, or may not: told from the same facts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import factories
from tests.vaultportal.identity.books import Book, BookPermission
from vaultportal.identity import access
from vaultportal.identity.actor import Actor, system
from vaultportal.identity.models import Role, User

READ, VIEW = BookPermission.READ, BookPermission.VIEW


@pytest.fixture
def book(shelf: type[Book]) -> Book:
    return Book.objects.create(title="Emma")


def facts(actor: Actor, permission: BookPermission, book: Book) -> list[tuple[str, bool, str]]:
    """The steps told, after checking that the answer is that of the rule."""
    explanation = access.explain(actor, permission, book)
    assert explanation.allowed is access.may(actor, permission, book)
    assert all(line.text for line in explanation.lines)
    return [(line.step, line.counts, line.role) for line in explanation.lines]


def user_of(actor: Actor) -> User:
    return User.objects.get(pk=actor.user_id)


def test_a_stranger_is_told_that_nothing_opens(book: Book) -> None:
    assert facts(factories.as_stranger(), VIEW, book) == [
        ("credential", True, ""),
        ("model_wide", False, ""),
    ]


def test_a_grant_is_named_with_its_role_and_the_end_of_the_membership(book: Book) -> None:
    role = factories.make_role(name="operators")
    until = timezone.now() + timedelta(hours=1)
    member = factories.actor_of(
        factories.member_of(factories.make_person(), role, valid_until=until)
    )
    access.grant(system(), role, READ, book, valid_until=until + timedelta(days=1))

    assert facts(member, VIEW, book)[2:] == [("role_grant", True, "operators")]
    line = access.explain(member, VIEW, book).lines[2]
    assert line.permission == "identity.read_book"
    assert line.until == until
    assert "operators" in line.text


def test_what_does_not_count_is_told_with_the_reason(book: Book) -> None:
    now = timezone.now()
    user = factories.make_person()
    ended, left, retired, other = (
        factories.make_role(name=name) for name in ("ended", "left", "retired", "other")
    )
    factories.member_of(user, ended, retired)
    factories.member_of(user, left, valid_until=now)
    access.grant(system(), ended, READ, book, valid_until=now)
    for role in (left, retired, other):
        access.grant(system(), role, READ, book)
    access.grant(system(), user, READ, book, valid_until=now)
    Role.objects.filter(pk=retired.pk).update(deleted_at=now)

    assert facts(factories.actor_of(user), READ, book)[2:] == [
        ("user_grant", False, ""),
        ("role_grant", False, "ended"),
        ("role_grant", False, "left"),
        ("role_grant", False, "retired"),
    ]


def test_everybodys_role_is_named(book: Book) -> None:
    access.grant(system(), Role.objects.get(name="privx-user"), READ, book)

    assert facts(factories.as_stranger(), READ, book)[2:] == [("role_grant", True, "privx-user")]


def test_managers_are_told_that_managing_is_not_reading(book: Book) -> None:
    manager = factories.as_member(factories.make_role(permissions=[VIEW]))

    assert facts(manager, VIEW, book)[1] == ("model_wide", True, "")
    assert facts(manager, READ, book)[1] == ("model_wide", False, "")
    assert facts(factories.as_superuser(), VIEW, book)[1] == ("model_wide", True, "")
    assert facts(factories.as_superuser(), READ, book)[1] == ("model_wide", False, "")


def test_a_narrow_credential_is_the_first_thing_told(book: Book) -> None:
    user = factories.make_person()
    access.grant(system(), user, READ, book)
    narrow = factories.actor_of(user, scopes=["identity.view_book"])

    assert facts(narrow, READ, book) == [
        ("credential", False, ""),
        ("model_wide", False, ""),
        ("user_grant", True, ""),
    ]
    assert facts(narrow, VIEW, book)[0] == ("credential", True, "")


def test_policies_are_told_by_name(book: Book) -> None:
    allowing = factories.make_policy(name="all", reasons=["support"])
    denying = factories.make_policy(name="no pages", policy_type="deny", resources=["pages/*"])
    user = factories.make_person()
    factories.make_role(policies=[allowing, denying], members=[user])
    access.grant(system(), user, READ, book)
    actor = factories.actor_of(user)

    def told(name: str, reason: str) -> tuple[bool, list[str]]:
        explanation = access.explain(
            actor, READ, book, operation="read", names=[name], reason=reason
        )
        texts = [line.text for line in explanation.lines if line.step == "policy"]
        return explanation.allowed, texts

    assert told("cover", "support") == (True, ["The policy all allows."])
    assert told("cover", "") == (False, ["No policy of the user's roles allows it."])
    allowed, texts = told("pages/1", "support")
    assert not allowed
    assert set(texts) == {"The policy all allows.", "The policy no pages denies."}
