"""The palette and the keys, in a real browser."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.ui.browser import Visitor
from tests.ui.conftest import Arrive

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


@pytest.fixture
def visitor(arrive: Arrive, administrator: Any) -> Visitor:
    visitor = arrive(storage_state=administrator)
    visitor.open("/secrets/personal/")
    return visitor


def test_the_palette_finds_a_page_by_keys_alone(visitor: Visitor) -> None:
    page = visitor.page
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search or run a command")
    expect(box).to_be_focused()
    page.keyboard.type("e")
    expect(page.get_by_role("dialog").get_by_role("option")).to_have_count(0)
    page.keyboard.type("dit my profile")
    chosen = page.get_by_role("option", name=re.compile("^Edit my profile"))
    expect(chosen).to_be_visible()
    for _ in page.get_by_role("option").all():  # things of other tests may come first
        if chosen.get_attribute("aria-selected") != "true":
            page.keyboard.press("ArrowDown")
    expect(chosen).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "-")
    visitor.picture("palette")
    visitor.check()
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile("/me/$"))
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search or run a command")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox", name="Search or run a command")).to_be_hidden()


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("settings retention", "/settings/?tab=retention"),
        ("storage pools", "/storage/pools/"),
        ("data types", "/bundles/types/"),
        ("audit exports", "/audit/exports/"),
        ("my jobs", "/collections/-/jobs/"),
        ("new api client", "/access/clients/new/"),
    ],
)
def test_a_page_that_stands_on_no_rail_is_opened(
    visitor: Visitor, words: str, address: str
) -> None:
    page = visitor.page
    page.keyboard.press("Control+k")
    page.keyboard.type(words)
    line = page.locator(f'dialog [role="option"][href="{address}"]')
    expect(line).to_be_visible()
    while line.get_attribute("aria-selected") != "true":  # things of other tests may come first
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{visitor.base}{address}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_what_was_looked_at_is_offered_and_arrows_go_around(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/me/sessions/")
    visitor.open("/me/password/")
    page.keyboard.press("/")
    offered = page.get_by_role("option")
    expect(offered).to_have_text(["Password", "Sessions"])
    page.keyboard.press("ArrowUp")
    expect(offered.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile("/me/sessions/$"))


def test_tab_shows_more_of_a_kind_and_traps_nobody(visitor: Visitor) -> None:
    page = visitor.page
    more, back = page.get_by_text("more of this kind"), page.get_by_text("all kinds")
    page.keyboard.press("/")
    page.keyboard.type("ed")
    triggers = page.get_by_role("group", name=re.compile("^Triggers"))
    expect(triggers.get_by_role("option")).to_have_count(6)
    first = triggers.get_by_role("option").first
    while first.get_attribute("aria-selected") != "true":  # things of other tests may come first
        page.keyboard.press("ArrowDown")
    expect(more).to_be_visible()
    visitor.check()
    page.keyboard.press("Tab")
    expect(back).to_be_visible()
    assert page.get_by_role("listbox", name="Found").get_by_role("group").count() == 1
    assert triggers.get_by_role("option").count() > 6
    expect(more).to_be_hidden()
    page.keyboard.press("Shift+Tab")
    expect(back).to_be_hidden()
    expect(triggers.get_by_role("option")).to_have_count(6)
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox", name="Search or run a command")).to_be_hidden()

    # The way past the rail works any number of times, and leaves the address as it is.
    for _ in range(2):
        page.locator(".vp-skip").focus()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
    expect(page).to_have_url(f"{visitor.base}/secrets/personal/")


def test_a_name_that_nobody_may_know_of_is_not_found(visitor: Visitor) -> None:
    page = visitor.page
    word = secrets.token_hex(8)
    page.keyboard.press("/")
    page.keyboard.type(word)

    expect(page.get_by_text("Nothing that you may know of")).to_be_visible()
    found = page.get_by_role("listbox", name="Found").get_by_role("option")
    expect(found).to_have_text([f"New secret “{word}”"])
    visitor.check()


def test_keys_move_and_are_listed_and_stay_out_of_fields(visitor: Visitor) -> None:
    page = visitor.page
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    visitor.picture("keys")
    visitor.check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url(f"{visitor.base}/")

    visitor.open("/me/")
    name = page.get_by_label("Name", exact=False).first
    name.fill("")
    name.press_sequentially("go/?j")
    expect(name).to_have_value("go/?j")
    expect(page).to_have_url(f"{visitor.base}/me/")


def test_single_keys_are_switched_off_in_the_profile(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("/me/")
    page.get_by_label("Single keys act, in this browser").uncheck()
    page.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Profile saved.")).to_be_visible()

    page.keyboard.press("?")
    page.keyboard.press("/")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_be_visible()
