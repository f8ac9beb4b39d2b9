"""The token endpoint of the SailPoint wire, over HTTP."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.portal import Portal


def credentials(portal: Portal) -> dict[str, str]:
    found = portal.credentials["sailpoint"]
    return {"client_id": found["client_id"], "client_secret": found["client_secret"]}


def ask(portal: Portal, **parts: Any) -> httpx.Response:
    return httpx.post(f"{portal.url}/oauth/token", timeout=30, **parts)


def test_a_form_a_multipart_body_a_query_and_basic_credentials_all_work(portal: Portal) -> None:
    whole = {"grant_type": "client_credentials"} | credentials(portal)
    pair = credentials(portal)
    basic = httpx.BasicAuth(pair["client_id"], pair["client_secret"])
    answers = [
        ask(portal, data=whole),
        ask(portal, files={name: (None, value) for name, value in whole.items()}),
        ask(portal, params=whole),
        ask(portal, data={"grant_type": "client_credentials"}, auth=basic),
        ask(portal, params={"grant_type": "CLIENT_CREDENTIALS"} | pair),
    ]

    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"
        body = answer.json()
        assert body.pop("access_token")
        assert body.pop("tenant_id") and body.pop("jti")
        assert body == {
            "token_type": "bearer",
            "expires_in": 900,
            "scope": "sp:scopes:all",
            "org": "vault",
            "pod": "local",
            "strong_auth_supported": False,
            "internal": False,
            "enabled": True,
        }


def test_the_token_opens_the_portal(portal: Portal) -> None:
    issued = ask(portal, data={"grant_type": "client_credentials"} | credentials(portal)).json()
    headers = {"Authorization": f"Bearer {issued['access_token']}"}

    found = httpx.get(f"{portal.url}/role-store/api/v1/users/current", headers=headers)

    assert found.json()["id"] == credentials(portal)["client_id"]


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "made_up"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"scope": "nonsense"}, 400, "invalid_scope"),
        ({"client_id": "a\x00"}, 400, "invalid_request"),
    ],
)
def test_what_is_refused(portal: Portal, changes: dict[str, str], status: int, error: str) -> None:
    form = {"grant_type": "client_credentials"} | credentials(portal) | changes

    answer = ask(portal, data=form)

    assert answer.status_code == status
    assert sorted(answer.json()) == ["error", "error_description"]
    assert answer.json()["error"] == error
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers.get("WWW-Authenticate", "Basic").startswith("Basic")


def test_a_body_in_another_encoding_is_refused(portal: Portal) -> None:
    whole = {"grant_type": "client_credentials"} | credentials(portal)

    assert ask(portal, json=whole).json()["error"] == "invalid_request"
    assert httpx.get(f"{portal.url}/oauth/token", params=whole).status_code == 405
    assert httpx.get(f"{portal.url}/oauth/elsewhere").json()["error"] == "invalid_request"


def test_two_clients_in_one_request_are_refused(portal: Portal) -> None:
    other = base64.b64encode(b"other:secret").decode()
    whole = {"grant_type": "client_credentials"} | credentials(portal)

    answer = ask(portal, data=whole, headers={"Authorization": f"Basic {other}"})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
