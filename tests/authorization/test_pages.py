"""Every page of the portal, as a browser without a session finds it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.authorization import pages, routes
from tests.authorization.pages import ADMIN, ADMIN_LOG_IN, PAGES
from tests.portal import Portal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SIGN_IN = {"/accounts/login/", "/admin/login/"}
MOST_STEPS = 3


def test_every_page_has_a_row() -> None:
    found = {route for route in routes.pages() if not route.startswith(ADMIN)}

    assert found - PAGES.keys() == set(), "pages without a row"
    assert PAGES.keys() - found == set(), "rows without a page"


@pytest.mark.parametrize("route", PAGES)
def test_a_browser_without_a_session_is_told_what_the_row_says(portal: Portal, route: str) -> None:
    assert outcome(portal, "/" + routes.example_of(route)) == PAGES[route]


@pytest.mark.parametrize("route", PAGES)
def test_a_form_without_a_session_changes_nothing(portal: Portal, route: str) -> None:
    """No session and no token of our forms: refused, or led away."""
    answer = ask("POST", f"{portal.url}/{routes.example_of(route)}", data={})

    assert answer.status_code in {301, 302, 401, 403, 404, 405}, answer.status_code


def test_the_admin_is_for_staff(portal: Portal) -> None:
    found = sorted(route for route in routes.pages() if route.startswith(ADMIN))
    assert len(found) >= 50

    open_to_all = {
        route: told
        for route in found
        if (told := outcome(portal, "/" + routes.example_of(route))) != pages.SIGN_IN
    }

    assert open_to_all.pop(ADMIN_LOG_IN, pages.OPEN) == pages.OPEN
    assert open_to_all == {}


def outcome(portal: Portal, path: str) -> str:
    """What a GET comes to; redirects are followed by hand, to the sign-in page at most."""
    for _ in range(MOST_STEPS):
        answer = ask("GET", portal.url + path)
        if answer.status_code not in {301, 302}:
            break
        path = urlsplit(urljoin(path, answer.headers["Location"])).path
        if path in SIGN_IN:
            return pages.SIGN_IN
    told = {200: pages.OPEN, 404: pages.GONE, 401: pages.DENIED, 405: pages.WRONG}
    return told.get(answer.status_code, str(answer.status_code))


def ask(method: str, url: str, **parts: Any) -> httpx.Response:
    """A request of a browser that holds nothing from the one before."""
    # Plain http: no time for certificates.
    return httpx.request(method, url, timeout=30, verify=False, **parts)  # noqa: S501
