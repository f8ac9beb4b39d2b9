"""A page by its keys alone."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

MOST_STOPS = 600  # a form may offer each of many roles
HAS_RING = """element => [element, element.closest("label")].some(each => {
  const { outlineStyle, outlineWidth } = each ? getComputedStyle(each) : {};
  return each && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2; })"""


class Keys:
    """Somebody without a mouse, who has to see where the focus is."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.press = page.keyboard.press
        self.type = page.keyboard.type

    def into_the_page(self) -> None:
        """Over the rail, by the first link of the page."""
        self.page.wait_for_load_state()
        self.to(self.page.locator(".vp-skip"))
        self.press("Enter")
        expect(self.page.locator("main")).to_be_focused()

    def to(self, target: Any, key: str = "Tab") -> None:
        """Go there with Tab; a ring is around it, or around its label."""
        expect(target).to_have_count(1)
        for _ in range(MOST_STOPS):
            if target.evaluate("element => element === document.activeElement"):
                assert target.evaluate(HAS_RING), target
                return
            self.press(key)
        raise AssertionError(f"{target} is not reached with {key}")

    def fill(self, field: str, text: str) -> None:
        """Go to a field and type."""
        self.to(self.page.locator(field))
        self.type(text)

    def choose(self, name: str, key: str) -> None:
        """Go to a group of choices and to another one of it."""
        self.to(self.page.locator(f'input[name="{name}"]:checked'))
        self.press(key)
