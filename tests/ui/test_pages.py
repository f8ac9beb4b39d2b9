"""Each page in both themes and three widths: readable for all, silent, within its policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver
from playwright.sync_api import Browser

from collections_app.ui import urls as collections_urls
from s3vault_app.ui import urls as storage_urls
from secrets_app.ui import urls as secrets_urls
from tests.portal import Portal
from tests.ui import pages
from tests.ui.browser import VIEWS, Visitor
from tests.ui.conftest import Arrive, in_portal
from tests.ui.pages import ELSEWHERE, PAGES, Row
from triggers_app.ui import urls as triggers_urls
from vaultportal.ui import urls as ui_urls

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

RENAME = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("ALTER TABLE {} RENAME TO {}")
print(1)
"""


@pytest.fixture(scope="session")
def things(portal: Portal) -> dict[str, str]:
    """What the seeds of the areas made, once."""
    found: dict[str, str] = in_portal(portal, pages.seed())
    return found


@pytest.fixture(scope="module")
def visitors(
    chromium: Browser, portal: Portal, administrator: Any, things: dict[str, str]
) -> Iterator[Callable[..., Visitor]]:
    """A profile for each kind of visitor, kept for the module: what it loaded, it has."""
    kept: dict[tuple[bool, str, bool], Visitor] = {}
    (own,) = (each for each in administrator["cookies"] if each["name"].endswith("session"))

    def state(row: Row) -> Any:
        if row.browser:
            held = [{**own, "value": things[row.browser]}] if row.browser in things else []
            return {"cookies": held, "origins": []}
        return administrator if row.signed_in else None

    def of(row: Row, *, script: bool = True) -> Visitor:
        kind = (row.signed_in, row.browser, script)
        known = kept.get(kind)
        if known is None:
            known = Visitor.arrive(
                chromium, portal.url, storage_state=state(row), java_script_enabled=script
            )
            kept[kind] = known
        known.complaints.clear()
        return known

    yield of
    for visitor in kept.values():
        visitor.context.close()


def arrive_at(row: Row, visitor: Visitor, things: dict[str, str], portal: Portal) -> int:
    """Go to the page of a row; the status of it."""
    visitor.say_why(row.reason)
    path = row.path.format(**things)
    if row.form:
        if row.signed_in and not row.browser:  # what a form does may need a proof, which grows old
            visitor.prove(portal.credentials["portal"]["password"])
        return visitor.send(path, row.form_for(things))
    return visitor.open(path)


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_a_page_is_clean_and_a_screenshot_is_kept(
    row: Row, visitors: Callable[..., Visitor], things: dict[str, str], portal: Portal
) -> None:
    visitor = visitors(row)
    visitor.prefer(*VIEWS[0])
    assert arrive_at(row, visitor, things, portal) == row.status

    visitor.look_around(row.name)


@pytest.mark.parametrize("row", PAGES, ids=lambda row: row.name)
def test_a_page_reads_without_script(
    row: Row, visitors: Callable[..., Visitor], things: dict[str, str], portal: Portal
) -> None:
    visitor = visitors(row, script=False)

    assert arrive_at(row, visitor, things, portal) == row.status

    assert visitor.page.locator("h1").inner_text()
    assert visitor.page.locator("main").inner_text().strip()


def test_a_page_that_failed_is_clean(visitors: Callable[..., Visitor], portal: Portal) -> None:
    row = next(row for row in PAGES if row.view == "ui:audit_exports")
    visitor = visitors(row)
    visitor.prefer(*VIEWS[0])
    in_portal(portal, RENAME.format("audit_export", "gone_for_a_test"))
    try:
        assert visitor.open("/audit/exports/") == 500
    finally:
        in_portal(portal, RENAME.format("gone_for_a_test", "audit_export"))

    visitor.look_around("failed")


def test_the_documentation_of_the_interface_is_silent(visitors: Callable[..., Visitor]) -> None:
    visitor = visitors(next(row for row in PAGES if row.name == "overview"))

    assert visitor.open("/docs/api/") == 200
    visitor.page.wait_for_load_state("networkidle")

    assert visitor.page.locator("body").inner_text().strip()
    assert visitor.complaints == []
    assert visitor.page.evaluate("window.refusedByPolicy || []") == []


def test_a_page_speaks_german(arrive: Arrive, administrator: Any) -> None:
    visitor = arrive(storage_state=administrator, locale="de-DE")

    visitor.open("/secrets/personal/new/")

    assert visitor.page.locator("h1").inner_text() == "Neues Geheimnis"
    assert visitor.page.locator("html").get_attribute("lang") == "de"
    visitor.check()


def test_every_address_has_a_row() -> None:
    modules = (ui_urls, secrets_urls, collections_urls, storage_urls, triggers_urls)
    named = {name for module in modules for name in _names(module.urlpatterns, "")}

    assert named - {row.view for row in PAGES} - ELSEWHERE == set()


def _names(patterns: list[URLPattern | URLResolver], space: str) -> set[str]:
    found: set[str] = set()
    for each in patterns:
        if isinstance(each, URLResolver):
            inner = f"{space}{each.namespace}:" if each.namespace else space
            found |= _names(each.url_patterns, inner)
        elif each.name:
            found.add(space + each.name)
    return found
