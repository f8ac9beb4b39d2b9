"""The one access rule."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from secrets_app.models.grants import SecretRoleGrant, SecretUserGrant
from secrets_app.models.secret import Secret
from tests import factories
from tests.vaultportal.identity.books import Book, BookPermission, BookRoleGrant, BookUserGrant
from vaultportal.errors import Conflict, Forbidden, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor, system
from vaultportal.identity.grant_tables import GrantTables, numbers, tables_of
from vaultportal.identity.models import Role, User

pytestmark = pytest.mark.usefixtures("shelf")

EVERY_RIGHT = list(BookPermission)
READ, VIEW, CHANGE, DELETE, OWN = (
    BookPermission.READ,
    BookPermission.VIEW,
    BookPermission.CHANGE,
    BookPermission.DELETE,
    BookPermission.OWN,
)


def make_book(title: str = "Walden") -> Book:
    return Book.objects.create(title=title)


def user_of(actor: Actor) -> User:
    return User.objects.get(pk=actor.user_id)


def rights(actor: Actor, book: Book) -> set[BookPermission]:
    """What the actor may do, after checking that all questions have the same answer."""
    allowed = {right for right in BookPermission if access.may(actor, right, book)}
    for right in BookPermission:
        listed = access.permitted(actor, right, Book.objects.all()).filter(pk=book.pk).exists()
        text, params = access.grant_sql(actor, right, Book, "b")
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM identity_book b WHERE b.id = %s AND {text}",  # noqa: S608 the rule's own text
                [book.pk, *params],
            )
            (counted,) = cursor.fetchone()
        assert listed is (right in allowed)
        assert counted == int(right in allowed)
    return allowed


def test_a_stranger_may_do_nothing_and_does_not_learn_that_it_exists() -> None:
    book = make_book()
    stranger = factories.as_stranger()

    assert rights(stranger, book) == set()
    with pytest.raises(NotFound) as hidden:
        access.get(stranger, VIEW, Book.objects.all(), pk=book.pk)
    with pytest.raises(NotFound) as missing:
        access.get(stranger, VIEW, Book.objects.all(), pk=UUID(int=1))
    assert str(hidden.value) == str(missing.value) == "The book is not found."


def test_a_grant_to_a_user_opens_the_row_and_what_it_implies() -> None:
    book, other = make_book(), make_book("Emma")
    owner = factories.as_owner()

    access.grant(owner, user_of(owner), OWN, book)

    assert rights(owner, book) == {OWN, READ, VIEW, DELETE}
    assert rights(owner, other) == set()
    assert access.get(owner, READ, Book.objects.all(), title="Walden") == book


def test_a_grant_to_a_role_opens_the_row_to_its_members() -> None:
    book = make_book()
    role = factories.make_role()
    member, stranger = factories.as_member(role), factories.as_stranger()

    access.grant(member, role, READ, book)

    assert rights(member, book) == {READ, VIEW}
    assert rights(stranger, book) == set()


def test_everybody_who_signed_in_is_in_the_implicit_role() -> None:
    book = make_book()
    everyone = Role.objects.get(name="privx-user")

    access.grant(system(), everyone, READ, book)

    assert rights(factories.as_stranger(), book) == {READ, VIEW}
    assert rights(factories.actor_of(factories.make_client()), book) == {READ, VIEW}


def test_revoking_takes_the_right_away_at_once() -> None:
    book = make_book()
    owner = factories.as_owner()
    access.grant(owner, user_of(owner), READ, book)

    assert access.revoke(owner, user_of(owner), READ, book)

    assert rights(owner, book) == set()
    assert not access.revoke(owner, user_of(owner), READ, book)


def test_a_grant_ends_by_itself() -> None:
    book = make_book()
    role = factories.make_role()
    member = factories.as_member(role)
    now = timezone.now()
    access.grant(member, role, READ, book, valid_until=now - timedelta(seconds=1))
    access.grant(member, user_of(member), READ, book, valid_until=now - timedelta(seconds=1))
    assert rights(member, book) == set()

    access.grant(member, role, READ, book, valid_until=now + timedelta(hours=1))

    assert rights(member, book) == {READ, VIEW}
    assert BookRoleGrant.objects.count() == BookUserGrant.objects.count() == 1


def test_granting_again_replaces_the_end_and_the_place() -> None:
    book = make_book()
    role = factories.make_role()
    access.grant(system(), role, READ, book, position=1, valid_until=timezone.now())

    access.grant(system(), role, READ, book, position=2)

    row = BookRoleGrant.objects.get()
    assert (row.position, row.valid_until) == (2, None)


def test_a_role_gives_a_right_on_all_rows() -> None:
    book = make_book()
    manager = factories.as_member(factories.make_role(permissions=[CHANGE]))

    assert rights(manager, book) == {CHANGE, VIEW}
    assert access.holds(manager, VIEW)
    assert not access.holds(manager, DELETE)


@pytest.mark.parametrize("permissions", [[READ], [OWN], EVERY_RIGHT])
def test_plaintext_is_never_opened_for_all_rows(permissions: list[BookPermission]) -> None:
    book = make_book()
    greedy = factories.as_member(factories.make_role(permissions=permissions))

    assert not rights(greedy, book) & {READ, OWN}
    assert not access.holds(greedy, READ)


def test_superusers_and_administrators_manage_and_do_not_read() -> None:
    book = make_book()
    managing = {VIEW, BookPermission.ADD, CHANGE, DELETE}

    assert rights(factories.as_superuser(), book) == managing
    assert rights(factories.as_admin(), book) == managing
    assert rights(system(), book) == managing


def test_a_retired_role_opens_nothing() -> None:
    book = make_book()
    role = factories.make_role(permissions=[CHANGE])
    member = factories.as_member(role)
    access.grant(member, role, READ, book)
    Role.objects.filter(pk=role.pk).update(deleted_at=timezone.now())

    after = factories.actor_of(user_of(member))

    assert rights(after, book) == set()
    assert not access.holds(after, CHANGE)
    role.refresh_from_db()
    with pytest.raises(Conflict):
        access.grant(member, role, READ, book)


@pytest.mark.parametrize(
    ("scopes", "left"),
    [
        ([], set()),
        (["identity.view_book"], {VIEW}),
        (["identity.read_book"], {READ, VIEW}),
        (["identity.*"], {OWN, READ, VIEW, DELETE}),
        (["secrets_app.*", "identity.read_books"], set()),
    ],
)
def test_a_credential_narrows_what_its_owner_may(
    scopes: list[str], left: set[BookPermission]
) -> None:
    book = make_book()
    owner = factories.as_owner()
    access.grant(owner, user_of(owner), OWN, book)

    assert rights(factories.actor_of(user_of(owner), scopes=scopes), book) == left


def test_a_credential_never_widens() -> None:
    book = make_book()
    stranger = factories.make_person()

    assert rights(factories.actor_of(stranger, scopes=["*", "identity.*"]), book) == set()


def test_scopes_narrow_superusers_too() -> None:
    root = factories.make_person(is_superuser=True)
    narrow = factories.actor_of(root, scopes=["identity.view_book"])

    assert access.holds(narrow, VIEW)
    assert not access.holds(narrow, CHANGE)


def test_require_refuses_by_row_and_by_model() -> None:
    book = make_book()
    owner = factories.as_owner()
    access.grant(owner, user_of(owner), READ, book)

    access.require(owner, READ, book)
    with pytest.raises(Forbidden) as refusal:
        access.require(owner, VIEW, Book)
    assert refusal.value.context == {"permission": "identity.view_book"}
    with pytest.raises(Forbidden):
        access.require(owner, OWN, book)


def test_checks_cost_one_statement_and_management_none(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    book = make_book()
    owner, admin = factories.as_owner(), factories.as_admin()
    user = user_of(owner)
    access.grant(owner, user, READ, book)

    with django_assert_num_queries(1):
        access.get(owner, READ, Book.objects.all(), pk=book.pk)
    with django_assert_num_queries(1):
        access.may(owner, READ, book)
    with django_assert_num_queries(0):
        access.may(admin, VIEW, book)
    with django_assert_num_queries(1):
        access.grant(owner, user, READ, book)


def test_a_list_of_many_rows_walks_indexes_only(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    role, *crowd = (factories.make_role() for _ in range(20))
    member = factories.as_member(role, factories.make_role())
    owners = [factories.make_person() for _ in range(20)]
    books = Book.objects.bulk_create(Book(title=f"{number:05}") for number in range(10_000))
    read = numbers.on(READ, Book)
    holders = [role, *crowd]
    BookRoleGrant.objects.bulk_create(
        BookRoleGrant(group_id=holders[i % 20].pk, permission_id=read, content_object=book)
        for i, book in enumerate(books)
    )
    BookUserGrant.objects.bulk_create(
        BookUserGrant(user=owners[i % 20], permission_id=read, content_object=book)
        for i, book in enumerate(books)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE identity_book, identity_bookrolegrant, identity_bookusergrant")
    page = access.permitted(member, VIEW, Book.objects.all()).order_by("title")[:100]

    plan = json.loads(page.explain(format="json"))[0]["Plan"]

    scans = {(node["Node Type"], node.get("Relation Name")) for node in nodes(plan)}
    assert not [scan for scan in scans if scan[0] == "Seq Scan"], scans
    assert ("Index Scan", "identity_book") in scans
    with django_assert_num_queries(1):
        assert [book.title for book in page][:2] == ["00000", "00020"]
    assert access.permitted(member, VIEW, Book.objects.all()).count() == 500


def test_the_tables_of_an_app_are_found_and_none_are_made_up() -> None:
    assert tables_of(Secret) == GrantTables(SecretUserGrant, SecretRoleGrant)
    assert tables_of(User) == GrantTables(None, None)


def test_a_model_without_grants_is_opened_by_model_wide_rights_only() -> None:
    book = make_book()
    users = User.objects.all()

    assert not access.permitted(factories.as_stranger(), VIEW, users).exists()
    assert access.permitted(factories.as_superuser(), VIEW, users).exists()
    assert access.grant_sql(factories.as_stranger(), VIEW, User, "u") == ("FALSE", [])
    with pytest.raises(TypeError):
        access.grant(system(), factories.make_person(), VIEW, factories.make_person())
    assert rights(factories.as_stranger(), book) == set()


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """A plan's node and all below it."""
    return [plan, *(node for child in plan.get("Plans", []) for node in nodes(child))]
