"""Columns that can be chosen: in the address, in the menu, in head and rows alike."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.template.loader import get_template
from django.test import Client

from bench.lists.pages import LISTS
from tests.s3vault_app.ui import rig
from tests.triggers_app.factories import make_invocation, make_subscription
from tests.ui.lists import Place
from vaultportal.ui import lists
from vaultportal.ui.columns import Column, Columns

pytestmark = pytest.mark.xdist_group("lists")

DECLARED = (Column("name", "Name"), Column("state", "State"), Column("size", "Size"))
# Where the head is written by itself, and where it is made of the columns.
OWN_HEADS = {"storage:jobs"}
# The templates of head and rows.
SECRETS = ("secrets_app/_list.html", "secrets_app/_row.html")
TABLES = {
    "collections:list": ("collections_app/_list.html",),
    "secrets:personal": SECRETS,
    "secrets:people": SECRETS,
    "secrets:shared": SECRETS,
    "tokens:find": ("collections_app/_find.html",),
    "storage:vaults": ("s3vault_app/_vaults.html",),
    "storage:endpoints": ("s3vault_app/_endpoints.html",),
    "storage:jobs": ("s3vault_app/_job_rows.html",),
    "triggers:invocations": ("triggers_app/_invocations.html",),
    "triggers:subscriptions": ("triggers_app/_subscriptions.html",),
    "ui:audit": ("audit/_list.html",),
    "ui:clients": ("clients/_clients.html",),
    "ui:people": ("people/_people.html",),
}
MOST_WITHOUT_MENU = 5
# The cells of the column that selects rows.
_PICKS = r'<t[hd][^>]*>\s*<input[^>]*(?:data-all|name="selected")[^>]*>.*?</t[hd]>'
# Wide tables without a menu, and why.
NO_MENU = {
    "gates": "tens of them, and nothing to filter",
    "one-time links": "one's own, the newest first",
    "own API keys": "one's own, a few",
}


def of(*given: str) -> Columns:
    return Columns.of(DECLARED, given)


def cells(page: str) -> tuple[list[str], list[int]]:
    """The head of the page's table in words, and how many cells each of its rows has."""
    page = re.sub(_PICKS, "", page, flags=re.DOTALL)
    head, body = re.findall(r"<thead>(.*?)</thead>\s*<tbody>(.*?)</tbody>", page, re.DOTALL)[0]
    words = [re.sub(r"<[^>]+>", "", each) for each in re.findall(r"<th .*?</th>", head)]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return words, [len(re.findall(r"<t[dh][ >]", row)) for row in rows]


@pytest.mark.parametrize(
    ("given", "shown", "value"),
    [
        ((), ("name", "state", "size"), ""),
        (("state",), ("name", "state"), "name,state"),
        (("size,state",), ("name", "state", "size"), ""),
        (("name", "size"), ("name", "size"), "name,size"),
        (("name",), ("name",), "name"),
        (("", "zzz,<b>"), ("name", "state", "size"), ""),
        (("zzz,size",), ("name", "size"), "name,size"),
    ],
)
def test_known_columns_are_shown_and_the_first_always(
    given: tuple[str, ...], shown: tuple[str, ...], value: str
) -> None:
    columns = of(*given)

    assert columns.keys == shown
    assert columns.value == value
    assert [choice.key for choice in columns.choices if choice.is_shown] == list(shown)
    assert columns.choices[0].is_fixed


@pytest.mark.parametrize("name", TABLES)
def test_a_table_knows_its_columns_in_head_and_rows(name: str) -> None:
    """Each but the first stands in the template once for a row, and once in a head of its own."""
    a_list = lists.named(name)
    assert a_list is not None
    source = "".join(get_template(each).template.source for each in TABLES[name])  # type: ignore[attr-defined]  # Django's

    named = re.findall(r"{% if (?:not columns or )?columns\.shows\.(\w+) %}<t([dh])", source)

    keys = [column.key for column in a_list.columns[1:]]
    assert [key for key, cell in named if cell == "h"] == (keys if name in OWN_HEADS else [])
    assert ("components/headings.html" in source) == (name not in OWN_HEADS)
    assert [key for key, cell in named if cell == "d"] == keys


def test_no_list_with_columns_is_left_out_above() -> None:
    declared = {page.view for page in LISTS if (found := lists.named(page.view)) and found.columns}

    assert declared == set(TABLES)


def test_every_wide_table_of_a_list_lets_choose(place: Place) -> None:
    """Counted in the heads that the pages show, among rows of all kinds."""
    heads = {page.name: _widest(place.look(page.path).text) for page in LISTS}
    wide = {name for name, width in heads.items() if width > MOST_WITHOUT_MENU}
    menus = {page.name for page in LISTS if 'id="columns-of-list"' in place.look(page.path).text}

    assert wide - menus == set(NO_MENU)


def _widest(page: str) -> int:
    """How many columns the widest table of a page has, beside the one that selects."""
    page = re.sub(_PICKS, "", page, flags=re.DOTALL)
    heads = re.findall(r"<thead>(.*?)</thead>", page, re.DOTALL)
    return max((len(re.findall(r"<th[ >]", head)) for head in heads), default=0)


def test_a_list_shows_what_its_address_names(admin: Client) -> None:
    make_invocation()
    path = "/events/invocations/"

    whole = cells(admin.get(path).content.decode())
    some = admin.get(f"{path}?columns=time,state&state=zzz").content.decode()

    assert len(whole[0]) == 6
    assert set(whole[1]) == {6}
    words, counts = cells(some)
    assert words == ["Time", "State"]
    assert set(counts) == {2}
    assert '<input type="hidden" name="columns" value="time,state">' in some


@pytest.mark.parametrize("place", ["vaults", "endpoints"])
def test_storage_lists_show_what_their_address_names(admin: Client, place: str) -> None:
    on = rig.plan()
    rig.vault(on, rig.endpoint_of(on.pool))

    words, counts = cells(admin.get(f"/storage/{place}/").content.decode())
    few, cut = cells(admin.get(f"/storage/{place}/?columns=state,version").content.decode())

    assert set(counts) == {len(words)}
    assert len(words) >= 6
    assert len(few) == 2
    assert set(cut) == {2}


def test_the_menu_is_a_form_that_ends_in_one_parameter(admin: Client) -> None:
    path = "/events/invocations/"
    make_invocation()
    page = admin.get(f"{path}?kind=real&after=zzz&columns=time,trigger").content.decode()

    form = re.search(r'<form id="columns-of-list".*?</form>', page, re.DOTALL)
    assert form is not None
    assert '<input type="hidden" name="kind" value="real">' in form[0]
    assert "zzz" not in form[0]
    assert form[0].count("checked") == 2
    assert "Trigger" in form[0]

    answer = admin.get(f"{path}?kind=real&after=zzz&columns=time&columns=duration&columns=state")

    assert answer.status_code == 302
    place = urlsplit(answer["Location"])
    assert place.path == path
    assert parse_qsl(place.query) == [("kind", "real"), ("columns", "time,state,duration")]


def test_a_page_of_a_long_list_keeps_its_columns(admin: Client) -> None:
    subscription = make_subscription()
    for _ in range(51):
        make_invocation(subscription=subscription)

    page = admin.get("/events/invocations/?columns=time,state").content.decode()

    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    assert "columns=time%2Cstate" in following[1]
