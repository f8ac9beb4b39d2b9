"""Shared secrets, metadata, search, schemas and status, over the wire."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import unique
from tests.secrets_app.api.conftest import World, store_of

SHARED = "/vault/api/v1/secrets"
SEARCH = "/vault/api/v1/search/secrets"


def test_a_shared_secret_lives(world: World) -> None:
    name = unique("pg-reporting")
    body = {
        "name": name,
        "owner_id": "",
        "read_roles": [{"id": world.roles["readers"]["id"], "name": "", "deleted": False}],
        "write_roles": None,
        "data": {"host": "db1", "port": 5432},
    }

    made = world.call("adder", "POST", SHARED, json=body)
    got = world.call("reader", "GET", f"{SHARED}/{name}")

    assert (made.status_code, made.json()) == (201, {"name": name})
    assert made.headers["Location"] == f"{SHARED}/{name}"
    assert got.json()["data"] == {"host": "db1", "port": 5432}
    assert "owner_id" not in got.json()
    assert world.call("manager", "PUT", f"{SHARED}/{name}", json={"data": {}}).content == b""
    assert world.call("reader", "GET", f"{SHARED}/{name}").json()["data"] == {}
    assert world.call("manager", "DELETE", f"{SHARED}/{name}").status_code == 200
    assert world.call("reader", "GET", f"{SHARED}/{name}").status_code == 404


def test_a_shared_secret_may_come_without_data(world: World) -> None:
    name = unique("empty")

    made = world.call("adder", "POST", SHARED, json={"name": name})

    assert made.status_code == 201
    assert world.call("manager", "GET", f"{SHARED}/{name}").json()["read_roles"] == []


def test_a_shared_secret_without_readers_is_read_by_nobody(world: World) -> None:
    path = world.create(None, by="manager", read_roles=[])

    for who in ("manager", "admin"):
        assert "data" not in world.call(who, "GET", path).json()
    for who in ("adder", "reader", "stranger"):
        assert world.call(who, "GET", path).status_code == 404


def test_the_list_of_shared_secrets_is_what_one_can_reach(world: World) -> None:
    name = unique("reach")
    world.create(None, by="manager", name=name, read_roles=world.handles("readers"))
    world.create("reader", name=name)

    def listed(who: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = world.call(who, "GET", f"{SHARED}?offset={len(found)}").json()
            found += page["items"]
            if not page["items"]:
                return [item for item in found if item["name"] == name]

    for who in ("reader", "manager", "admin"):
        (item,) = listed(who)
        assert "data" not in item
        assert "owner_id" not in item
    for who in ("writer", "stranger", "adder"):
        assert listed(who) == []


def test_the_two_spaces_know_nothing_of_each_other(world: World) -> None:
    name = unique("space")
    personal = world.create("owner", name=name, data={"is": "personal"})
    shared = world.create(
        None, by="manager", name=name, data={"is": "shared"}, read_roles=world.handles("both")
    )

    assert world.call("owner", "GET", personal).json()["data"] == {"is": "personal"}
    assert world.call("both", "GET", shared).json()["data"] == {"is": "shared"}
    assert world.call("owner", "GET", shared).status_code == 404


@pytest.fixture(scope="module")
def searched(world: World) -> str:
    """Five secrets whose names hold one word: mine, two of the owner's, two shared."""
    word = unique("Search_50%")
    world.create("reader", name=f"{word}/mine")
    world.create("owner", name=f"{word}/closed")
    both = world.handles("readers")
    world.create("owner", name=f"{word}/personal", read_roles=both)
    world.create(None, by="manager", name=f"{word}/shared", read_roles=both)
    world.create(None, by="manager", name=f"{word}/open", read_roles=both, write_roles=both)
    return word


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("", {"mine", "personal", "shared", "open"}),
        ("personal", {"mine"}),
        ("SHARED", {"personal", "shared", "open"}),
        ("Readable", {"mine", "personal", "shared", "open"}),
        ("writable", {"mine", "open"}),
        ("accessible", {"mine", "open"}),
    ],
)
def test_a_filter_leaves_what_it_says(
    world: World, searched: str, wanted: str, found: set[str]
) -> None:
    body = {"keywords": searched, "filter": wanted, "owner_id": None, "offset": 0, "limit": 0}

    answer = world.call("reader", "POST", SEARCH, json=body).json()

    assert {item["name"].split("/")[-1] for item in answer["items"]} == found
    assert answer["count"] == len(found)
    assert all("data" not in item for item in answer["items"])


def test_a_search_looks_anywhere_in_any_letter_case_for_any_word(
    world: World, searched: str
) -> None:
    def hits(keywords: str) -> int:
        body = {"keywords": keywords}
        return int(world.call("manager", "POST", SEARCH, json=body).json()["count"])

    assert hits(searched.upper()) == hits(searched.lower()) == 5
    assert hits(f"{searched}/MINE, {searched}/open nothing-else-{searched}") == 2
    assert hits(searched.replace("_", "x")) == 0
    assert hits(searched.replace("%", "")) == 0


def test_a_search_may_be_about_some_owners(world: World, searched: str) -> None:
    owners = [world.id_of("owner"), "nobody"]
    body = {"keywords": searched, "owner_id": owners}

    found = world.call("manager", "POST", SEARCH, json=body).json()
    none = world.call("manager", "POST", SEARCH, json={**body, "owner_id": ["nobody"]}).json()

    assert {item["owner_id"] for item in found["items"]} == {world.id_of("owner")}
    assert found["count"] == 2
    assert none == {"count": 0, "items": []}


def test_the_query_orders_and_cuts_a_search_and_wins_over_the_body(
    world: World, searched: str
) -> None:
    body = {"keywords": searched, "sortkey": "name", "sortdir": "ASC", "limit": 1, "offset": 4}

    by_query = world.call(
        "manager", "POST", f"{SEARCH}?offset=1&limit=2&sortkey=created&sortdir=desc", json=body
    ).json()
    by_body = world.call("manager", "POST", f"{SEARCH}?", json=body).json()

    names = [item["name"].split("/")[-1] for item in by_query["items"]]
    assert (by_query["count"], names) == (5, ["shared", "personal"])
    assert [item["name"].split("/")[-1] for item in by_body["items"]] == ["shared"]


def test_a_search_without_a_body_is_a_search_for_everything(world: World) -> None:
    answer = world.call(
        "reader", "POST", SEARCH, headers={"Content-Type": "application/json"}, content=b""
    )

    assert answer.status_code == 200
    assert answer.json()["count"] >= 0


def test_schemas_are_never_empty(world: World) -> None:
    answer = world.call("stranger", "GET", "/vault/api/v1/schemas")

    kinds = {kind["name"]: kind for kind in answer.json()}
    assert answer.status_code == 200
    assert {"json", "login", "ssh-key", "totp"} <= kinds.keys()
    assert kinds["login"]["masked"] == ["password"]
    assert kinds["login"]["schema"]["required"] == ["password"]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer rubbish"}])
def test_status_answers_without_a_token(world: World, headers: dict[str, str]) -> None:
    answer = world.http.get("/vault/api/v1/status", headers=headers)

    assert answer.status_code == 200
    body = answer.json()
    assert (body["variant"], body["status"], body["api_version"]) == ("vault", "OK", "v1")
    assert body["start_time"].endswith("Z")


def test_no_call_is_redirected(world: World) -> None:
    for path in (f"{SHARED}/", f"{store_of(world.id_of('owner'))}/", "/vault/api/v1/status/"):
        assert world.call("owner", "GET", path).status_code == 404
