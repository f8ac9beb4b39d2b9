"""Every list among few rows and among ten thousand: as many statements, and no longer page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from bench.lists.pages import LISTS, SIZE, ListPage
from tests.ui.lists import Look, filled, named
from tests.ui.pages import PAGES
from vaultportal.runtime.paths import BASE_DIR
from vaultportal.ui import lists

# The filling takes a while on a busy machine, and it belongs to whichever test is first.
pytestmark = [pytest.mark.xdist_group("lists"), pytest.mark.timeout(300), pytest.mark.slow]

FEW, MANY = 60, 10_000  # a page and a little, and very many
TEMPLATES = BASE_DIR / "templates"
PAGERS = ("components/cursor.html", "components/pager.html")
# Rows of a table that come from a loop.
_LOOP = re.compile(r"<tbody[^>]*>\s*\{% for ")
# Tables that are no lists of the portal's: what belongs to one thing, and is as long as that is.
OF_ONE_THING = {
    "audit/_exports.html": "the reader's own of one day",
    "clients/_keys.html": "the keys of one program",
    "collections_app/_builder.html": "the properties of one collection",
    "collections_app/_outcome.html": "the draft of one data type",
    "collections_app/_opened_plain.html": "tokens that somebody has typed",
    "collections_app/_unmasked.html": "one column of a page of objects",
    "collections_app/access.html": "the rights on one collection",
    "collections_app/made.html": "tokens of one call",
    "collections_app/object.html": "the properties of one object",
    "collections_app/schema.html": "the properties of one collection",
    "components/lane_plot.html": "the bars of a plot",
    "components/skeleton.html": "nothing yet",
    "mfa/webauthn/authenticator_list.html": "one's own passkeys",
    "people/person.html": "the roles and sessions of one person",
    "s3vault_app/_doors.html": "the doors of one vault",
    "s3vault_app/_job_machines.html": "the machines of one job",
    "s3vault_app/_machine_choices.html": "machines to choose from",
    "s3vault_app/_preview.html": "what one machine said",
    "s3vault_app/endpoint.html": "the vaults on one machine",
    "s3vault_app/vault.html": "the doors of one vault",
    "s3vault_app/vault_keys.html": "the keys to one vault",
    "s3vault_app/vault_owners.html": "who may use one vault",
    "secrets_app/_grid.html": "who may open one secret",
    "secrets_app/_import_conflicts.html": "the names of one file",
    "secrets_app/_import_preview.html": "the names of one file",
    "secrets_app/_import_report.html": "the names of one file",
    "secrets_app/bulk_done.html": "what was selected",
    "ui/bulk_done.html": "what was selected",
    "secrets_app/checkout.html": "who had one secret",
    "secrets_app/readers.html": "who may read one secret, the first 500",
    "settings/_keys.html": "the kinds of keys",
    "settings/_backups.html": "the latest backups",
    "settings/_log_targets.html": "the targets of log shipping, eight at most",
    "settings/_rotations.html": "the rotations of late",
    "settings/settings.html": "the settings",
}


@dataclass(frozen=True, slots=True)
class Looks:
    """Each list among few, among many, and its second page."""

    few: dict[str, Look]
    many: dict[str, Look]
    second: dict[str, Look]


@pytest.fixture(scope="module")
def looks(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Looks]:
    """Both looks at all lists; the tests ask no database."""
    with django_db_blocker.unblock(), filled(FEW, MANY) as place:
        few = {page.name: place.look(page.path) for page in LISTS}
        place.filler.up_to(MANY)
        many = {page.name: place.look(page.path) for page in LISTS}
        second = {
            page.name: place.look(page.path.partition("?")[0] + many[page.name].follow)
            for page in LISTS
            if many[page.name].follow
        }
    yield Looks(few, many, second)


@pytest.mark.parametrize("page", LISTS, ids=named)
def test_a_list_asks_no_more_often_among_many_rows_than_among_few(
    page: ListPage, looks: Looks
) -> None:
    few, many = looks.few[page.name], looks.many[page.name]

    assert (few.status, many.status) == (200, 200)
    assert many.statements <= few.statements
    assert few.statements <= page.statements


@pytest.mark.parametrize("page", LISTS, ids=named)
def test_a_page_of_a_list_has_an_end(page: ListPage, looks: Looks) -> None:
    many = looks.many[page.name]

    assert many.rows <= page.most
    if not page.turned:
        assert page.why
        assert not many.follow
        return
    assert many.rows >= SIZE
    second = looks.second[page.name]
    assert (second.status, second.rows) == (200, min(SIZE, second.rows))
    assert second.rows
    assert 'rel="prev"' in second.text
    assert second.statements <= page.statements
    assert second.text != many.text


def test_every_list_stands_in_the_table(looks: Looks) -> None:
    rendered = {name for look in looks.many.values() for name in look.templates}
    tables = set(_templates(_is_list))

    assert tables - rendered - OF_ONE_THING.keys() == set()
    assert OF_ONE_THING.keys() - tables == set(), "There is no such table any more."
    assert set(_templates(_turns_pages)) - rendered == set()


def test_every_list_whose_views_can_be_saved_stands_in_the_table() -> None:
    views = {row.view for row in PAGES if row.view} - {page.view for page in LISTS}

    declared = {view for view in views if lists.named(view) is not None}

    assert declared == set()


def test_every_list_is_among_the_pages_that_the_browser_walks() -> None:
    assert {page.view for page in LISTS} - {row.view for row in PAGES} == set()


@cache
def _texts() -> dict[str, str]:
    return {_name(path): path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html")}


def _name(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


def _templates(fits: object) -> list[str]:
    assert callable(fits)
    return [name for name, text in _texts().items() if fits(text)]


def _is_list(text: str) -> bool:
    return _LOOP.search(text) is not None


def _turns_pages(text: str) -> bool:
    return any(f'include "{pager}"' in text for pager in PAGERS)
