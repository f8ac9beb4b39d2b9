"""A language of longer words fits: no button, tab, badge or entry of the rail is cut off.

The pages are made here, in the pseudo-language, and shown to the browser from memory.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Route, sync_playwright

from tests.ui import browser as browsers
from tests.ui.lists import undone
from tests.ui.pages import PAGES, Row
from tests.ui.pseudo import OPEN, lengthened, speaking, walk

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

PLACE = "http://portal.test"
WIDTHS = (1440, 390)
# Each kind of page once.
PLAIN = [row for row in PAGES if row.status == 200 and not row.form and not row.browser]
ROWS = tuple({row.view: row for row in reversed(PLAIN)}.values())
# What a person presses or reads at a glance, and whether all of it can be seen: its text is no
# larger than itself, and no part around it that cannot be scrolled cuts it off.
LAID_OUT = """width => innerWidth === width && document.fonts.ready.then(() =>
  new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true)))))"""
CLIPPED = """() => {
  const seen = document.querySelectorAll(
    ".btn, main button, .vp-tabs a, .vp-tag, .vp-to, .vp-steps li, th[scope=col], label, h1, h2");
  const why = (each) => {
    const box = each.getBoundingClientRect();
    if (box.width < 2 || !each.checkVisibility() || each.closest(".visually-hidden")) return "";
    const isBox = getComputedStyle(each).display !== "inline";
    if (isBox && each.scrollWidth > each.clientWidth + 1) return "too long";
    const isLine = isBox && !each.matches("li");
    if (isLine && each.scrollHeight > each.clientHeight + 1) return "too high";
    for (let at = each.parentElement; at !== document.body; at = at.parentElement) {
      const { overflowX } = getComputedStyle(at);
      if (["auto", "scroll"].includes(overflowX) || at.matches("[popover]")) return "";
      if (overflowX === "visible") continue;
      const around = at.getBoundingClientRect();
      if (box.right > around.right + 1 || box.left < around.left - 1) return "cut off";
    }
    return box.right > innerWidth + 1 || box.left < -1 ? "out of the window" : "";
  };
  const found = [...seen].map((each) => [why(each), each]).filter(([reason]) => reason);
  const wider = document.documentElement.scrollWidth - innerWidth;
  return [
    ...found.map(([reason, each]) =>
      `${reason}: ${each.tagName} ${each.className} ${each.textContent.trim().slice(0, 60)}`),
    ...(wider > 0 ? [`the page is ${wider} px too wide`] : []),
  ]; }"""


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> dict[str, str]:
    """The pages by name."""
    with django_db_blocker.unblock(), speaking(longer=True):
        found: dict[str, str] = undone(
            lambda: {row.name: answer.content.decode() for row, answer in walk()}
        )
    return found


@pytest.fixture(scope="module")
def page(made: dict[str, str]) -> Iterator[Page]:
    """A browser that gets nothing but those pages and the files beside them."""
    with sync_playwright() as playwright:
        chromium = browsers.launch(playwright)
        shown = chromium.new_context(reduced_motion="reduce", locale="en-GB").new_page()
        shown.route("**/*", lambda route: _answer(route, made))
        yield shown
        chromium.close()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_longer_words_fit(row: Row, page: Page) -> None:
    page.goto(f"{PLACE}/{row.name}")
    assert OPEN in page.content()

    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(LAID_OUT, arg=width)
        found += [f"{width}: {each}" for each in page.evaluate(CLIPPED)]

    assert not found, "\n".join(found)


def test_words_are_longer_by_two_fifths() -> None:
    said = "Install the endpoint again, then review what it may read."

    assert lengthened("<b>%(name)s</b> &nbsp; %s {name}") == "<b>%(name)s</b> &nbsp; %s {name}"
    assert 1.35 < len(lengthened(said)) / len(said) < 1.55


def _answer(route: Route, made: dict[str, str]) -> None:
    path = urlsplit(route.request.url).path
    if path.startswith("/static/"):
        file = finders.find(path.removeprefix("/static/"))
        assert isinstance(file, str), path
        route.fulfill(path=file, content_type=mimetypes.guess_type(file)[0] or "text/plain")
    elif route.request.is_navigation_request():
        route.fulfill(body=made[path.removeprefix("/")], content_type="text/html; charset=utf-8")
    else:
        route.fulfill(status=204)  # what a page asks for afterwards
