"""Where people sign in at the provider only: who has no identity yet comes in to connect one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Request, expect

from tests.portal import Portal, run_portal
from tests.services import TestServices
from tests.ui.browser import Visitor
from tests.ui.conftest import Arrive, in_portal
from tests.ui.test_journeys import PASSPHRASE, people
from tests.ui.test_shell_journey import end_sessions
from tests.vaultportal.ui import oidc_provider

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

METHODS = "/accounts/2fa/"

# What an attempt at the provider that opened nothing says, by what the provider answered.
REFUSALS = {
    "cancelled": ("error=access_denied", "Not signed in"),
    "failed": ("error=server_error", "That did not work"),
}


@pytest.fixture(scope="module")
def portal(migrated: TestServices, worker_name: str) -> Iterator[Portal]:
    """A portal with a provider, at which alone people sign in."""
    with oidc_provider.running() as issuer:
        variables: dict[str, Any] = {
            "PORTAL_OIDC_ID": oidc_provider.SLUG,
            "PORTAL_OIDC_NAME": oidc_provider.NAME,
            "PORTAL_OIDC_ISSUER": issuer.url,
            "PORTAL_OIDC_CLIENT_ID": "portal",
            "PORTAL_OIDC_CLIENT_SECRET": "a-secret-of-tests",
        }
        with run_portal(migrated, f"oidc-{worker_name}", **variables) as running:
            in_portal(
                running,
                """
                from vaultportal.directory.models import Setting
                Setting.objects.create(name="login.provider_only", value=True)
                print(1)
                """,
            )
            yield running


def come_in(visitor: Visitor, name: str) -> None:
    """With a password, as far as it goes."""
    page = visitor.page
    visitor.open("/accounts/login/")
    page.get_by_text("Use a password").click()
    page.get_by_label("User name or e-mail address").fill(name)
    page.get_by_label("Password").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in", exact=True).click()


def connect(visitor: Visitor, name: str) -> None:
    """To the provider, and back."""
    page = visitor.page
    # Its page takes its looks from elsewhere.
    page.route("https://cdn.jsdelivr.net/**", lambda route: route.fulfill(body=""))
    page.get_by_role("button", name="Continue with Acme").click()
    page.get_by_placeholder("sub").fill(f"sub-of-{name}")
    page.get_by_role("button", name="Authorize").click()


@pytest.mark.parametrize("why", REFUSALS)
def test_the_way_to_the_provider_and_back_is_clean(
    portal: Portal, arrive: Arrive, why: str
) -> None:
    answer, heading = REFUSALS[why]
    visitor = arrive()
    page = visitor.page
    # The page leads on by itself; with nothing to go to, it stays.
    page.route("**/oauth2/authorize**", lambda route: route.fulfill(status=204))

    visitor.open("/accounts/login/")
    page.get_by_role("button", name="Continue with Acme").click()
    expect(page.get_by_role("heading", name="On to Acme")).to_be_visible()
    onward = page.get_by_role("link", name="Continue").get_attribute("href")
    visitor.look_around("provider-go")
    state = dict(parse_qsl(urlsplit(onward or "").query))["state"]
    visitor.open(f"/accounts/oidc/{oidc_provider.SLUG}/callback/?{answer}&state={state}")

    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    visitor.look_around(f"provider-{why}")


def test_who_has_no_identity_connects_one_and_goes_on(portal: Portal, arrive: Arrive) -> None:
    (name,) = people(portal, "")
    visitor = arrive()
    page = visitor.page
    loaded: list[str] = []

    def note(request: Request) -> None:
        if urlsplit(request.url).path == METHODS:
            loaded.append(request.method)

    page.on("request", note)

    come_in(visitor, name)
    expect(page.get_by_role("heading", name="Connect your identity")).to_be_visible()
    page.wait_for_load_state("networkidle")
    visitor.picture("connect-first")
    visitor.check()
    assert loaded == ["GET"]

    connect(visitor, name)

    expect(page.get_by_role("heading", name="Sign-in methods")).to_be_visible()
    expect(page.get_by_text("Connected. You can sign in with it from now on.")).to_be_visible()
    assert visitor.open("/me/") == 200
    assert urlsplit(page.url).path == "/me/"


def test_where_a_session_is_over_the_provider_comes_first(portal: Portal, arrive: Arrive) -> None:
    (name,) = people(portal, "")
    visitor = arrive()
    page = visitor.page
    come_in(visitor, name)
    connect(visitor, name)
    expect(page.get_by_role("heading", name="Sign-in methods")).to_be_visible()
    page.clock.install()
    visitor.open("/me/")
    expect(page.locator('.vp-running[hx-trigger^="every"]')).to_have_count(1)
    page.clock.fast_forward(61_000)  # before that a form is sent whole
    end_sessions(portal, name)
    page.get_by_role("button", name="Save profile").click()

    dialog = page.get_by_role("dialog", name="Your session is over")
    expect(dialog.get_by_role("button", name="Continue with Acme")).to_be_visible()
    expect(dialog.get_by_label("Password")).to_be_hidden()
    visitor.picture("session-over-at-the-provider")
    visitor.check()
    dialog.get_by_text("Use a password").click()
    dialog.get_by_label("User name or e-mail address").fill(name)
    dialog.get_by_label("Password").fill(PASSPHRASE)
    dialog.get_by_role("button", name="Sign in", exact=True).click()
    expect(dialog.get_by_text("The name or the password is not right.")).to_be_visible()
