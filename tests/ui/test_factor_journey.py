"""A second factor is demanded of a role: somebody in it signs in, adds an app, and goes on."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pyotp
import pytest
from playwright.sync_api import expect

from tests.portal import Portal
from tests.ui.browser import LOOKS
from tests.ui.conftest import Arrive, in_portal
from tests.ui.test_journeys import PASSPHRASE, people

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

METHODS, APP = "/accounts/2fa/", "/accounts/2fa/totp/activate/"


def mark(portal: Portal, role: str) -> None:
    """Have the role demand a second factor of its people."""
    in_portal(
        portal,
        f"""
        from vaultportal.identity.models import Role
        print(Role.objects.filter(name={role!r}).update(needs_factor=True))
        """,
    )


def test_who_needs_a_factor_adds_an_app_and_goes_on(portal: Portal, arrive: Arrive) -> None:
    role = f"payments-{secrets.token_hex(3)}"
    (name,) = people(portal, role)
    mark(portal, role)
    visitor = arrive()
    page = visitor.page
    visitor.open("/accounts/login/?next=/me/")
    page.get_by_label("User name or e-mail address").fill(name)
    page.get_by_label("Password").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in", exact=True).click()

    expect(page.get_by_role("heading", name="Add a second factor")).to_be_visible()
    assert page.url == portal.url + METHODS
    visitor.check()
    visitor.picture("factor-first")
    visitor.look_as("dark", 320)
    visitor.check(LOOKS)
    visitor.look_as("light", 1440)
    visitor.open("/secrets/personal/")
    assert page.url == portal.url + METHODS

    # Of the page itself a part asks for itself: it is told nothing, and nothing is loaded anew.
    loaded: list[str] = []
    page.on("request", lambda asked: note(loaded, asked))
    with page.expect_response(re.compile("/palette/jobs/")) as part:
        page.get_by_role("link", name="Add app").click()
    assert part.value.status == 204
    key = page.locator("#totp-key").inner_text()
    visitor.check()
    page.get_by_label("Authenticator code").fill(pyotp.TOTP(key).now())
    page.get_by_role("button", name="Add app").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    codes = "/accounts/2fa/recovery-codes/"
    assert loaded == [portal.url + each for each in (APP, APP, codes)]

    page.get_by_role("link", name="I have stored them").click()
    page.wait_for_url(f"{portal.url}/")
    assert visitor.open("/me/") == 200
    assert visitor.complaints == []


def note(loaded: list[str], asked: Any) -> None:
    """Whole pages alone."""
    if asked.is_navigation_request():
        loaded.append(asked.url)
