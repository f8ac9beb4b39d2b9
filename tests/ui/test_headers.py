"""What pages tell the browser, and what APIs do without."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.portal import Portal

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
}
PATHS = ("/accounts/login/", "/", "/admin/", "/me/", "/nothing/", "/accounts/2fa/", "/setup/")


@pytest.fixture
def anonymous(portal: Portal) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=portal.url) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
def test_every_page_has_the_policy(anonymous: httpx.Client, path: str) -> None:
    headers = anonymous.get(path).headers

    assert set(headers["Content-Security-Policy"].split("; ")) == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "no-store" in headers["Cache-Control"]
    assert "camera=()" in headers["Permissions-Policy"]


def test_cookies_are_kept_from_scripts_and_from_other_sites(anonymous: httpx.Client) -> None:
    cookies = anonymous.get("/accounts/login/").headers.get_list("Set-Cookie")

    assert cookies
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Domain=" not in cookie


def test_an_api_pays_for_no_browser(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/vault/api/v1/secrets")

    assert answer.status_code == 401
    assert "Content-Security-Policy" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert "Content-Language" not in answer.headers


def test_a_forged_post_is_refused(anonymous: httpx.Client) -> None:
    answer = anonymous.post("/accounts/login/", data={"login": "a", "password": "b"})

    assert answer.status_code == 403
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_page_of_somebody_asks_who_it_is(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/secrets/personal/?q=a")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/accounts/login/?next=%2Fsecrets%2Fpersonal%2F%3Fq%3Da"


def test_a_part_of_a_page_asks_in_place(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/secrets/personal/", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert answer.headers["HX-Retarget"] == "#proof"
    assert "Your session is over" in answer.text


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_nobody_is_sent_elsewhere(anonymous: httpx.Client, elsewhere: str) -> None:
    token = anonymous.get("/accounts/login/").text.split('name="csrfmiddlewaretoken" value="')[1]
    form = {"csrfmiddlewaretoken": token[:64], "theme": "dark", "next": elsewhere}

    answer = anonymous.post("/preferences/theme/", data=form)

    assert answer.headers["Location"] == "/"


def test_static_files_come_from_here(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/static/portal/tokens.css")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/css")
