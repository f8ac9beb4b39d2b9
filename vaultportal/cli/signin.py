"""From a credential to an access token: an API client's secret, or a person's name and password.

A person signs in by the authorization code flow with PKCE, whose log-in step takes name and
password; what is kept afterwards is the refresh token, never the password. The portal refuses this
door to who has a second factor.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from vaultportal.cli.failures import Exit, Failure, of_answer
from vaultportal.cli.profile import Kind, Profile

AUTHORIZE = "/auth/api/v1/oauth/authorize"
LOG_IN = "/auth/api/v1/login"
TOKEN_OF_PERSON = "/auth/api/v1/oauth/token"  # noqa: S105 an address
TOKEN_OF_CLIENT = "/oauth/token"  # noqa: S105 an address
PROGRAM = {"client_id": "privx-ui", "redirect_uri": "/privx/oauth-callback"}
MARGIN = 30.0


def is_good(profile: Profile) -> bool:
    """Whether the access token still has some life in it."""
    return bool(profile.token) and profile.expires_at > time.time() + MARGIN


def renew(http: httpx.Client, profile: Profile) -> None:
    """A new access token into ``profile``.

    Raises:
        Failure: the credential does not work any more.
    """
    if profile.kind == Kind.CLIENT:
        answer = http.post(
            TOKEN_OF_CLIENT,
            data={"grant_type": "client_credentials"},
            auth=(profile.name, profile.secret),
        )
    else:
        form = {"grant_type": "refresh_token", "refresh_token": profile.secret, **PROGRAM}
        answer = http.post(TOKEN_OF_PERSON, data=form)
    _take(profile, _body(answer))


def with_password(http: httpx.Client, profile: Profile, password: str) -> None:
    """The code flow for the person ``profile.name``."""
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        **PROGRAM,
        "response_type": "code",
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    begun = http.get(AUTHORIZE, params=query)
    if begun.status_code != HTTPStatus.TEMPORARY_REDIRECT:
        raise of_answer(begun)
    ticket = parse_qs(urlsplit(begun.headers.get("Location", "")).query).get("token", [""])[0]
    person = {"username": profile.name, "password": password, "token": ticket}
    granted = _body(http.post(LOG_IN, json=person))
    if granted.get("state") != state:
        raise Failure(Exit.PORTAL, "The portal answered another log-in than this one.")
    form = {"grant_type": "authorization_code", "code": granted["code"], "code_verifier": verifier}
    _take(profile, _body(http.post(TOKEN_OF_PERSON, data=form | PROGRAM)))


def _body(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code != HTTPStatus.OK:
        raise of_answer(answer)
    body: dict[str, Any] = answer.json()
    return body


def _take(profile: Profile, issued: dict[str, Any]) -> None:
    profile.token = issued["access_token"]
    profile.expires_at = time.time() + issued["expires_in"]
    if profile.kind == Kind.PERSON:
        profile.secret = issued.get("refresh_token") or profile.secret
