"""The single keys that "?" lists, and what is seen without colours of ours or at twice the size."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.portal import Portal
from tests.ui import pages
from tests.ui.browser import Visitor
from tests.ui.conftest import Arrive, in_portal
from tests.ui.keys import HAS_RING, Keys

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

# Twenty people more than a screen has room for.
MANY = """
from vaultportal.identity.models import User
for number in range(60):
    User.objects.get_or_create(username=f"many-{number:02}")
"""
# Main pages of each group.
MAIN = (
    "/",
    "/collections/",
    "/secrets/personal/",
    "/secrets/{secret}/",
    "/secrets/{secret}/edit/",
    "/storage/vaults/",
    "/storage/vaults/{s3_vault}/",
    "/storage/jobs/{s3_running}/",
    "/events/subscriptions/",
    "/events/invocations/{invocation}/",
    "/audit/",
    "/access/people/",
    "/settings/",
    "/me/",
)
NEW = (
    ("/collections/", "/collections/new/"),
    ("/secrets/personal/", "/secrets/personal/new/"),
    ("/storage/vaults/", "/storage/vaults/new/"),
    ("/storage/endpoints/", "/storage/endpoints/new/"),
    ("/storage/plans/", "/storage/plans/new/"),
    ("/storage/pools/", "/storage/pools/new/"),
    ("/events/subscriptions/", "/events/subscriptions/new/"),
    ("/events/gates/", "/events/gates/new/"),
    ("/access/people/", "/access/people/new/"),
    ("/access/roles/", "/access/roles/new/"),
    ("/access/clients/", "/access/clients/new/"),
    ("/me/keys/", "/me/keys/new/"),
)
EDIT = (
    ("/secrets/{secret}/", "/edit/"),
    ("/storage/endpoints/{s3_store}/", "/edit/"),
    ("/storage/vaults/{s3_vault}/", "/rules/"),
    ("/events/subscriptions/{subscription}/", "/edit/"),
)
PLACES = (
    ("o", "/"),
    ("c", "/collections/"),
    ("s", "/secrets/personal/"),
    ("v", "/storage/vaults/"),
    ("e", "/events/triggers/"),
    ("a", "/audit/"),
)
# Where the head of the table is, below what the bar at the top covers.
HEAD_IN_SIGHT = """() => {
  const head = document.querySelector("#people thead th").getBoundingClientRect();
  const bar = document.querySelector(".vp-top").getBoundingClientRect();
  return head.top >= bar.bottom - 1 && head.bottom <= innerHeight; }"""
LAST_ROW = "main tbody tr:last-child th a"
# What cannot be reached any more: it is shown, beyond the window, and nothing around it scrolls.
LOST = """() => [...document.querySelectorAll("main a, main button, main input, main h1, main h2")]
  .filter((each) => {
    const box = each.getBoundingClientRect();
    if (box.width < 2 || !each.checkVisibility() || each.closest(".visually-hidden")) return false;
    for (let at = each.parentElement; at !== document.body; at = at.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(at).overflowX)) return false;
    return box.left < -1 || box.right > innerWidth + 1; })
  .map((each) => each.outerHTML.slice(0, 100))"""
# Marks that carry a state must differ from what lies behind them by more than a colour of ours.
MARKS = """() => [...document.querySelectorAll("main .vp-tag, main .vp-note")].filter((each) =>
    each.checkVisibility() && !(each.textContent.trim() && getComputedStyle(each).color !==
      getComputedStyle(document.body).backgroundColor)).map((each) => each.outerHTML)"""


@pytest.fixture(scope="module")
def things(portal: Portal) -> dict[str, str]:
    found: dict[str, str] = in_portal(portal, pages.seed(MANY))
    return found


@pytest.fixture
def visitor(arrive: Arrive, administrator: Any) -> Visitor:
    return arrive(storage_state=administrator)


def test_n_makes_a_new_one_of_what_is_listed(visitor: Visitor, things: dict[str, str]) -> None:
    for path, form in NEW:
        visitor.open(path)
        visitor.page.keyboard.press("n")
        visitor.page.wait_for_url(f"{visitor.base}{form}")
        expect(visitor.page.locator("main form").first).to_be_visible()


def test_e_edits_what_is_shown(visitor: Visitor, things: dict[str, str]) -> None:
    for path, form in EDIT:
        place = path.format(**things)
        visitor.open(place)
        visitor.page.keyboard.press("e")
        visitor.page.wait_for_url(f"{visitor.base}{place}{form.lstrip('/')}")


def test_g_and_a_letter_go_to_a_place(visitor: Visitor, things: dict[str, str]) -> None:
    visitor.open("/me/")
    for letter, path in PLACES:
        visitor.page.keyboard.press("g")
        visitor.page.keyboard.press(letter)
        visitor.page.wait_for_url(f"{visitor.base}{path}")


def test_no_key_acts_in_a_field_or_for_who_switched_them_off(
    visitor: Visitor, things: dict[str, str]
) -> None:
    page = visitor.page
    visitor.open("/storage/vaults/")
    page.locator("#id_q").focus()
    page.keyboard.press("n")
    expect(page.locator("#id_q")).to_have_value("n")

    visitor.open("/storage/vaults/")
    page.evaluate("document.documentElement.dataset.shortcuts = 'off'")
    page.locator(".vp-skip").focus()
    page.keyboard.press("n")
    assert page.url == f"{visitor.base}/storage/vaults/"


def test_j_k_and_x_move_and_select_and_the_head_stays_in_sight(
    visitor: Visitor, things: dict[str, str]
) -> None:
    page, press = visitor.page, visitor.page.keyboard.press
    visitor.open("/access/people/")
    links = page.locator("main tbody tr th a")
    expect(links).to_have_count(50)

    press("j")
    expect(links.nth(0)).to_be_focused()
    press("j")
    press("j")
    press("k")
    expect(links.nth(1)).to_be_focused()
    press("x")
    boxes = page.locator("main tbody input[name=selected]")
    expect(boxes.nth(1)).to_be_checked()
    expect(page.locator("[data-bulk]")).to_contain_text("1")
    press("x")
    expect(boxes.nth(1)).not_to_be_checked()
    for _ in range(60):
        press("j")
    expect(links.nth(49)).to_be_focused()
    expect(links.nth(49)).to_be_in_viewport()
    for scheme, width in (("light", 1440), ("dark", 1440), ("dark", 390)):
        visitor.look_as(scheme, width)
        page.locator(LAST_ROW).scroll_into_view_if_needed()
        assert page.evaluate(HEAD_IN_SIGHT), (scheme, width)
        visitor.check(["scrollable-region-focusable"])
    visitor.picture("people-scrolled-390")
    press("k")
    expect(links.nth(48)).to_be_focused()
    press("Enter")
    page.wait_for_url(re.compile(r"/access/people/.+/"))


def test_at_twice_the_size_nothing_is_lost(visitor: Visitor, things: dict[str, str]) -> None:
    """A window of 1280 by 900 at 200 % is one of 640 by 450."""
    visitor.page.set_viewport_size({"width": 640, "height": 450})
    for path in MAIN:
        visitor.open(path.format(**things))
        visitor.check(["target-size", "scrollable-region-focusable"])
        assert visitor.page.evaluate(LOST) == [], path


def test_without_colours_of_ours_focus_and_states_are_seen(
    arrive: Arrive, administrator: Any, things: dict[str, str]
) -> None:
    visitor = arrive(storage_state=administrator, forced_colors="active")
    for path in MAIN:
        visitor.open(path.format(**things))
        visitor.check(["color-contrast"])
        assert visitor.page.evaluate(MARKS) == [], path
        keys = Keys(visitor.page)
        keys.into_the_page()
        keys.press("Tab")
        assert visitor.page.evaluate(f"({HAS_RING})(document.activeElement)"), path
    visitor.picture("forced-colours")


def test_for_who_wants_less_motion_nothing_moves(visitor: Visitor, things: dict[str, str]) -> None:
    """However short: a transition of everything would take as long as its many parts take."""
    visitor.open("/storage/jobs/{s3_running}/".format(**things))
    expect(visitor.page.locator(".vp-spin").first).to_be_visible()
    visitor.page.emulate_media(color_scheme="dark")

    assert visitor.page.evaluate("document.getAnimations().length") == 0
