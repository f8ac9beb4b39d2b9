"""Every list in its other states: nothing in it, nothing matches, refused, and failed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bench.lists.pages import LISTS, ListPage
from s3vault_app.models import Machine, StoragePlan, StoragePool
from tests.ui.lists import PART, Place, administrator, browser, named, undone
from vaultportal.identity.models import User

pytestmark = pytest.mark.xdist_group("lists")

STATE = 'class="vp-state'
# What no page of a failure may show: where it happened, what was asked, and of whom.
INSIDE = ("Traceback", "ProgrammingError", "SELECT", "psycopg", "does not exist")
# Lists that are never empty, or to which nobody can add there; and why.
NO_FIRST_ROW = {
    "secrets shared with me": "somebody else makes it",
    "shared secrets, a folder": "a folder is there for what is in it",
    "shared secrets, flat": "the same list as the tree",
    "imports": "the page is the form that makes one",
    "objects of a collection": "there has to be a collection; tests of collections look at it",
    "tokens": "there has to be a collection; the first tab makes them",
    "jobs": "each work makes its own",
    "jobs of a vault": "making the vault is the first",
    "triggers": "the catalogue is never empty",
    "approvals, for me to decide": "who asks makes it",
    "approvals, asked by me": "a held operation makes it",
    "approvals, all": "who asks makes it",
    "audit trail": "signing in is in it",
    "verifications of the trail": "the page has the button",
    "exports of the trail": "the page has the form",
    "people": "whoever looks is in it",
    "roles": "built-in ones are there",
    "members of a role": "the page of the role",
    "own sessions": "the one that looks",
    "data types": "built-in ones are there",
    "actions": "a built-in one is there",
}
NO_FILTER = {
    "shared secrets, a folder": "the filters are those of the tree",
    "one-time links": "the newest are first",
    "imports": "ten",
    "objects of a collection": "a search is posted, and kept; tests of collections look at it",
    "bundles": "tens",
    "data types": "tens",
    "actions": "tens",
    "jobs of a vault": "the newest are first",
    "plans": "tens",
    "storage pools": "tens",
    "triggers": "a catalogue",
    "gates": "tens",
    "approvals, for me to decide": "all of it is to be done",
    "approvals, asked by me": "tab and state",
    "verifications of the trail": "the newest are first",
    "exports of the trail": "one day's",
    "roles": "by name",
    "members of a role": "the list of people has a filter by role",
    "own API keys": "a few",
    "own sessions": "a few",
}


def failed(place: Place, page: ListPage, **headers: str) -> Any:
    """What the administrator is told while the table of the list is not there."""

    def ask() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {page.table} RENAME TO gone_for_a_test")
        return place.admin.get(place.address(page.path), headers=headers)

    return undone(ask)


@pytest.mark.parametrize("page", LISTS, ids=named)
def test_a_list_that_fails_says_so_and_offers_to_try_again(place: Place, page: ListPage) -> None:
    response = failed(place, page)
    text = response.content.decode()

    assert response.status_code == 500
    assert "Something went wrong here" in text
    assert f'<code id="request-number">{response["X-Request-Id"]}</code>' in text
    here = place.address(page.path).replace("&", "&amp;")
    assert f'<a class="btn btn-primary" href="{here}">Try again</a>' in text
    assert not [word for word in (*INSIDE, page.table) if word in text]


@pytest.mark.parametrize("page", LISTS, ids=named)
def test_a_part_that_fails_takes_the_place_of_the_part(place: Place, page: ListPage) -> None:
    response = failed(place, page, **PART)
    text = response.content.decode()

    assert response.status_code == 500
    assert "<html" not in text
    assert 'role="alert"' in text and "Try again" in text
    assert response["X-Request-Id"] in text
    assert not {"HX-Retarget", "HX-Reswap"} & set(response.headers)
    assert not [word for word in (*INSIDE, page.table) if word in text]


def test_a_live_part_that_fails_stays_and_asks_again(place: Place) -> None:
    page = next(each for each in LISTS if each.view == "triggers:approvals")

    response = failed(place, page, **PART, **{"X-Live": "1"})

    assert (response.status_code, response["HX-Reswap"]) == (500, "none")


def test_a_change_that_fails_is_told_beside_what_stands_there(place: Place) -> None:
    def post() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE identity_apikey RENAME TO gone_for_a_test")
        return place.admin.post("/me/keys/", {"key": "0" * 32}, headers=PART)

    response = undone(post)

    assert response.status_code == 500
    assert response["HX-Retarget"] == "#toasts"
    assert "It did not work, and nothing was changed." in response.content.decode()
    assert response["X-Request-Id"] in response.content.decode()


@pytest.mark.parametrize("page", [each for each in LISTS if each.nothing], ids=named)
def test_a_filter_that_nothing_matches_can_be_cleared(place: Place, page: ListPage) -> None:
    text = place.admin.get(place.address(page.nothing)).content.decode()

    state = text[text.index(STATE) :]
    found = re.search(r'<a class="btn btn-primary" href="([^"]*)">Clear filters</a>', state)
    assert found is not None
    href = found[1].replace("&amp;", "&")
    here = place.address(page.nothing).partition("?")[0] if href.startswith("?") else ""
    again = place.admin.get(here + href)
    assert again.status_code == 200
    assert "Clear filters</a>" not in again.content.decode()


@pytest.mark.parametrize("page", [each for each in LISTS if each.nothing], ids=named)
def test_what_a_filter_finds_is_said_aloud(place: Place, page: ListPage) -> None:
    """In a status that was there before: nobody is told of one that comes with its words."""

    def said(path: str) -> str:
        text = place.admin.get(place.address(path), headers=PART).content.decode()
        return text.partition('<div id="told" hx-swap-oob="innerHTML">')[2].partition("<")[0]

    whole = place.admin.get(place.address(page.path)).content.decode()
    assert whole.count('id="told" class="visually-hidden" role="status"') == 1
    assert said(page.nothing) == "Nothing matches."
    assert re.fullmatch(r"\d+ (found|on this page)", said(page.path)) or not page.turned


@pytest.mark.parametrize("page", LISTS, ids=named)
def test_a_stranger_is_refused_or_sees_nothing_of_others(place: Place, page: ListPage) -> None:
    response = place.stranger.get(place.address(page.path))
    text = response.content.decode()

    assert response.status_code == page.stranger
    if response.status_code != 200:
        assert STATE in text
    word = place.filler.world.word
    made = (f"{letter}-{word}" for letter in ("a", "db", "gate", "plan", "pool", "few"))
    names = ("/000000", "Ines Roth", "vault-000", "db-000", "subscription-000", *made)
    assert not [name for name in names if name in text]


def test_a_collection_that_never_was_is_refused_alike(place: Place) -> None:
    closed = place.stranger.get(place.address("/collections/{collection}/"))
    never = place.stranger.get("/collections/never_was/")

    assert (closed.status_code, never.status_code) == (403, 403)
    assert STATE in never.content.decode()


@pytest.mark.django_db
def test_an_empty_list_says_what_to_make_first() -> None:
    admin: Client = browser(administrator())
    for model in (Machine, StoragePlan, StoragePool):
        model.objects.update(deleted_at=timezone.now())  # what a new portal brings along
    User.objects.filter(kind=User.Kind.CLIENT).delete()

    silent = [
        page.name
        for page in LISTS
        if page.make and not _offers(admin.get(page.path).content.decode(), page.make)
    ]

    assert not silent, silent


def _offers(text: str, view: str) -> bool:
    """Whether the state itself leads there, and not only a button above it."""
    start = text.find(STATE)
    return start >= 0 and f'href="{reverse(view)}"' in text[start:]


def test_a_list_without_one_of_these_states_says_why() -> None:
    assert {page.name for page in LISTS if not page.make} == NO_FIRST_ROW.keys()
    assert {page.name for page in LISTS if not page.nothing} == NO_FILTER.keys()
