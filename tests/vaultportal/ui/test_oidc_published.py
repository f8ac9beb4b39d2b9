"""What a provider publishes and answers, when it hangs, fails, or says something of no use."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from tests.vaultportal.ui.oidc_provider import START, Issuer, leave
from vaultportal.ui.oidc import published, tokens

pytestmark = pytest.mark.django_db

CONFIGURATION = "/.well-known/openid-configuration"


class Server(ThreadingHTTPServer):
    """Answers each path as told, 404 without a word, and counts.

    answers: status, content type ("" for none) and body.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, tuple[int, str, str]] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def publishes(self, **changes: Any) -> None:
        """Its configuration, with ``changes``; what is None is left out."""
        whole = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/in",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            **changes,
        }
        said = {name: value for name, value in whole.items() if value is not None}
        self.answers[CONFIGURATION] = (200, "application/json", json.dumps(said))


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(self.path)
        status, kind, body = self.server.answers.get(self.path, (404, "text/plain", ""))
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET

    def log_message(self, *args: Any) -> None:
        """Nothing: the tests look at the answers."""


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    """A provider that the portal knows, and that does as it is told."""
    published.forget()
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        server.publishes()
        settings.PORTAL_OIDC = [Issuer(server.url).setting()]
        yield server
        server.shutdown()
        thread.join()


def begin() -> int:
    """The status of the page that leads there."""
    return Client().post(START, {"purpose": "sign-in"}).status_code


def back(client: Client) -> str:
    """Where the provider would send the browser, with a code."""
    state = parse_qs(urlsplit(leave(client)).query)["state"][0]
    return f"{START}callback/?{urlencode({'code': 'x', 'state': state})}"


def test_a_provider_is_asked_once_about_itself(server: Server) -> None:
    assert [begin(), begin()] == [200, 200]
    assert server.asked == [CONFIGURATION]


def test_one_that_fails_is_left_alone_for_a_moment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers[CONFIGURATION] = (500, "text/plain", "")
    assert [begin(), begin()] == [502, 502]
    assert len(server.asked) == 1

    server.publishes()
    monkeypatch.setattr(published, "PAUSE", -1.0)

    assert begin() == 200


def test_one_thread_waits_for_a_provider_that_hangs() -> None:
    published.forget()
    asked, answered = threading.Event(), threading.Event()

    def slow() -> dict[str, Any]:
        asked.set()
        assert answered.wait(30)
        return {"slow": True}

    first = threading.Thread(target=published.read, args=("hangs", slow))
    first.start()
    assert asked.wait(30)
    try:
        with pytest.raises(tokens.Untrusted, match="has not answered yet"):
            published.read("hangs", dict)
        assert published.read("another", dict) == {}
    finally:
        answered.set()
        first.join()
    assert published.read("hangs", dict) == {"slow": True}

    asked.clear()
    answered.clear()
    newer = threading.Thread(target=published.read, args=("hangs", slow), kwargs={"lasts": -1.0})
    newer.start()
    assert asked.wait(30)
    try:
        assert published.read("hangs", dict, lasts=-1.0) == {"slow": True}
    finally:
        answered.set()
        newer.join()


@pytest.mark.parametrize(
    "changes",
    [
        {"authorization_endpoint": None},
        {"token_endpoint": None},
        {"jwks_uri": None},
        {"token_endpoint": 5},
        {"token_endpoint": "http://[::1"},
        {"jwks_uri": "file:///etc/passwd"},
        {"userinfo_endpoint": "/me"},
        {"userinfo_endpoint": ["http://127.0.0.1/"]},
        {"token_endpoint_auth_methods_supported": 5},
    ],
)
def test_a_configuration_that_lacks_something_is_of_no_use(
    server: Server, changes: dict[str, Any]
) -> None:
    server.publishes(**changes)

    assert begin() == 502


@pytest.mark.parametrize(("said", "status"), [("https://a.example/me", 200), ("http://a/me", 502)])
def test_an_issuer_with_https_has_no_endpoint_without(
    server: Server, settings: Settings, said: str, status: int
) -> None:
    issuer = "https://a.example"
    places = dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), issuer)
    server.publishes(issuer=issuer, userinfo_endpoint=said, **places)
    at = {"server_url": server.url, "issuer": issuer}
    settings.PORTAL_OIDC = [Issuer(issuer).setting(settings=at)]

    assert begin() == status


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("", "access_token=x"),
        ("application/json", "5"),
        ("application/json", "null"),
        ("application/json", "{"),
        ("application/json", '"access_token"'),
        ("application/json", '["access_token"]'),
        ("application/json", '{"access_token": 5, "id_token": 5}'),
    ],
)
def test_an_answer_of_a_wrong_shape_opens_nothing(server: Server, kind: str, body: str) -> None:
    client = Client()
    place = back(client)
    server.answers["/token"] = (200, kind, body)
    server.answers["/keys"] = (200, "application/json", '{"keys": []}')

    assert client.get(place).status_code == 401
    assert "_auth_user_id" not in client.session


def test_one_that_is_gone_when_the_browser_comes_back(server: Server) -> None:
    client = Client()
    place = back(client)
    published.forget()
    del server.answers[CONFIGURATION]

    assert client.get(place).status_code == 502
