"""Many at once, for what our own API has beyond the wire."""

from __future__ import annotations

from base64 import b64encode
from threading import Lock
from time import monotonic

import httpx

from tests.factories import unique
from tests.secrets_app.api.conftest import World
from tests.secrets_app.api.test_races import MANY, at_once, bearer

ALL = "/api/v1/secrets"


def made(world: World, **body: object) -> tuple[str, str]:
    """A new secret of the owner: its address and its tag."""
    new = {"name": unique("race"), "data": {"a": 1}, "owner_id": "me", **body}
    answer = world.call("owner", "POST", ALL, json=new)
    assert answer.status_code == 201, answer.text
    return f"{ALL}/{answer.json()['id']}", answer.headers["ETag"]


def test_of_many_who_restore_with_one_tag_one_does(world: World) -> None:
    path, tag = made(world)
    headers = {**bearer(world, "owner"), "If-Match": tag}

    counted = at_once(
        world, lambda http, _: http.post(f"{path}/versions/1/restore", headers=headers)
    )

    assert counted == {200: 1, 412: MANY - 1}
    assert len(world.call("owner", "GET", f"{path}/versions").json()["items"]) == 2


def test_of_many_who_share_with_one_tag_one_does(world: World) -> None:
    path, tag = made(world)
    headers = {**bearer(world, "owner"), "If-Match": tag}
    roles = [world.roles[word]["id"] for word in ("readers", "writers")]

    def give(http: httpx.Client, number: int) -> httpx.Response:
        body = {"kind": "role", "id": roles[number % 2], "right": "read"}
        return http.post(f"{path}/grants", json=body, headers=headers)

    assert at_once(world, give) == {200: 1, 412: MANY - 1}
    assert len(world.call("owner", "GET", path).json()["read_roles"]) == 1


def test_of_many_who_give_back_one_does(world: World) -> None:
    name = unique("race")
    world.create(None, by="manager", name=name, read_roles=world.handles("readers"))
    found = world.call("reader", "GET", f"{ALL}/lookup", params={"name": name}).json()
    path = f"{ALL}/{found['id']}/checkouts"
    world.call("reader", "POST", path, json={"reason": "race", "minutes": 5})

    counted = at_once(world, lambda http, _: http.delete(path, headers=bearer(world, "reader")))

    assert counted == {204: 1, 404: MANY - 1}


def test_of_many_who_make_one_type_one_does(world: World) -> None:
    body = {"name": unique("type"), "title": "Kind", "schema": {"type": "object"}}

    def make(http: httpx.Client, _: int) -> httpx.Response:
        return http.post(f"{ALL}/types", json=body, headers=bearer(world, "admin"))

    assert at_once(world, make) == {201: 1, 409: MANY - 1}


def test_one_import_runs_once(world: World) -> None:
    job = world.call("owner", "POST", f"{ALL}/imports", json={"format": "dotenv"})
    path, title = f"{job.headers['Location']}/content", unique("race")
    body = {"content": b64encode(b"A=1\n").decode(), "title": title}

    def run(http: httpx.Client, _: int) -> httpx.Response:
        return http.put(path, json=body, headers=bearer(world, "owner"))

    assert at_once(world, run) == {200: 1, 409: MANY - 1}
    found = world.call("owner", "GET", ALL, params={"q": title}).json()["items"]
    assert [item["name"] for item in found] == [title]


def test_a_link_that_is_closed_while_many_open_it_gives_no_view_away(world: World) -> None:
    path, _ = made(world)
    link = world.call("owner", "POST", f"{path}/links", json={"views": 20}).json()

    def take(http: httpx.Client, number: int) -> httpx.Response:
        if number == 5:
            return http.delete(f"{ALL}/links/{link['id']}", headers=bearer(world, "owner"))
        return http.post(f"/api/v1/links/{link['token']}")

    counted = at_once(world, take)

    (listed,) = world.call("owner", "GET", f"{path}/links").json()["items"]
    assert counted[204] == 1
    assert counted[200] == len(listed["receipts"]) == listed["views"] - listed["views_left"] <= 20
    assert counted[200] + counted[404] == MANY - 1


def test_the_feed_skips_nothing_that_is_written_while_it_is_read(world: World) -> None:
    cursor = world.call("owner", "GET", f"{ALL}/changes?cursor=now").json()["cursor"]
    told: list[str] = []
    one_reader = Lock()

    def read() -> None:
        nonlocal cursor
        with one_reader:
            page = world.call("owner", "GET", f"{ALL}/changes?cursor={cursor}&limit=500").json()
            told.extend(row["secret_id"] for row in page["items"])
            cursor = page["cursor"]

    def write(http: httpx.Client, number: int) -> httpx.Response:
        if number % 5 == 0:
            read()
        body = {"name": unique("fed"), "data": {}, "owner_id": "me"}
        return http.post(ALL, json=body, headers=bearer(world, "owner"))

    counted = at_once(world, write)

    assert counted == {201: MANY}
    until = monotonic() + 60  # any open transaction of the server holds the feed back
    while len(set(told)) < MANY and monotonic() < until:
        read()
    assert len(set(told)) == MANY
