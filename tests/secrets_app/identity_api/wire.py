"""An ordinary HTTP client that follows the rules of the PrivX wire."""

from __future__ import annotations

import base64
import hashlib
import secrets
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.portal import Portal

CALLBACK = "/privx/oauth-callback"
TOKEN = "/auth/api/v1/oauth/token"
# Made once: loading the authorities for each request would take longer than the request.
TLS = ssl.create_default_context()


def unique(word: str) -> str:
    """A name that nobody else has on the portal that all tests share."""
    return f"{word}-{secrets.token_hex(6)}"


class Wire:
    """Requests with one bearer token, or with none."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url
        self.token = token
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def send(self, method: str, path: str, **parts: Any) -> httpx.Response:
        """One request over a connection of its own, as the Python library does it."""
        return httpx.request(
            method, f"{self.url}{path}", headers=self.headers, verify=TLS, timeout=30, **parts
        )

    def call(self, method: str, path: str, status: int, **parts: Any) -> Any:
        """The JSON of the answer, None when it is empty; the status must be exactly ``status``."""
        answer = self.send(method, path, **parts)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        if not answer.content:
            return None
        assert answer.headers["Content-Type"].startswith("application/json")
        return answer.json()

    def get(self, path: str, status: int = 200, **parts: Any) -> Any:
        return self.call("GET", path, status, **parts)

    def post(self, path: str, json: Any = None, status: int = 200, **parts: Any) -> Any:
        return self.call("POST", path, status, json=json, **parts)

    def put(self, path: str, json: Any, status: int = 200) -> Any:
        return self.call("PUT", path, status, json=json)

    def delete(self, path: str, status: int = 200) -> Any:
        return self.call("DELETE", path, status)


def basic(client_id: str, secret: str) -> str:
    """The header value of Basic credentials."""
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def ask_token(
    portal: Portal, form: Mapping[str, str], *, authorization: str | None = None
) -> httpx.Response:
    """POST a form to the token endpoint, as privx-external unless told otherwise."""
    privx = portal.credentials["privx"]
    if authorization is None:
        authorization = basic(privx["oauth_client_id"], privx["oauth_client_secret"])
    headers = {"Authorization": authorization} if authorization else {}
    return httpx.post(
        f"{portal.url}{TOKEN}", data=dict(form), headers=headers, verify=TLS, timeout=30
    )


def machine_form(portal: Portal) -> dict[str, str]:
    """The password grant of the API client that ``bootstrap`` made."""
    privx = portal.credentials["privx"]
    return {
        "grant_type": "password",
        "username": privx["api_client_id"],
        "password": privx["api_client_secret"],
    }


def log_in_machine(portal: Portal, client_id: str, secret: str) -> Wire:
    """A wire with a token of an API client."""
    form = {"grant_type": "password", "username": client_id, "password": secret}
    answer = ask_token(portal, form)
    assert answer.status_code == 200, answer.text
    return Wire(portal.url, answer.json()["access_token"])


class CodeFlow:
    """The code flow as the Go library runs it."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.wire = Wire(portal.url)
        self.state = unique("state")
        self.verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def authorize(self, **changes: str) -> httpx.Response:
        query = {
            "client_id": "privx-ui",
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "state": self.state,
            "user_agent": "tests",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        path = "/auth/api/v1/oauth/authorize"
        return self.wire.send("GET", path, params=query | changes)

    def ticket(self) -> str:
        answer = self.authorize()
        assert answer.status_code == 307, answer.text
        return parse_qs(urlsplit(answer.headers["Location"]).query)["token"][0]

    def log_in(self, username: str, password: str, status: int = 200) -> Any:
        body = {"username": username, "password": password, "token": self.ticket()}
        return self.wire.post("/auth/api/v1/login", body, status)

    def exchange(self, form: Mapping[str, str]) -> httpx.Response:
        known = {"client_id": "privx-ui", "redirect_uri": CALLBACK}
        return ask_token(self.portal, {**known, **form}, authorization="")

    def run(self, username: str, password: str) -> dict[str, Any]:
        """The answer of the token endpoint for a person."""
        granted = self.log_in(username, password)
        assert granted["state"] == self.state
        answer = self.exchange(
            {
                "grant_type": "authorization_code",
                "code": granted["code"],
                "code_verifier": self.verifier,
            }
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found
