"""The auth service over HTTP: tokens, the code flow, log-out, sessions."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.portal import Portal
from tests.secrets_app.identity_api.conftest import PASSWORD, Person
from tests.secrets_app.identity_api.wire import (
    TOKEN,
    CodeFlow,
    Wire,
    ask_token,
    basic,
    log_in_machine,
    machine_form,
    unique,
)

ME = "/role-store/api/v1/users/current"


def test_the_password_grant_answers_as_the_wire_has_it(portal: Portal) -> None:
    answer = ask_token(portal, machine_form(portal))

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert sorted(body) == ["access_token", "expires_in", "refresh_token", "scope", "token_type"]
    assert (body["token_type"], body["scope"]) == ("bearer", "privx-user")
    assert type(body["expires_in"]) is int and body["expires_in"] == 900
    found = Wire(portal.url, body["access_token"]).get(ME)
    assert found["id"] == portal.credentials["privx"]["api_client_id"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"password": "wrong"}, "invalid_grant"),
        ({"username": "9f0c8c52-2a4e-4e3b-b7a8-6c5a40d0a1f2"}, "invalid_grant"),
        ({"username": ""}, "invalid_request"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"username": "a\x00b"}, "invalid_request"),
    ],
)
def test_a_refusal_has_both_bodies(portal: Portal, changes: dict[str, str], error: str) -> None:
    answer = ask_token(portal, machine_form(portal) | changes)

    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert body["error"] == error
    assert body["error_description"] == body["error_message"] != ""
    assert body["error_code"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "authorization", ["", basic("privx-external", "wrong"), basic("unknown", "x"), "Basic ?"]
)
def test_a_wrong_program_is_401(portal: Portal, authorization: str) -> None:
    answer = ask_token(portal, machine_form(portal), authorization=authorization)

    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_persons_password_never_passes_the_password_grant(portal: Portal, person: Person) -> None:
    form = {"grant_type": "password", "username": person.username, "password": PASSWORD}

    assert ask_token(portal, form).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b'{"grant_type": "password"}', "application/json"),
        (b"grant_type=password", "text/plain"),
        (b"username=a&username=b&grant_type=password", "application/x-www-form-urlencoded"),
        (b"", "application/x-www-form-urlencoded"),
        (b"%ff%fe=%00", "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_that_is_no_good_form_is_400(
    portal: Portal, content: bytes, content_type: str
) -> None:
    headers = {"Content-Type": content_type}
    answer = httpx.post(f"{portal.url}{TOKEN}", content=content, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


def test_other_methods_and_places_are_refused_in_the_same_words(portal: Portal) -> None:
    assert httpx.get(f"{portal.url}{TOKEN}").status_code == 405
    missing = httpx.post(f"{portal.url}/auth/api/v1/oauth/nowhere")
    assert missing.status_code == 404
    assert "error" in missing.json()


def test_a_token_in_the_query_opens_nothing(portal: Portal, admin: Wire) -> None:
    assert httpx.get(f"{portal.url}{ME}?access_token={admin.token}").status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Bearer \xff", "Token abc"])
def test_without_a_good_token_it_is_401(portal: Portal, header: str) -> None:
    headers = {b"Authorization": header.encode("latin-1")}
    answer = httpx.get(f"{portal.url}{ME}", headers=headers)

    assert answer.status_code == 401
    assert answer.json()["error_code"] == "PERMISSION_DENIED"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_the_code_flow_gives_a_person_a_token(portal: Portal, person: Person) -> None:
    flow = CodeFlow(portal)
    answer = flow.authorize()
    assert answer.status_code == 307
    assert answer.content == b""

    issued = flow.run(person.username, PASSWORD)

    assert Wire(portal.url, issued["access_token"]).get(ME)["id"] == person.id


def test_a_refresh_token_rotates_and_a_used_one_ends_all(portal: Portal, person: Person) -> None:
    flow = CodeFlow(portal)
    first = flow.run(person.username, PASSWORD)

    def renew(token: str) -> httpx.Response:
        return flow.exchange({"grant_type": "refresh_token", "refresh_token": token})

    second = renew(first["refresh_token"])
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first["refresh_token"]

    replayed = renew(first["refresh_token"])
    assert (replayed.status_code, replayed.json()["error"]) == (400, "invalid_grant")
    assert renew(second.json()["refresh_token"]).status_code == 400
    Wire(portal.url, second.json()["access_token"]).get(ME, 401)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "unknown"},
        {"redirect_uri": "https://elsewhere.example/"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"response_type": "token"},
    ],
)
def test_a_wrong_authorization_request_is_400_and_no_redirect(
    portal: Portal, changes: dict[str, str]
) -> None:
    answer = CodeFlow(portal).authorize(**changes)

    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"username": "nobody", "password": "x", "token": "made-up"}, 400),
        ({"username": "nobody", "password": "x"}, 400),
        ({"username": 1, "password": "x", "token": "t"}, 400),
        ([], 400),
    ],
)
def test_a_wrong_log_in_has_an_oauth_body(portal: Portal, body: Any, status: int) -> None:
    assert Wire(portal.url).post("/auth/api/v1/login", body, status)["error"]


def test_a_wrong_password_gets_no_code(portal: Portal, person: Person) -> None:
    refused = CodeFlow(portal).log_in(person.username, "wrong", 400)

    assert refused["error"] == "invalid_grant"
    assert "code" not in refused


def test_logging_out_ends_the_token_at_once(portal: Portal, person: Person) -> None:
    person.wire.get(ME)

    assert person.wire.post("/auth/api/v1/logout") is None

    person.wire.get(ME, 401)
    person.wire.post("/auth/api/v1/logout", status=401)


def test_a_json_form_of_client_credentials(portal: Portal) -> None:
    privx = portal.credentials["privx"]
    body = {
        "grant_type": "client_credentials",
        "client_id": privx["api_client_id"],
        "client_secret": privx["api_client_secret"],
    }
    path = "/auth/api/v1/oauth/clientcredentials/privx-external/token"

    issued = Wire(portal.url).post(path, body)
    assert issued["scope"] == "privx-user"
    Wire(portal.url, issued["access_token"]).get(ME)

    wrong = Wire(portal.url).post(path, body | {"client_secret": "x"}, 401)
    assert wrong["error"] == "invalid_client"
    other = Wire(portal.url).post(path, body | {"grant_type": "password"}, 400)
    assert other["error"] == "unsupported_grant_type"


def test_outside_issuers_are_not_trusted(portal: Portal) -> None:
    refused = Wire(portal.url).post("/auth/api/v1/token/login", {"token": "x"}, 400)

    assert refused["error"] == "invalid_request"


def test_sessions_are_listed_and_ended(portal: Portal, admin: Wire, person: Person) -> None:
    path = f"/auth/api/v1/sessionstorage/users/{person.id}/sessions"
    other = Wire(portal.url, CodeFlow(portal).run(person.username, PASSWORD)["access_token"])
    found = person.wire.get(path)
    assert found["count"] == 2
    assert person.wire.token not in str(found)

    newest = found["items"][0]["id"]
    person.wire.post(f"/auth/api/v1/sessionstorage/sessions/{newest}/terminate")
    other.get(ME, 401)
    person.wire.get(ME)

    admin.post(f"{path}/terminate")
    person.wire.get(ME, 401)


def test_sessions_of_others_are_out_of_reach(admin: Wire, person: Person, portal: Portal) -> None:
    mine = portal.credentials["privx"]["api_client_id"]
    path = f"/auth/api/v1/sessionstorage/users/{mine}/sessions"
    session = admin.get(path)["items"][0]["id"]

    person.wire.get(path, 403)
    person.wire.post(f"{path}/terminate", status=403)
    person.wire.post(f"/auth/api/v1/sessionstorage/sessions/{session}/terminate", status=404)
    person.wire.post("/auth/api/v1/sessionstorage/sessions/x/terminate", status=404)


@pytest.mark.parametrize("service", ["auth", "role-store", "local-user-store"])
def test_the_status_needs_no_token(portal: Portal, service: str) -> None:
    found = Wire(portal.url).get(f"/{service}/api/v1/status")

    assert (found["variant"], found["status"]) == (service, "OK")


def test_a_deleted_client_is_out_at_once(portal: Portal, admin: Wire) -> None:
    made = admin.post("/local-user-store/api/v1/api-clients", {"name": unique("gone")}, 201)
    path = f"/local-user-store/api/v1/api-clients/{made['id']}"
    found = admin.get(path)
    wire = log_in_machine(portal, made["id"], found["secret"])
    wire.get(ME)

    admin.delete(path)

    wire.get(ME, 401)
