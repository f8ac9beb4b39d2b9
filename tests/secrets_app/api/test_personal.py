"""The five operations on personal secrets, over the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from tests.factories import unique
from tests.secrets_app.api.conftest import World, store_of

DATA = {"user": "ci", "token": "t-81f0", "ttl": 3600}


def test_a_secret_lives(world: World) -> None:
    owner, name = world.id_of("owner"), unique("build/registry login")
    store = store_of(owner)
    path = f"{store}/{quote(name, safe='')}"

    made = world.call(
        "owner",
        "POST",
        store,
        json={
            "name": name,
            "data": DATA,
            "read_roles": [{"id": world.roles["readers"]["id"], "name": "stale"}],
            "write_roles": None,
        },
    )

    assert made.status_code == 201
    assert made.json() == {"name": name}
    assert made.headers["Location"] == path

    got = world.call("owner", "GET", path)
    assert got.status_code == 200
    body = got.json()
    created = body.pop("created")
    assert body.pop("updated") == created
    assert datetime.fromisoformat(created).tzinfo == UTC
    assert created.endswith("Z")
    assert body == {
        "name": name,
        "data": DATA,
        "read_roles": [world.roles["readers"]],
        "write_roles": [],
        "owner_id": owner,
        "author": owner,
        "updated_by": owner,
        "path": path,
    }

    put = world.call("owner", "PUT", path, json={"name": "", "data": {"new": True}})
    assert (put.status_code, put.content) == (200, b"")
    after = world.call("owner", "GET", path).json()
    assert after["data"] == {"new": True}
    assert after["read_roles"] == [world.roles["readers"]]
    assert after["created"] == created
    assert after["updated"] > created

    metadata = world.call("owner", "GET", f"/vault/api/v1/user/{owner}/metadata/secrets/{name}")
    after.pop("data")
    assert metadata.json() == after

    gone = world.call("owner", "DELETE", path)
    assert (gone.status_code, gone.content) == (200, b"")
    assert world.call("owner", "GET", path).status_code == 404
    assert world.call("owner", "DELETE", path).status_code == 404


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"a":1,"b":1.0,"c":1e2,"big":123456789012345678901234567890,"":[null,true,{}]}',
        '{"z":1,"a":2,"é":"\\u00e9🔑\\u0000"}',
    ],
)
def test_data_come_back_byte_for_byte(world: World, text: str) -> None:
    name = unique("exact")
    body = f'{{"name": "{name}", "data": {text}}}'.encode()
    store = store_of(world.id_of("owner"))
    headers = {"Content-Type": "application/json"}

    made = world.call("owner", "POST", store, content=body, headers=headers)

    assert made.status_code == 201, made.text
    assert f'"data":{text}'.encode() in world.call("owner", "GET", f"{store}/{name}").content


@pytest.mark.parametrize(
    "part",
    [
        "a b",
        "50%",
        "a?b",
        "a#b",
        "a&b+c,d;e@f",
        "'\"",
        "Ünï",
        "密钥",
        "🔑",
        "a%2Fb",
        "e\u0301",
        "...",
    ],
)
def test_every_name_is_reached_again_however_its_slashes_are_sent(world: World, part: str) -> None:
    name = f"{unique('n')}/{part}/metadata/secrets"
    store = store_of(world.id_of("owner"))
    metadata = store.replace("/secrets", "/metadata/secrets")
    world.create("owner", name=name)

    for path in (quote(name, safe=""), quote(name, safe="/"), f"{quote(name, safe='')}?"):
        assert world.call("owner", "GET", f"{store}/{path}").json()["name"] == name
        assert world.call("owner", "GET", f"{metadata}/{path}").json()["name"] == name
    assert world.call("owner", "PUT", f"{store}/{quote(name, safe='')}", json={}).status_code == 200
    assert world.call("owner", "DELETE", f"{store}/{quote(name, safe='/')}").status_code == 200


def test_a_list_counts_all_and_shows_a_page(world: World) -> None:
    store = store_of(world.id_of("client"))
    names = sorted(unique("page") for _ in range(5))
    for name in reversed(names):
        world.create("client", name=name)

    page = world.call("client", "GET", f"{store}?offset=1&limit=2").json()
    whole = world.call("client", "GET", f"{store}?limit=0").json()
    past = world.call("client", "GET", f"{store}?offset=5&limit=1000").json()

    assert (page["count"], [item["name"] for item in page["items"]]) == (5, names[1:3])
    assert whole["count"] == len(whole["items"]) == 5
    assert past == {"count": 0, "items": []}
    assert all("data" not in item for item in whole["items"])
    assert set(whole["items"][0]) == {
        *("name", "read_roles", "write_roles", "owner_id", "author", "updated_by", "path"),
        *("created", "updated"),
    }


def test_an_empty_store_is_an_empty_list(world: World) -> None:
    answer = world.call("stranger", "GET", store_of(world.id_of("stranger")))

    assert (answer.status_code, answer.json()) == (200, {"count": 0, "items": []})


def test_an_id_that_nobody_has_looks_like_an_empty_store_to_a_manager(world: World) -> None:
    for user_id in ("0b1f6c0e-7f0b-4a39-8a5e-0d6a5a2f9c11", "nobody"):
        assert world.call("manager", "GET", store_of(user_id)).json()["count"] == 0
        assert world.call("other", "GET", store_of(user_id)).status_code == 403


def test_a_name_that_was_freed_brings_no_old_data_back(world: World) -> None:
    name = unique("again")
    path = world.create("owner", name=name, data={"old": 1}, read_roles=world.handles("readers"))
    world.call("owner", "DELETE", path)
    world.create("owner", name=name, data={"new": 1})

    body = world.call("owner", "GET", path).json()

    assert (body["data"], body["read_roles"]) == ({"new": 1}, [])


def test_managers_make_personal_secrets_for_others(world: World) -> None:
    path = world.create("owner", by="manager", owner_id=world.id_of("owner"))

    body = world.call("owner", "GET", path).json()

    assert body["data"] == {"a": 1}
    assert body["author"] == body["updated_by"] == world.id_of("manager")
    assert body["owner_id"] == world.id_of("owner")


def test_a_null_list_empties_and_an_absent_one_stays(world: World) -> None:
    readers, writers = world.handles("readers"), world.handles("writers")
    path = world.create("owner", read_roles=readers, write_roles=writers)

    world.call("owner", "PUT", path, json={"data": None, "read_roles": None})

    body = world.call("owner", "GET", path).json()
    assert body["data"] == {"a": 1}
    assert body["read_roles"] == []
    assert body["write_roles"] == [world.roles["writers"]]


def test_role_lists_keep_their_order_and_fold_duplicates(world: World) -> None:
    words = ("writers", "readers", "both")
    path = world.create("owner", read_roles=world.handles(*words, "writers"))

    body = world.call("owner", "GET", path).json()

    assert body["read_roles"] == [world.roles[word] for word in words]


def test_a_writer_replaces_what_they_cannot_read(world: World) -> None:
    path = world.create("owner", write_roles=world.handles("writers"))

    put = world.call("writer", "PUT", path, json={"data": {"new": 1}, "read_roles": None})

    assert put.status_code == 200
    assert "data" not in world.call("writer", "GET", path).json()
    body = world.call("owner", "GET", path).json()
    assert (body["data"], body["updated_by"]) == ({"new": 1}, world.id_of("writer"))
    refused = world.call("writer", "PUT", path, json={"read_roles": world.handles("writers")})
    assert refused.status_code == 403
