"""Lists that are sorted by a column: as the address says, and by nothing that is no column."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from types import SimpleNamespace
from urllib.parse import parse_qsl

import pytest
from django.test import Client

from bench.lists.pages import LISTS, ListPage
from tests.factories import make_person
from tests.ui.lists import Place
from vaultportal.identity.models import User
from vaultportal.ui import lists
from vaultportal.ui.columns import Column, Columns

pytestmark = pytest.mark.xdist_group("lists")

DECLARED = (
    Column("name", "Name", sort="username"),
    Column("roles", "Roles"),
    Column("seen", "Last seen", sort="last_login"),
)
SORTED = [
    (page, column.key)
    for page in LISTS
    if (declared := lists.named(page.view))
    for column in declared.columns
    if column.sort
]


def sorted_by(sort: str) -> Columns:
    return Columns.of(DECLARED, [], [("q", "a b")], sort)


@pytest.mark.parametrize(
    "given",
    ["", "-", "roles", "-roles", "password", "username", "last_login", "--name", "seen,name"],
)
def test_what_is_no_column_that_sorts_changes_nothing(given: str) -> None:
    columns = sorted_by(given)

    assert columns.sort == ""
    assert columns.arranged("cab") == ["c", "a", "b"]


def test_a_heading_turns_the_order_round() -> None:
    name, roles, seen = sorted_by("seen").headings

    assert (name.way, roles.way, seen.way) == ("", "", "ascending")
    assert roles.url == ""
    assert parse_qsl(name.url[1:]) == [("q", "a b"), ("sort", "name")]
    assert parse_qsl(seen.url[1:]) == [("q", "a b"), ("sort", "-seen")]
    assert sorted_by("-seen").headings[2].way == "descending"
    assert parse_qsl(sorted_by("-seen").headings[2].url[1:])[1] == ("sort", "seen")


def test_other_columns_keep_the_order_and_the_order_keeps_the_columns() -> None:
    columns = Columns.of(DECLARED, ["seen"], [("q", "x")], "-name")

    assert columns.kept == (("q", "x"), ("sort", "-name"))
    assert columns.pairs == (("columns", "name,seen"), ("sort", "-name"))
    assert parse_qsl(columns.headings[1].url[1:]) == [
        ("q", "x"),
        ("columns", "name,seen"),
        ("sort", "seen"),
    ]


@pytest.mark.django_db
def test_rows_without_a_value_are_the_least_and_equals_keep_their_order() -> None:
    seen = {"a": None, "b": datetime(2026, 5, 2, tzinfo=UTC), "c": None}
    for name, at in {**seen, "d": datetime(2026, 5, 1, tzinfo=UTC)}.items():
        User.objects.filter(pk=make_person(username=f"sorted-{name}").pk).update(last_login=at)
    rows = User.objects.filter(username__startswith="sorted-").order_by("username")

    def names(sort: str) -> str:
        return "".join(row.username[-1] for row in sorted_by(sort).in_order(rows))

    assert names("seen") == "acdb"
    assert names("-seen") == "bdac"
    assert names("-name") == "dcba"
    assert names("") == "abcd"


def test_what_is_no_query_is_sorted_alike() -> None:
    columns = (Column("n", "Number", sort="inner.number"),)
    things = [SimpleNamespace(inner=SimpleNamespace(number=n)) for n in (3, None, 1, None)]

    rising = Columns.of(columns, [], (), "n").arranged(things)
    falling = Columns.of(columns, [], (), "-n").arranged(things)

    assert [each.inner.number for each in rising] == [None, None, 1, 3]
    assert [each.inner.number for each in falling] == [3, 1, None, None]


@pytest.mark.parametrize(("page", "key"), SORTED, ids=lambda each: getattr(each, "name", each))
def test_a_list_sorts_by_each_column_that_says_so(page: ListPage, key: str, place: Place) -> None:
    """Either way as many rows and statements as in its own order."""
    own = place.look(page.path)
    assert "aria-sort" not in own.text
    joint = "&" if "?" in page.path else "?"

    for sort, way in ((key, "ascending"), (f"-{key}", "descending")):
        look = place.look(f"{page.path}{joint}sort={sort}")
        assert (look.status, look.rows, look.statements) == (200, own.rows, own.statements)
        assert look.text.count(f'aria-sort="{way}"') == 1


def test_people_who_were_never_seen_come_first(admin: Client) -> None:
    for name, day in (("early", 1), ("never", None), ("late", 9)):
        at = datetime(2026, 5, day, tzinfo=UTC) if day else None
        User.objects.filter(pk=make_person(username=f"whom-{name}").pk).update(last_login=at)

    page = admin.get("/access/people/?q=whom-&sort=seen").content.decode()

    assert re.findall(r"Select .*?whom-(\w+)", page) == ["never", "early", "late"]


def test_pages_filters_and_saved_views_keep_the_order(admin: Client) -> None:
    for number in range(51):
        make_person(username=f"many-{number:02}")

    page = admin.get("/access/people/?q=many-&sort=-name").content.decode()

    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    assert dict(parse_qsl(unescape(following[1])[1:])) == {
        "q": "many-",
        "sort": "-name",
        "page": "2",
    }
    assert '<input type="hidden" name="sort" value="-name">' in page
    saving = re.search(r'href="(/me/views/new/[^"]+)"', page)
    assert saving is not None
    kept = dict(parse_qsl(unescape(saving[1]).partition("?")[2]))["query"]
    assert dict(parse_qsl(kept)) == {"q": "many-", "sort": "-name"}
    assert "Order" in admin.get(unescape(saving[1])).content.decode()
    last = admin.get("/access/people/?q=many-&sort=-name&page=2").content.decode()
    assert re.findall(r"Select .*?many-(\d+)", last) == ["00"]
