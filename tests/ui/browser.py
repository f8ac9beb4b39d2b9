"""Chromium for the tests of pages: console first, then axe, then a picture."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from vaultportal.runtime.paths import BASE_DIR

SCREENSHOTS = BASE_DIR / "artifacts" / "screenshots"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# A script tag would be refused by the policy of the pages, hence evaluate.
RUN_AXE = """runOnly => axe.run(document,
  {preload: false, resultTypes: ["violations"], runOnly}).then(found =>
    found.violations.map(each => each.id + ": " + each.nodes.map(
      node => node.html.slice(0, 160)).join(" | ")))"""
EVERYTHING = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What another theme or width can change of a page that is otherwise the same.
LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
WIDE = 1440
VIEWS = (("light", WIDE), ("dark", WIDE), ("light", 390), ("dark", 320))
LOOK = """({refused: window.refusedByPolicy || [], title: document.title,
  wider: document.documentElement.scrollWidth - innerWidth,
  headings: document.querySelectorAll("h1").length, axe: "axe" in window})"""
WATCH_POLICY = """window.refusedByPolicy = [];
addEventListener("securitypolicyviolation", event =>
  window.refusedByPolicy.push(event.violatedDirective + " " + event.blockedURI));"""
# Colours go over to the other theme; what is looked at, or judged, halfway is neither of them.
TAKE_THEME = """theme => { document.documentElement.dataset.bsTheme = theme;
  const going = document.getAnimations().filter(each => each instanceof CSSTransition);
  return Promise.allSettled(going.map(each => each.finished)).then(() => null); }"""
# A form is what the policy of the pages lets them send.
SEND = """([path, fields]) => {
  const form = Object.assign(document.createElement("form"), {method: "post", action: path});
  for (const [name, value] of fields) form.append(
    Object.assign(document.createElement("input"), {type: "hidden", name, value}));
  document.body.append(form);
  form.submit(); }"""
QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
# What the browser says of an answer that the test asked for, and of a page that somebody already
# works in when it wants to put the cursor somewhere.
EXPECTED = (
    "Failed to load resource: the server responded with a status of",
    "Autofocus processing was blocked because a document already has a focused element.",
)


def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium, or the one that CHROMIUM names."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed.")
        pytest.skip("Chromium is not installed.")
    # As root the sandbox of Chromium cannot be set up.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=program, args=[*QUIET, *root])


@dataclass
class Visitor:
    """One browser profile with one page, and everything that it complained of."""

    context: BrowserContext
    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def arrive(cls, browser: Browser, base: str, **options: Any) -> Visitor:
        """A new profile. options: of the browser context (viewport, storage_state …)."""
        options.setdefault("viewport", {"width": 1440, "height": 900})
        options.setdefault("locale", "en-GB")
        options.setdefault("reduced_motion", "reduce")
        context = browser.new_context(**options)
        context.add_init_script(WATCH_POLICY)
        page = context.new_page()
        visitor = cls(context, page, base)
        page.on("console", lambda said: visitor.note(said.type, said.text))
        page.on("pageerror", lambda error: visitor.note("error", str(error)))
        return visitor

    def note(self, kind: str, text: str) -> None:
        """Remember what the console says, but for answers that a test asks for."""
        if not text.startswith(EXPECTED):
            self.complaints.append(f"{kind}: {text}")

    def open(self, path: str) -> int:
        """Go to a page of the portal; its status."""
        response = self.page.goto(self.base + path)
        assert response is not None
        return response.status

    def send(self, path: str, form: Sequence[tuple[str, str]]) -> int:
        """Post a form as a page of the portal does; the status of the page that it leads to."""
        if not self._tokens() or not self.page.url.startswith(self.base):
            self.open("/accounts/login/")
        fields = [*form, ("csrfmiddlewaretoken", self._tokens()[0])]
        with self.page.expect_navigation() as gone:
            self.page.evaluate(SEND, [path, [list(field) for field in fields]])
        response = gone.value
        assert response is not None
        return response.status

    def _tokens(self) -> list[str]:
        cookies = self.context.cookies()
        return [str(each.get("value")) for each in cookies if "csrf" in each.get("name", "")]

    def sign_in(self, name: str, password: str) -> None:
        """Through the sign-in page, to the overview."""
        self.open("/accounts/login/")
        self.page.get_by_label("User name or e-mail address").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url(f"{self.base}/")

    def say_why(self, reason: str) -> None:
        """Browse collections for ``reason`` from now on, as the form says it; not for ""."""
        if reason:
            self._say("/collections/-/reason/", {"reason": reason})

    def prove(self, password: str) -> None:
        """Show once more who is here, as the form of a proof that is too old asks."""
        self._say("/accounts/reauthenticate/", {"password": password})

    def _say(self, path: str, fields: dict[str, str | float | bool]) -> None:
        """Post a form beside the page; the portal takes it and leads on."""
        form = {**fields, "csrfmiddlewaretoken": self._tokens()[0]}
        answer = self.context.request.post(self.base + path, form=form, max_redirects=0)
        assert answer.status == 302, answer.status

    def check(self, rules: list[str] | None = None) -> None:
        """No complaint, no refusal by the policy, no sideways scrolling, one h1, axe clean.

        rules: of axe; None for all of its tags.
        """
        found = self.page.evaluate(LOOK)
        said = [*self.complaints, *found["refused"]]
        assert said == [], said
        assert found["wider"] <= 0, f"{self.page.url} is {found['wider']} px too wide"
        assert found["headings"] == 1
        assert found["title"].endswith("Vault Portal")
        if not found["axe"]:
            self.page.evaluate(AXE)
        violations = self.page.evaluate(RUN_AXE, rules or EVERYTHING)
        assert violations == [], violations

    def prefer(self, scheme: str, width: int) -> None:
        """Have a device of this width whose owner likes this theme; the next page comes so."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")

    def look_as(self, scheme: str, width: int) -> None:
        """The same page in another theme and width, without asking for it again."""
        self.prefer(scheme, width)
        self.page.evaluate(TAKE_THEME, scheme)

    def look_around(self, name: str) -> None:
        """See and judge the page in each of VIEWS; it has come in the first, and is left so."""
        for scheme, width in VIEWS:
            if (scheme, width) != VIEWS[0]:
                self.look_as(scheme, width)
            self.picture(f"{name}-{scheme}-{width}", whole=width == WIDE)
            self.check(LOOKS if scheme == "dark" else None)
        self.look_as(*VIEWS[0])

    def picture(self, name: str, *, whole: bool = True) -> None:
        """Keep the page as a picture: the whole of it, or what is seen without scrolling."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)
