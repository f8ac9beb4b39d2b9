"""Our own API, over the wire: what vendor clients never see."""

from __future__ import annotations

from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.factories import unique
from tests.secrets_app.api.conftest import World

ALL = "/api/v1/secrets"


def made(world: World, who: str = "owner", **body: Any) -> httpx.Response:
    """A secret of ``who``, made through this API; the answer."""
    new = {"name": unique("own"), "data": {"a": 1}, "owner_id": world.id_of(who), **body}
    answer = world.call(who, "POST", ALL, json=new)
    assert answer.status_code == 201, answer.text
    return answer


def one(answer: httpx.Response) -> str:
    return f"{ALL}/{answer.json()['id']}"


def shared(world: World, **body: Any) -> str:
    """A shared secret that readers read and both write; its address."""
    readers = [world.roles["readers"]["id"], world.roles["both"]["id"]]
    new = {"owner_id": None, "read_roles": readers, "write_roles": readers[1:], **body}
    answer = world.call("manager", "POST", ALL, json={"name": unique("s"), "data": {"a": 1}, **new})
    assert answer.status_code == 201, answer.text
    return one(answer)


def problem(answer: httpx.Response, status: int) -> str:
    """The type of a refusal, after its form was checked."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    return str(body["type"]).rpartition("#")[2]


def test_a_secret_lives(world: World) -> None:
    first = made(world)
    path = one(first)

    assert first.headers["Location"] == path
    got = world.call("owner", "GET", path)
    body = got.json()
    assert (body["version"], body["type"], body["held"]) == (1, "json", None)
    assert body["may"] == {"read": True, "write": True, "delete": True, "own": True}
    assert got.headers["ETag"] == first.headers["ETag"] == body["etag"]
    assert "data" not in body
    data = world.call("owner", "GET", f"{path}/data")
    assert (data.json()["data"], data.headers["ETag"]) == ({"a": 1}, body["etag"])
    put = world.call("owner", "PUT", path, json={"data": {"a": 2}})
    assert (put.json()["version"], put.status_code) == (2, 200)
    patched = world.call("owner", "PATCH", path, json={"expires_at": "2020-01-01T00:00:00Z"})
    assert patched.json()["version"] == 2
    assert problem(world.call("owner", "GET", f"{path}/data"), 403) == "secret.expired"
    assert world.call("owner", "DELETE", path).status_code == 204
    assert problem(world.call("owner", "GET", path), 404) == "not_found"


def test_looks_of_people_may_need_a_ticket_and_programs_are_not_asked(world: World) -> None:
    path = one(made(world, needs_ticket=True))

    assert world.call("owner", "GET", path).json()["needs_ticket"] is True
    assert world.call("owner", "GET", f"{path}/data").json()["data"] == {"a": 1}
    for wrong in (None, "yes", 1):
        refused = world.call("owner", "PATCH", path, json={"needs_ticket": wrong})
        assert problem(refused, 400) == "invalid"
    assert world.call("owner", "PATCH", path, json={"keep_days": 9}).status_code == 200
    assert world.call("owner", "GET", path).json()["needs_ticket"] is True
    assert world.call("owner", "PATCH", path, json={"needs_ticket": False}).status_code == 200
    assert world.call("owner", "GET", path).json()["needs_ticket"] is False
    assert world.call("owner", "GET", one(made(world))).json()["needs_ticket"] is False


def test_check_and_set_covers_data_and_roles(world: World) -> None:
    answer = made(world)
    path, tag = one(answer), answer.headers["ETag"]

    roles = world.call(
        "owner",
        "PUT",
        path,
        json={"read_roles": [world.roles["readers"]["id"]]},
        headers={"If-Match": f'"x", {tag}'},
    )
    assert roles.status_code == 200
    for method, body in (("PUT", {"data": {}}), ("PATCH", {"keep_days": 1}), ("DELETE", None)):
        refused = world.call("owner", method, path, json=body, headers={"If-Match": tag})
        assert problem(refused, 412) == "stale"
    for headers in ({"If-None-Match": "*"}, {"If-Match": f"W/{roles.headers['ETag']}"}):
        assert problem(world.call("owner", "PUT", path, json={}, headers=headers), 412) == "stale"
    assert problem(world.call("owner", "PUT", path, json={}, headers={"If-Match": "x"}), 400)
    assert world.call("owner", "GET", path).headers["ETag"] == roles.headers["ETag"]
    fresh = {"If-Match": roles.headers["ETag"], "If-None-Match": tag}
    assert world.call("owner", "DELETE", path, headers=fresh).status_code == 204


def test_a_new_secret_of_an_old_name_has_another_tag(world: World) -> None:
    name = unique("again")
    first = made(world, name=name)
    world.call("owner", "DELETE", one(first))

    assert made(world, name=name).headers["ETag"] != first.headers["ETag"]


def test_versions(world: World) -> None:
    path = one(made(world))
    world.call("owner", "PUT", path, json={"data": {"a": 2}})

    listed = world.call("owner", "GET", f"{path}/versions").json()["items"]
    assert [(row["number"], row["is_current"]) for row in listed] == [(2, True), (1, False)]
    old = world.call("owner", "GET", f"{path}/versions/1").json()
    assert (old["version"], old["data"]) == (1, {"a": 1})
    restored = world.call("owner", "POST", f"{path}/versions/1/restore")
    assert restored.json()["version"] == 3
    assert world.call("owner", "DELETE", f"{path}/versions/2").status_code == 204
    assert problem(world.call("owner", "GET", f"{path}/versions/2"), 410) == "secret.destroyed"
    assert problem(world.call("owner", "DELETE", f"{path}/versions/3"), 409) == "conflict"
    assert problem(world.call("owner", "GET", f"{path}/versions/9"), 404) == "not_found"


def test_grants_and_readers(world: World) -> None:
    path = one(made(world))
    grant = {"kind": "user", "id": world.id_of("other"), "right": "read"}

    given = world.call(
        "owner", "POST", f"{path}/grants", json={**grant, "valid_until": "2999-01-01T00:00:00Z"}
    )
    assert given.status_code == 200
    assert world.call("other", "GET", f"{path}/data").status_code == 200
    rows = world.call("owner", "GET", f"{path}/grants").json()["items"]
    assert [(row["kind"], row["right"], row["valid_until"]) for row in rows] == [
        ("user", "own", None),
        ("user", "read", "2999-01-01T00:00:00Z"),
    ]
    readers = world.call("owner", "GET", f"{path}/readers").json()
    assert {row["user_id"] for row in readers["can"]} == {
        world.id_of("owner"),
        world.id_of("other"),
    }
    assert [row["user_id"] for row in readers["did"]] == [world.id_of("other")]
    address = f"{path}/grants/user/{world.id_of('other')}/read"
    assert world.call("owner", "DELETE", address).status_code == 200
    assert problem(world.call("other", "GET", f"{path}/data"), 404) == "not_found"
    assert problem(world.call("owner", "DELETE", address), 404) == "not_found"
    assert problem(world.call("other", "GET", f"{path}/readers"), 404) == "not_found"


def test_one_time_links_need_no_account(world: World) -> None:
    path = one(made(world))
    link = world.call("owner", "POST", f"{path}/links", json={"passphrase": "correct horse"}).json()
    address = f"/api/v1/links/{link['token']}"

    for _ in range(3):
        assert world.http.get(address).json()["needs_passphrase"] is True
    wrong = world.http.post(address, json={"passphrase": "wrong"})
    assert problem(wrong, 403) == "link.passphrase"
    opened = world.http.post(address, json={"passphrase": "correct horse"})
    assert (opened.json()["data"], opened.json()["views_left"]) == ({"a": 1}, 0)
    assert opened.headers["Cache-Control"] == "no-store"
    for method in ("GET", "POST"):
        assert problem(world.http.request(method, address), 404) == "not_found"
    (listed,) = world.call("owner", "GET", f"{path}/links").json()["items"]
    assert (listed["views_left"], len(listed["receipts"])) == (0, 1)
    assert "token" not in listed
    assert world.call("owner", "DELETE", f"{ALL}/links/{link['id']}").status_code == 204
    assert problem(world.call("other", "DELETE", f"{ALL}/links/{link['id']}"), 404)
    assert link["id"] in {
        row["id"] for row in world.call("owner", "GET", f"{ALL}/links").json()["items"]
    }


def test_a_link_for_somebody_asks_them_to_sign_in(world: World) -> None:
    path = one(made(world))
    body = {"receiver_id": world.id_of("other")}
    link = world.call("owner", "POST", f"{path}/links", json=body).json()
    address = f"/api/v1/links/{link['token']}"

    assert world.http.get(address).json()["needs_sign_in"] is True
    assert problem(world.http.post(address), 401) == "unauthenticated"
    assert problem(world.call("stranger", "POST", address), 404) == "not_found"
    assert world.call("other", "POST", address).json()["data"] == {"a": 1}


def test_check_out_and_in(world: World) -> None:
    path = shared(world)
    body = {"reason": "Deploy", "minutes": 30}

    held = world.call("reader", "POST", f"{path}/checkouts", json=body)
    waits = world.call("both", "POST", f"{path}/checkouts", json=body)
    assert (held.json()["state"], waits.json()["state"]) == ("held", "queued")
    assert problem(world.call("both", "GET", f"{path}/data"), 403) == "secret.checked_out"
    assert world.call("both", "GET", path).json()["held"]["by"] == world.id_of("reader")
    assert problem(world.call("both", "POST", f"{path}/checkouts/force-return"), 403)
    assert world.call("manager", "POST", f"{path}/checkouts/force-return").status_code == 204
    assert world.call("both", "GET", f"{path}/data").status_code == 200
    assert world.call("both", "DELETE", f"{path}/checkouts").status_code == 204
    states = [
        row["state"] for row in world.call("both", "GET", f"{path}/checkouts").json()["items"]
    ]
    assert states == ["returned", "forced"]
    assert problem(world.call("both", "POST", f"{path}/checkouts", json={}), 400) == "invalid"


def test_the_vendors_wire_says_so_too(world: World) -> None:
    name = unique("held")
    path = shared(world, name=name)
    world.call("reader", "POST", f"{path}/checkouts", json={"reason": "x", "minutes": 1})

    answer = world.call("both", "GET", f"/vault/api/v1/secrets/{name}")

    assert answer.status_code == 403
    assert answer.json()["error_code"] == "PERMISSION_DENIED"


def test_types(world: World) -> None:
    name = unique("kind")
    body = {
        "title": "Kind",
        "schema": {"type": "object", "required": ["pin"]},
        "sensitive": ["pin"],
    }

    made_type = world.call("admin", "POST", f"{ALL}/types", json={"name": name, **body})
    assert (made_type.status_code, made_type.json()["builtin"]) == (201, False)
    assert problem(world.call("owner", "POST", f"{ALL}/types", json={"name": "x", **body}), 403)
    listed = {row["name"] for row in world.call("owner", "GET", f"{ALL}/types").json()["items"]}
    assert {name, "login", "json"} <= listed
    path = one(made(world, type=name, data={"pin": "1"}))
    assert problem(world.call("owner", "PUT", path, json={"data": {}}), 400) == "invalid"
    assert world.call("owner", "GET", path).json()["type"] == name
    assert problem(world.call("admin", "DELETE", f"{ALL}/types/{name}"), 409) == "type.in_use"
    world.call("owner", "DELETE", path)
    changed = world.call("admin", "PUT", f"{ALL}/types/{name}", json=body)
    assert changed.status_code == 200
    assert world.call("admin", "DELETE", f"{ALL}/types/{name}").status_code == 204
    assert problem(world.call("owner", "GET", f"{ALL}/types/{name}"), 404) == "not_found"
    remote = {**body, "schema": {"$ref": "http://127.0.0.1:1/x"}, "name": unique("kind")}
    assert problem(world.call("admin", "POST", f"{ALL}/types", json=remote), 400) == "invalid"


def test_references_are_resolved_on_request_alone(world: World) -> None:
    word = unique("ref")
    made(world, name=word, data={"host": "db1"})
    path = one(made(world, data={"url": f"pg://${{secret:{word}/host}}/app"}))

    plain = world.call("owner", "GET", f"{path}/data").json()["data"]["url"]
    resolved = world.call("owner", "GET", f"{path}/data?resolve=true").json()["data"]["url"]

    assert plain.startswith("pg://${")
    assert resolved == "pg://db1/app"


def test_a_batch_has_a_status_for_each(world: World) -> None:
    mine, name = made(world).json()["id"], unique("named")
    made(world, name=name)
    foreign = made(world, "other").json()["id"]
    refs = [
        {"id": mine},
        {"owner_id": world.id_of("owner"), "name": name},
        {"id": foreign},
        {"name": "no-such"},
    ]

    items = world.call("owner", "POST", f"{ALL}/read", json={"secrets": refs}).json()["items"]

    assert [item["status"] for item in items] == [200, 200, 404, 404]
    assert items[1]["data"] == {"a": 1}
    assert items[2]["error"] == {"type": "not_found", "title": "The secret is not found."}
    for bad in ([], refs * 26, "x", [{"id": "x"}]):
        refused = world.call("owner", "POST", f"{ALL}/read", json={"secrets": bad})
        assert problem(refused, 400) == "invalid"


def test_the_feed_is_read_by_cursor(world: World) -> None:
    start = world.call("owner", "GET", f"{ALL}/changes?cursor=now").json()
    secret_id = made(world).json()["id"]
    world.call("owner", "DELETE", f"{ALL}/{secret_id}")

    page, found = start, list[str]()
    # Any open transaction of the server holds the feed back, and with it what was before "now".
    until = monotonic() + 30
    while "deleted" not in found and monotonic() < until:
        page = world.call("owner", "GET", f"{ALL}/changes?cursor={start['cursor']}").json()
        found = [row["change"] for row in page["items"] if row["secret_id"] == secret_id]
    foreign = world.call("stranger", "GET", f"{ALL}/changes?cursor={start['cursor']}").json()

    assert (start["items"], page["more"]) == ([], False)
    assert found == ["deleted"]
    assert foreign["items"] == []
    assert problem(world.call("owner", "GET", f"{ALL}/changes?cursor=x"), 400) == "invalid"
    assert problem(world.call("owner", "GET", f"{ALL}/changes?cursor=1.1.1"), 410) == "gone"


def test_a_list_goes_on_by_cursor(world: World) -> None:
    word = unique("walk")
    names = sorted(f"{word}/{letter}é" for letter in "abcde")
    for name in names:
        made(world, name=name)

    seen: list[str] = []
    after = ""
    while True:
        query = {"q": word, "limit": 2, "after": after, "owner": "me"}
        page = world.call("owner", "GET", ALL, params=query).json()
        seen += [row["name"] for row in page["items"]]
        if (after := page["next"]) is None:
            break

    assert seen == names
    for wrong in ("after", "owner", "limit", "filter"):
        assert problem(world.call("owner", "GET", ALL, params={wrong: "x"}), 400) == "invalid"
    assert (
        world.call("owner", "GET", ALL, params={"q": word, "owner": "shared"}).json()["items"] == []
    )
    assert (
        world.call("owner", "GET", ALL, params={"q": word, "type": "login"}).json()["items"] == []
    )
    looked_up = world.call(
        "owner", "GET", f"{ALL}/lookup", params={"name": names[0], "owner": "me"}
    ).json()
    assert looked_up["name"] == names[0]
    assert problem(world.call("owner", "GET", f"{ALL}/lookup", params={"name": names[0]}), 404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("POST", ""),
        ("GET", "/changes"),
        ("POST", "/read"),
        ("GET", "/types"),
        ("GET", "/links"),
        ("POST", "/imports"),
        ("POST", "/export"),
        *[(method, f"/{UUID(int=1)}") for method in ("GET", "PUT", "PATCH", "DELETE")],
        *[("GET", f"/{UUID(int=1)}/{part}") for part in ("data", "versions", "grants", "readers")],
    ],
)
def test_nobody_does_anything(world: World, method: str, path: str) -> None:
    assert problem(world.http.request(method, f"{ALL}{path}"), 401) == "unauthenticated"


PARTS = (
    *(("GET", ""), ("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/data")),
    *(("GET", "/versions"), ("GET", "/versions/1"), ("DELETE", "/versions/1")),
    *(("POST", "/versions/1/restore"), ("GET", "/grants"), ("GET", "/readers")),
    *(("GET", "/links"), ("GET", "/checkouts"), ("DELETE", "/checkouts")),
    ("POST", "/checkouts/force-return"),
)


@pytest.mark.parametrize(("method", "part"), PARTS)
def test_a_strangers_secret_and_none_look_the_same(world: World, method: str, part: str) -> None:
    body: dict[str, Any] | None = {} if method in ("PUT", "PATCH") else None
    theirs = world.call("stranger", method, f"{one(made(world))}{part}", json=body)
    none = world.call("stranger", method, f"{ALL}/{uuid4()}{part}", json=body)

    assert problem(theirs, 404) == problem(none, 404) == "not_found"
    assert theirs.json()["title"] == none.json()["title"]


def test_unknown_fields_are_refused(world: World) -> None:
    new = {"name": unique("x"), "data": {}, "owner_id": world.id_of("owner"), "is_admin": True}

    answer = world.call("owner", "POST", ALL, json=new)

    assert problem(answer, 400) == "invalid"
    assert answer.json()["errors"][0]["property"] == "is_admin"
