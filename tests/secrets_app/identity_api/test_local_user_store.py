"""The local-user-store service over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.portal import Portal
from tests.secrets_app.identity_api.conftest import PASSWORD, Person
from tests.secrets_app.identity_api.wire import CodeFlow, Wire, log_in_machine, unique

USERS = "/local-user-store/api/v1/users"
CLIENTS = "/local-user-store/api/v1/api-clients"
ME = "/role-store/api/v1/users/current"


def make_user(admin: Wire, **fields: Any) -> dict[str, Any]:
    made = admin.post(USERS, {"username": unique("user"), **fields}, 201)
    found: dict[str, Any] = admin.get(f"{USERS}/{made['id']}")
    return found


def test_a_user_comes_back_as_sent_without_the_password(admin: Wire) -> None:
    sent = {
        "username": unique("ada"),
        "full_name": "Ada Lovelace",
        "display_name": "Ada",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ada@example.org",
        "job_title": "Engineer",
        "company": "Engines",
        "department": "Notes",
        "telephone": "1",
        "locale": "en",
        "unix_account": "ada",
        "windows_account": "",
        "comment": "first",
        "tags": ["a", "b"],
        "password_change_required": True,
        "attributes": [{"key": "k", "value": "v"}],
    }

    made = admin.post(USERS, sent | {"password": {"password": PASSWORD}}, 201)
    found = admin.get(f"{USERS}/{made['id']}")

    assert sorted(made) == ["id"]
    assert {name: found[name] for name in sent} == sent
    assert PASSWORD not in str(found)
    assert found["author"] == found["updated_by"] == admin.get(ME)["id"]
    assert found["created"].endswith("Z")
    assert admin.get(f"/role-store/api/v1/users/{made['id']}")["principal"] == sent["username"]


def test_what_a_put_leaves_out_stays(portal: Portal, admin: Wire) -> None:
    user = make_user(admin, full_name="Old", comment="kept", password={"password": PASSWORD})
    path = f"{USERS}/{user['id']}"

    assert (
        admin.put(path, {"username": user["username"], "full_name": "New", "password": {}}) is None
    )

    found = admin.get(path)
    assert (found["full_name"], found["comment"]) == ("New", "kept")
    assert CodeFlow(portal).run(user["username"], PASSWORD)["access_token"]


def test_a_new_password_ends_the_old_one_and_its_tokens(portal: Portal, admin: Wire) -> None:
    user = make_user(admin, password={"password": PASSWORD})
    wire = Wire(portal.url, CodeFlow(portal).run(user["username"], PASSWORD)["access_token"])

    assert (
        admin.put(f"{USERS}/{user['id']}/password", {"password": "five other long words"}) is None
    )

    wire.get(ME, 401)
    CodeFlow(portal).log_in(user["username"], PASSWORD, 400)
    assert CodeFlow(portal).log_in(user["username"], "five other long words")["code"]


def test_a_deleted_user_is_gone_with_the_tokens(admin: Wire, person: Person) -> None:
    path = f"{USERS}/{person.id}"

    assert admin.delete(path) is None

    person.wire.get(ME, 401)
    assert "not found" in admin.get(path, 404)["error_message"].lower()
    admin.delete(path, 404)
    admin.get(f"/role-store/api/v1/users/{person.id}", 404)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "REQUIRED_VALUE_MISSING"),
        ({"username": ""}, "REQUIRED_VALUE_MISSING"),
        ({"username": 1}, "VALUE_INCORRECT_TYPE"),
        ({"username": "a" * 256}, "VALUE_OUT_OF_BOUNDS"),
        ({"username": "a\tb"}, "VALUE_INCORRECT_FORMAT"),
        ({"username": "x", "email": "nowhere"}, "VALUE_INCORRECT_FORMAT"),
        ({"username": "x", "password": "text"}, "VALUE_INCORRECT_TYPE"),
        ({"username": "x", "password": {"password": 1}}, "VALUE_INCORRECT_TYPE"),
        ({"username": "x", "password": {"password": "short"}}, "VALUE_INCORRECT_FORMAT"),
        ({"username": "x", "tags": "a"}, "VALUE_INCORRECT_TYPE"),
        ({"username": "x", "tags": ["\u0000"]}, "VALUE_INCORRECT_FORMAT"),
        ({"username": "x", "attributes": [{"value": "v"}]}, "REQUIRED_VALUE_MISSING"),
        ("x", "INVALID_REQUEST_DATA"),
    ],
)
def test_a_bad_user_is_refused(admin: Wire, body: Any, code: str) -> None:
    assert admin.post(USERS, body, 400)["error_code"] == code


def test_a_refusal_never_repeats_the_password(admin: Wire) -> None:
    answer = admin.send("POST", USERS, json={"username": "x", "password": {"password": "qwerty1"}})

    assert answer.status_code == 400
    assert "qwerty1" not in answer.text


def test_a_user_name_is_taken_in_any_letter_case(admin: Wire) -> None:
    user = make_user(admin)

    refused = admin.post(USERS, {"username": user["username"].upper()}, 400)

    assert (refused["error_code"], refused["property"]) == ("VALUE_DUPLICATE", "username")


def test_users_are_found_by_exact_name_and_id(admin: Wire) -> None:
    user = make_user(admin)

    by_name = admin.get(f"{USERS}?username={user['username']}")
    by_id = admin.get(f"{USERS}?id={user['id']}&offset=0&limit=10")

    assert by_name == by_id
    assert [item["id"] for item in by_name["items"]] == [user["id"]]
    assert admin.get(f"{USERS}?username={user['username'][:-1]}") == {"count": 0, "items": []}
    assert admin.get(f"{USERS}?id=nobody") == {"count": 0, "items": []}
    assert admin.get(f"{USERS}?limit=1")["count"] > 1


def test_tags_are_listed_once(admin: Wire) -> None:
    tag = unique("tag")
    make_user(admin, tags=[tag, "common"])
    make_user(admin, tags=[tag])

    found = admin.get(f"{USERS}/tags")

    assert found["items"].count(tag) == 1
    assert found["count"] == len(found["items"])


def test_a_client_is_created_read_and_logged_in(portal: Portal, admin: Wire) -> None:
    role = admin.post("/role-store/api/v1/roles", {"name": unique("role")}, 201)
    body = {"name": unique("nightly"), "roles": [{"id": role["id"], "name": ""}]}

    made = admin.post(CLIENTS, body, 201)
    first = admin.get(f"{CLIENTS}/{made['id']}")
    second = admin.get(f"{CLIENTS}/{made['id']}")

    assert sorted(made) == ["id"]
    assert first == second
    assert first["name"] == body["name"]
    assert [each["id"] for each in first["roles"]] == [role["id"]]
    assert first["oauth_client_id"] == "privx-external"
    assert first["oauth_client_secret"] == portal.credentials["privx"]["oauth_client_secret"]
    found = log_in_machine(portal, made["id"], first["secret"]).get(ME)
    assert found["id"] == made["id"]


def test_a_client_that_is_put_back_keeps_its_secret(admin: Wire) -> None:
    made = admin.post(CLIENTS, {"name": unique("c"), "roles": None}, 201)
    path = f"{CLIENTS}/{made['id']}"
    found = admin.get(path)

    renamed = found | {"name": unique("renamed"), "secret": "made up"}
    assert admin.put(path, renamed) is None

    again = admin.get(path)
    assert again["name"] == renamed["name"]
    assert again["secret"] == found["secret"]


def test_lists_of_clients_tell_no_secrets(admin: Wire) -> None:
    name = unique("quiet")
    made = admin.post(CLIENTS, {"name": name}, 201)
    secret = admin.get(f"{CLIENTS}/{made['id']}")["secret"]

    zeros = {"keywords": name[:-2], "sortkey": "", "sortdir": "", "limit": 0, "offset": 0}
    found = admin.post(f"{CLIENTS}/search", zeros)

    assert [item["id"] for item in found["items"]] == [made["id"]]
    listed = admin.get(f"{CLIENTS}?limit=1000&sortkey=name&sortdir=DESC")
    assert listed["count"] == len(listed["items"])
    assert secret not in str(found) + str(listed)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "REQUIRED_VALUE_MISSING"),
        ({"name": ""}, "REQUIRED_VALUE_MISSING"),
        ({"name": 5}, "VALUE_INCORRECT_TYPE"),
        ({"name": "a" * 201}, "VALUE_OUT_OF_BOUNDS"),
        ({"name": "a", "roles": "x"}, "VALUE_INCORRECT_TYPE"),
        ({"name": "a", "roles": [{}]}, "REQUIRED_VALUE_MISSING"),
        ({"name": "a", "roles": [{"id": str(uuid4())}]}, "BAD_REQUEST"),
    ],
)
def test_a_bad_client_is_refused(admin: Wire, body: Any, code: str) -> None:
    assert admin.post(CLIENTS, body, 400)["error_code"] == code


# operation: method, path, body; who may: with the permission named, or nobody but administrators.
MATRIX: list[tuple[str, str, Any, str]] = [
    ("GET", "/local-user-store/api/v1/users", None, "users-view"),
    ("GET", "/local-user-store/api/v1/users/tags", None, "users-view"),
    ("GET", "/local-user-store/api/v1/users/{user}", None, "users-view"),
    ("GET", "/role-store/api/v1/users/{user}", None, "users-view"),
    ("GET", "/role-store/api/v1/users/{user}/roles", None, "users-view"),
    ("GET", "/role-store/api/v1/users/{user}/resolve", None, "users-view"),
    ("POST", "/role-store/api/v1/users/search", {}, "users-view"),
    ("GET", "/role-store/api/v1/roles/{role}/members", None, "users-view"),
    ("GET", "/role-store/api/v1/roles/{role}/members", None, "roles-view"),
    ("POST", "/local-user-store/api/v1/users", {"username": "{new}"}, "users-manage"),
    ("PUT", "/local-user-store/api/v1/users/{user}", {"full_name": "x"}, "users-manage"),
    (
        "PUT",
        "/local-user-store/api/v1/users/{user}/password",
        {"password": PASSWORD},
        "users-manage",
    ),
    ("POST", "/role-store/api/v1/roles", {"name": "{new}"}, "roles-manage"),
    ("PUT", "/role-store/api/v1/roles/{role}", {"comment": "x"}, "roles-manage"),
    ("PUT", "/role-store/api/v1/users/{user}/roles", [], ""),
    ("GET", "/local-user-store/api/v1/api-clients", None, "api-clients-manage"),
    ("POST", "/local-user-store/api/v1/api-clients", {"name": "{new}"}, "api-clients-manage"),
    ("POST", "/local-user-store/api/v1/api-clients/search", {}, "api-clients-manage"),
    ("GET", "/local-user-store/api/v1/api-clients/{client}", None, "api-clients-manage"),
    ("PUT", "/local-user-store/api/v1/api-clients/{client}", {"name": "x"}, "api-clients-manage"),
    ("GET", "/role-store/api/v1/sources", None, "sources-view"),
    ("DELETE", "/local-user-store/api/v1/api-clients/{client}", None, "api-clients-manage"),
    ("DELETE", "/role-store/api/v1/roles/{role}", None, "roles-manage"),
    ("DELETE", "/local-user-store/api/v1/users/{user}", None, "users-manage"),
]
OPEN: list[tuple[str, str, Any]] = [
    ("GET", "/role-store/api/v1/roles", None),
    ("GET", "/role-store/api/v1/roles/{role}", None),
    ("POST", "/role-store/api/v1/roles/resolve", []),
    ("POST", "/role-store/api/v1/roles/search", {}),
    ("GET", "/role-store/api/v1/users/current", None),
    ("GET", "/role-store/api/v1/users/current/roles", None),
]


@pytest.fixture
def targets(admin: Wire) -> dict[str, str]:
    return {
        "user": make_user(admin)["id"],
        "role": admin.post("/role-store/api/v1/roles", {"name": unique("role")}, 201)["id"],
        "client": admin.post(CLIENTS, {"name": unique("client")}, 201)["id"],
    }


def attempt(wire: Wire, method: str, path: str, body: Any, targets: dict[str, str]) -> int:
    body = (
        {name: unique("new") if value == "{new}" else value for name, value in body.items()}
        if isinstance(body, dict)
        else body
    )
    parts = {} if body is None else {"json": body}
    return wire.send(method, path.format(**targets), **parts).status_code


@pytest.mark.parametrize(("method", "path", "body", "permission"), MATRIX)
def test_who_may_do_what(
    portal: Portal,
    admin: Wire,
    person: Person,
    targets: dict[str, str],
    method: str,
    path: str,
    body: Any,
    permission: str,
) -> None:
    assert attempt(Wire(portal.url), method, path, body, targets) == 401
    assert attempt(person.wire, method, path, body, targets) == 403
    if permission:
        fields = {"name": unique("holders"), "permissions": [permission]}
        role = admin.post("/role-store/api/v1/roles", fields, 201)
        admin.put(f"/role-store/api/v1/users/{person.id}/roles", [{"id": role["id"]}])
        assert attempt(person.wire, method, path, body, targets) in (200, 201)
    else:
        assert attempt(admin, method, path, body, targets) in (200, 201)


@pytest.mark.parametrize(("method", "path", "body"), OPEN)
def test_what_everybody_may_who_is_signed_in(
    portal: Portal, person: Person, targets: dict[str, str], method: str, path: str, body: Any
) -> None:
    assert attempt(Wire(portal.url), method, path, body, targets) == 401
    assert attempt(person.wire, method, path, body, targets) == 200


def test_neither_managers_of_people_nor_of_clients_rise_to_administrators(
    portal: Portal, admin: Wire, person: Person
) -> None:
    names = {"name": unique("managers"), "permissions": ["users-manage", "api-clients-manage"]}
    role = admin.post("/role-store/api/v1/roles", names, 201)
    admin.put(f"/role-store/api/v1/users/{person.id}/roles", [{"id": role["id"]}])
    boss = portal.credentials["privx"]["api_client_id"]
    (top,) = admin.post("/role-store/api/v1/roles/resolve", ["privx-admin"])["items"]
    found = admin.get(f"{USERS}?username={portal.credentials['commvault']['username']}")
    chief = found["items"][0]["id"]

    person.wire.get(f"{CLIENTS}/{boss}", 403)
    person.wire.post(CLIENTS, {"name": "mine", "roles": [{"id": top["id"]}]}, 403)
    person.wire.put(f"{USERS}/{chief}/password", {"password": PASSWORD}, 403)
    person.wire.put(f"/role-store/api/v1/users/{person.id}/roles", [{"id": top["id"]}], 403)
    person.wire.delete(f"{USERS}/{chief}", 403)
