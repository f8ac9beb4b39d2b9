"""The role-store service over HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.portal import Portal
from tests.secrets_app.identity_api.conftest import Person
from tests.secrets_app.identity_api.wire import Wire, unique

ROLES = "/role-store/api/v1/roles"
USERS = "/role-store/api/v1/users"


def make_role(admin: Wire, **fields: Any) -> dict[str, Any]:
    name = fields.pop("name", None) or unique("role")
    made = admin.post(ROLES, {"name": name, **fields}, 201)
    found: dict[str, Any] = admin.get(f"{ROLES}/{made['id']}")
    return found


def test_a_role_as_the_go_library_sends_it(admin: Wire) -> None:
    name = unique("builders")
    zeros = {
        "id": "",
        "name": name,
        "comment": "",
        "access_group_id": "",
        "permissions": None,
        "source_rules": {"type": "GROUP", "match": "ANY", "rules": None},
        "context": {"enabled": False, "validity": None},
        "system": False,
        "explicit": False,
        "implicit": False,
        "created": "",
        "member_count": 0,
    }

    made = admin.post(ROLES, zeros, 201)
    found = admin.get(f"{ROLES}/{made['id']}")

    assert sorted(made) == ["id"]
    assert found["id"] == made["id"]
    assert (found["name"], found["permissions"], found["system"]) == (name, [], False)
    assert found["source_rules"] == zeros["source_rules"]
    assert found["context"] == zeros["context"]
    assert found["created"].endswith("Z")
    assert found["author"] == admin.get(f"{USERS}/current")["id"]


def test_permissions_are_kept_known_and_unknown(admin: Wire) -> None:
    role = make_role(admin, permissions=["vault-add", "connections-view", "users-view"])
    assert sorted(role["permissions"]) == ["connections-view", "users-view", "vault-add"]

    admin.put(f"{ROLES}/{role['id']}", {"name": role["name"], "permissions": ["vault-manage"]})
    found = admin.get(f"{ROLES}/{role['id']}")
    assert found["permissions"] == ["vault-add", "vault-manage"]

    admin.put(f"{ROLES}/{role['id']}", {"name": role["name"], "permissions": None})
    assert admin.get(f"{ROLES}/{role['id']}")["permissions"] == []


def test_a_role_is_renamed_and_deleted(admin: Wire) -> None:
    role, name = make_role(admin), unique("renamed")
    path = f"{ROLES}/{role['id']}"

    assert admin.put(path, {"name": name, "comment": "new"}) is None
    assert admin.get(path)["name"] == name
    assert admin.delete(path) is None

    assert "not found" in admin.get(path, 404)["error_message"].lower()
    admin.delete(path, 404)
    admin.put(path, {"name": name}, 404)
    make_role(admin, name=name)


def test_a_name_is_taken_once_also_at_the_same_moment(admin: Wire) -> None:
    name = unique("once")

    def create(_: int) -> int:
        return admin.send("POST", ROLES, json={"name": name}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(create, range(8)))

    assert statuses == [201] + [400] * 7
    refused = admin.post(ROLES, {"name": name}, 400)
    assert (refused["error_code"], refused["property"]) == ("VALUE_DUPLICATE", "name")


def test_built_in_roles_cannot_be_deleted_or_renamed(admin: Wire) -> None:
    found = admin.post(f"{ROLES}/resolve", ["privx-admin", "privx-user"])
    assert {item["name"]: item["system"] for item in found["items"]} == {
        "privx-admin": True,
        "privx-user": True,
    }
    for item in found["items"]:
        admin.delete(f"{ROLES}/{item['id']}", 400)
        admin.put(f"{ROLES}/{item['id']}", {"name": unique("mine")}, 400)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "REQUIRED_VALUE_MISSING"),
        ({"name": None}, "REQUIRED_VALUE_MISSING"),
        ({"name": ""}, "REQUIRED_VALUE_MISSING"),
        ({"name": 1}, "VALUE_INCORRECT_TYPE"),
        ({"name": " a"}, "VALUE_INCORRECT_FORMAT"),
        ({"name": "a\u0000"}, "VALUE_INCORRECT_FORMAT"),
        ({"name": "a" * 151}, "VALUE_OUT_OF_BOUNDS"),
        ({"name": "a", "permissions": "vault-add"}, "VALUE_INCORRECT_TYPE"),
        ({"name": "a", "permissions": [1]}, "VALUE_INCORRECT_TYPE"),
        ({"name": "a", "context": []}, "VALUE_INCORRECT_TYPE"),
        ({"name": "a", "context": {"\u0000": 1}}, "VALUE_INCORRECT_FORMAT"),
        ([], "INVALID_REQUEST_DATA"),
        ({"name": 1, "comment": 2}, "INVALID_REQUEST_DATA"),
    ],
)
def test_a_bad_role_is_refused(admin: Wire, body: Any, code: str) -> None:
    assert admin.post(ROLES, body, 400)["error_code"] == code


def test_names_are_resolved_by_anybody(admin: Wire, person: Person) -> None:
    role = make_role(admin)

    found = person.wire.post(f"{ROLES}/resolve", [role["name"], "no-such-role"])

    assert found["count"] == 1
    assert [(item["id"], item["name"]) for item in found["items"]] == [(role["id"], role["name"])]
    empty = person.wire.post(f"{ROLES}/resolve", [])
    assert empty == {"count": 0, "items": []}
    bodies: list[Any] = [{"names": []}, [1], "x"]
    for body in bodies:
        person.wire.post(f"{ROLES}/resolve", body, 400)


def test_roles_are_listed_in_pages(admin: Wire, person: Person) -> None:
    for _ in range(3):
        make_role(admin)
    whole = person.wire.get(f"{ROLES}?limit=1000")
    names = [item["name"] for item in whole["items"]]

    assert whole["count"] == len(names) >= 3
    assert names == sorted(names)
    part = person.wire.get(f"{ROLES}?offset=1&limit=2")
    assert part["count"] == whole["count"]
    assert [item["name"] for item in part["items"]] == names[1:3]
    back = person.wire.get(f"{ROLES}?sortkey=name&sortdir=desc&limit=1000&unknown=x")
    assert [item["name"] for item in back["items"]] == names[::-1]
    assert person.wire.get(f"{ROLES}?offset=100000") == {"count": 0, "items": []}
    for query in ("offset=-1", "limit=x", "sortkey=nothing", "sortdir=up"):
        person.wire.get(f"{ROLES}?{query}", 400)


def test_roles_are_searched_by_name(admin: Wire, person: Person) -> None:
    role = make_role(admin)

    found = person.wire.post(f"{ROLES}/search", {"name": [role["name"]], "sortkey": ""})
    assert [item["id"] for item in found["items"]] == [role["id"]]
    everything = person.wire.post(f"{ROLES}/search?limit=1", {"name": None})
    assert everything["count"] > 1 and len(everything["items"]) == 1


def test_rights_follow_roles_at_once(admin: Wire, person: Person) -> None:
    role = make_role(admin, permissions=["users-view"])
    path = f"{USERS}/{person.id}/roles"
    person.wire.get("/local-user-store/api/v1/users", 403)

    admin.put(path, [{"id": role["id"], "name": "whatever"}])
    person.wire.get("/local-user-store/api/v1/users")
    held = admin.get(path)
    assert [(item["id"], item["grant_type"]) for item in held["items"]] == [
        (role["id"], "PERMANENT")
    ]
    members = admin.get(f"{ROLES}/{role['id']}/members")
    assert [item["id"] for item in members["items"]] == [person.id]
    assert admin.get(f"{ROLES}/{role['id']}")["member_count"] == 1

    admin.put(path, [])
    person.wire.get("/local-user-store/api/v1/users", 403)

    admin.put(path, [{"id": role["id"]}])
    admin.delete(f"{ROLES}/{role['id']}")
    person.wire.get("/local-user-store/api/v1/users", 403)


def test_a_time_restricted_role_is_held_only_then(admin: Wire, person: Person) -> None:
    role = make_role(admin, permissions=["users-view"])
    path = f"{USERS}/{person.id}/roles"
    now = datetime.now(UTC)

    def give(begins: timedelta, ends: timedelta) -> None:
        period = {
            "grant_start": (now + begins).isoformat(),
            "grant_end": (now + ends).isoformat(),
        }
        item = {
            "id": role["id"],
            "grant_type": "TIME_RESTRICTED",
            "grant_validity_periods": [period],
        }
        admin.put(path, [item])

    give(timedelta(hours=-1), timedelta(hours=1))
    person.wire.get("/local-user-store/api/v1/users")
    assert admin.get(path)["items"][0]["grant_type"] == "TIME_RESTRICTED"
    give(timedelta(hours=-2), timedelta(hours=-1))
    person.wire.get("/local-user-store/api/v1/users", 403)
    give(timedelta(hours=1), timedelta(hours=2))
    person.wire.get("/local-user-store/api/v1/users", 403)
    admin.put(path, [{"id": role["id"], "grant_type": "FLOATING", "floating_length": 8}])
    person.wire.get("/local-user-store/api/v1/users")


@pytest.mark.parametrize(
    "body",
    [
        {},
        [1],
        [{}],
        [{"id": ""}],
        [{"id": "x"}],
        [{"id": str(uuid4())}],
        [{"id": str(uuid4()), "grant_type": "TIME_RESTRICTED"}],
        [{"id": 5}],
    ],
)
def test_bad_roles_are_not_given(admin: Wire, person: Person, body: Any) -> None:
    admin.put(f"{USERS}/{person.id}/roles", body, 400)

    assert admin.get(f"{USERS}/{person.id}/roles")["count"] == 0


def test_a_user_as_role_store_shows_it(admin: Wire, person: Person) -> None:
    role = make_role(admin, permissions=["vault-add"])
    admin.put(f"{USERS}/{person.id}/roles", [{"id": role["id"]}])

    for path in (f"{USERS}/{person.id}", f"{USERS}/{person.id}/resolve"):
        found = admin.get(path)
        assert (found["id"], found["principal"]) == (person.id, person.username)
        assert found["source_type"] == "LOCAL"
        assert [each["name"] for each in found["roles"]] == [role["name"]]
        assert found["permissions"] == ["vault-add"]
    assert person.wire.get(f"{USERS}/current")["id"] == person.id
    assert person.wire.get(f"{USERS}/{person.id}")["id"] == person.id
    admin.get(f"{USERS}/{uuid4()}", 404)
    admin.get(f"{USERS}/nobody", 404)


def test_users_are_searched(admin: Wire, person: Person) -> None:
    path = f"{USERS}/search"

    by_word = admin.post(path, {"keywords": person.username[4:].upper(), "source": ""})
    assert [item["id"] for item in by_word["items"]] == [person.id]
    by_id = admin.post(path, {"user_id": [person.id, "x"], "keywords": ""})
    assert [item["id"] for item in by_id["items"]] == [person.id]
    assert admin.post(path, {"keywords": "100%_nobody"})["count"] == 0
    assert admin.post(path, {"keywords": "a\u0000b", "source": "LDAP"})["count"] == 0
    assert admin.post(f"{path}?limit=1", {})["count"] >= 1


def test_sources_are_told_to_those_who_may_see_them(admin: Wire, person: Person) -> None:
    found = admin.get("/role-store/api/v1/sources")

    assert found["count"] == 1
    assert (found["items"][0]["name"], found["items"][0]["enabled"]) == ("Local users", True)
    person.wire.get("/role-store/api/v1/sources", 403)


def test_an_api_client_is_a_user_too(portal: Portal, admin: Wire) -> None:
    machine = portal.credentials["privx"]["api_client_id"]

    found = admin.get(f"{USERS}/current")

    assert found["id"] == machine
    assert "privx-admin" in [role["name"] for role in found["roles"]]
    assert "vault-manage" in found["permissions"]


def test_a_key_generation_that_is_not_offered_is_404(admin: Wire) -> None:
    role = make_role(admin)

    admin.post(f"{ROLES}/{role['id']}/principalkeys/generate", {}, 404)
