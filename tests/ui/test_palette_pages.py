"""The palette knows every page with an address of its own, and things of every kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.plugin import DjangoDbBlocker

from collections_app.permissions import Capability
from tests.factories import make_role, member_of
from tests.ui.lists import PART, Place, filled
from tests.ui.pages import PAGES, Row

pytestmark = pytest.mark.xdist_group("lists")

_H1 = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
_TAB = re.compile(r'<nav class="vp-tabs".*?aria-current="page">([^<]*)', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_LINE = re.compile(r'<a class="vp-found" role="option"[^>]* href="([^"]+)"')
# Pages that one comes to from another, and why nobody looks for them.
WITHIN = {
    "/palette/": "the palette itself",
    "/me/views/new/": "saves what a list is filtered by",
    "/accounts/reauthenticate/": "asked before something else",
    "/setup/factor/": "first start",
    "/setup/address/": "first start",
    "/setup/keys/": "first start",
    "/setup/data/": "first start",
    "/collections/-/reason/": "asked before browsing",
    "/storage/vaults/new/endpoints/": "a later step of a new vault",
    "/storage/vaults/new/owners/": "a later step of a new vault",
    "/storage/vaults/new/review/": "a later step of a new vault",
    "/settings/keys/rotate/root/": "a question of the tab of keys",
    "/access/requests/?tab=all": "a tab of the page that is found",
    "/events/invocations/replay/": "a question of the log, for what it is filtered by",
}
# Pages with the name of who looks for a heading.
CALLED = {"/me/": "my profile"}


def _address(row: Row) -> str:
    """Where the palette would lead: without a filter, but to a tab."""
    place, _mark, query = row.path.partition("?")
    return row.path if query.startswith("tab=") else place


ADDRESSES = sorted(
    {
        address
        for row in PAGES
        if row.signed_in
        and not row.browser
        and not row.form
        and row.status != 404
        and "{" not in (address := _address(row))
    }
    - WITHIN.keys()
)


@pytest.fixture(scope="module")
def place(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Place]:
    """A few things of each kind, for somebody with every right that a role can give."""
    with django_db_blocker.unblock(), filled(3, 6) as made:
        member_of(made.filler.world.person, make_role(permissions=list(Capability)))
        yield made


def found(client: Client, words: str) -> list[str]:
    """Where the lines lead that the palette shows for ``words``."""
    answer = client.get("/palette/", {"q": words}, headers=PART)
    assert answer.status_code == 200
    return [unescape(url) for url in _LINE.findall(answer.content.decode())]


def headings(client: Client, address: str) -> list[str]:
    """What the page calls itself: its heading, and that with its tab."""
    if address in CALLED:
        return [CALLED[address]]
    answer = client.get(address)
    assert answer.status_code == 200, address
    text = answer.content.decode()
    said = [pattern.search(text) for pattern in (_H1, _TAB)]
    words = [unescape(_TAG.sub("", each[1])).strip() for each in said if each]
    return [" ".join(words[: n + 1]) for n in range(len(words))]


@pytest.fixture(scope="module")
def titles(place: Place) -> dict[str, list[str]]:
    return {address: headings(place.admin, address) for address in ADDRESSES}


def test_every_page_is_found_by_its_title(place: Place, titles: dict[str, list[str]]) -> None:
    missing = [
        f"{address} ({words[-1]})"
        for address, words in titles.items()
        if not any(address in found(place.admin, each) for each in words)
    ]

    assert not missing, " ".join(missing)
    assert len(titles) > 50


def test_nobody_is_led_to_a_page_that_is_not_theirs(
    place: Place, titles: dict[str, list[str]]
) -> None:
    offered = {url for words in titles.values() for url in found(place.stranger, words[-1])}

    opened = {url: place.stranger.get(url).status_code for url in offered & set(ADDRESSES)}
    assert len(opened) > 10
    assert {url: status for url, status in opened.items() if status != 200} == {}


def test_things_of_every_kind_are_found_by_who_may_see_them(place: Place) -> None:
    word = place.filler.world.word
    kinds = {
        "collections": "/collections/few_",
        "bundles": "/bundles/code/few_",
        "data types": "/bundles/types/FEW_",
        "actions": "/bundles/actions/few_",
        "vaults": "/storage/vaults/",
        "endpoints": "/storage/endpoints/",
        "plans": "/storage/plans/",
        "pools": "/storage/pools/",
        "jobs": "/storage/jobs/",
        "subscriptions": "/events/subscriptions/",
        "gates": "/events/gates/",
        "people": "/access/people/",
        "roles": "/access/roles/",
        "clients": "/access/clients/",
    }

    urls = found(place.admin, word)

    assert [kind for kind, start in kinds.items() if not _any(urls, start)] == []
    seen = found(place.stranger, word)
    assert [kind for kind, start in kinds.items() if _any(seen, start)] == []


def _any(urls: list[str], start: str) -> bool:
    return any(url.startswith(start) and url.strip("/") != start.strip("/") for url in urls)


def test_what_the_trail_holds_of_a_thing_is_one_line_away(place: Place) -> None:
    (url,) = [url for url in found(place.admin, "audit of 0000001") if url.startswith("/audit/?")]

    assert "target_kind=secret" in url
    assert place.admin.get(url).status_code == 200


def test_a_trigger_is_found_by_its_id(place: Place) -> None:
    assert "/events/triggers/vault:secret-read/" in found(place.admin, "secret-read")
    assert "/events/triggers/vault:secret-read/" not in found(place.stranger, "secret-read")


def test_finding_asks_no_more_often_among_more_things(place: Place) -> None:
    words = place.filler.world.word

    few = _statements(place, words)
    place.filler.up_to(6)

    assert _statements(place, words) <= few <= 30


def _statements(place: Place, words: str) -> int:
    found(place.admin, words)  # what a process keeps for a while is asked for by the first
    with CaptureQueriesContext(connection) as captured:
        found(place.admin, words)
    return len(captured)
