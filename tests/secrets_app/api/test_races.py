"""Many at once: exactly one wins, nothing is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.factories import unique
from tests.secrets_app.api.conftest import World, store_of

MANY = 50


def at_once(world: World, call: Callable[[httpx.Client, int], httpx.Response]) -> Counter[int]:
    """The statuses of ``MANY`` calls that begin together."""
    # One thread never closes, as one too many, what another was just given.
    kept = httpx.Limits(max_keepalive_connections=MANY)
    with (
        httpx.Client(base_url=world.portal.url, timeout=60, limits=kept) as http,
        ThreadPoolExecutor(MANY) as pool,
    ):
        return Counter(
            answer.status_code for answer in pool.map(lambda n: call(http, n), range(MANY))
        )


def bearer(world: World, who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {world.people[who]['token']}"}


def test_of_many_who_create_one_name_one_does(world: World) -> None:
    name, store = unique("race"), store_of(world.id_of("owner"))

    def create(http: httpx.Client, number: int) -> httpx.Response:
        body = {"name": name, "data": {"n": number}}
        return http.post(store, json=body, headers=bearer(world, "owner"))

    assert at_once(world, create) == {201: 1, 400: MANY - 1}
    assert world.call("owner", "GET", f"{store}/{name}").json()["data"]["n"] in range(MANY)


def test_of_many_writers_with_one_tag_one_writes(world: World) -> None:
    new = {"name": unique("race"), "data": {}, "owner_id": world.id_of("owner")}
    made = world.call("owner", "POST", "/api/v1/secrets", json=new)
    path = f"/api/v1/secrets/{made.json()['id']}"
    headers = {**bearer(world, "owner"), "If-Match": made.headers["ETag"]}

    def write(http: httpx.Client, number: int) -> httpx.Response:
        return http.put(path, json={"data": {"n": number}}, headers=headers)

    assert at_once(world, write) == {200: 1, 412: MANY - 1}
    assert world.call("owner", "GET", path).json()["version"] == 2


def test_writers_without_a_tag_lose_no_version(world: World) -> None:
    new = {"name": unique("race"), "data": {}, "owner_id": world.id_of("owner")}
    path = (
        f"/api/v1/secrets/{world.call('owner', 'POST', '/api/v1/secrets', json=new).json()['id']}"
    )
    world.call("owner", "PATCH", path, json={"keep_versions": 100})

    def write(http: httpx.Client, number: int) -> httpx.Response:
        return http.put(path, json={"data": {"n": number}}, headers=bearer(world, "owner"))

    assert at_once(world, write) == {200: MANY}
    versions = world.call("owner", "GET", f"{path}/versions").json()["items"]
    assert [row["number"] for row in versions] == list(range(MANY + 1, 0, -1))
    held = {
        world.call("owner", "GET", f"{path}/versions/{number}").json()["data"]["n"]
        for number in range(2, MANY + 2)
    }
    assert held == set(range(MANY))


def test_of_many_who_come_for_the_last_view_one_gets_it(world: World) -> None:
    new = {"name": unique("race"), "data": {"a": 1}, "owner_id": world.id_of("owner")}
    path = (
        f"/api/v1/secrets/{world.call('owner', 'POST', '/api/v1/secrets', json=new).json()['id']}"
    )
    token = world.call("owner", "POST", f"{path}/links", json={"views": 3}).json()["token"]

    counted = at_once(world, lambda http, _: http.post(f"/api/v1/links/{token}"))

    assert counted == {200: 3, 404: MANY - 3}
    (link,) = world.call("owner", "GET", f"{path}/links").json()["items"]
    assert (link["views_left"], len(link["receipts"])) == (0, 3)


def test_of_many_who_check_out_one_holds(world: World) -> None:
    name = unique("race")
    world.create(None, by="manager", name=name, read_roles=world.handles("readers", "both"))
    secret_id = world.call("reader", "GET", "/api/v1/secrets/lookup", params={"name": name}).json()[
        "id"
    ]
    path = f"/api/v1/secrets/{secret_id}/checkouts"

    def check_out(http: httpx.Client, number: int) -> httpx.Response:
        who = "reader" if number % 2 else "both"
        body = {"reason": "race", "minutes": 5}
        return http.post(path, json=body, headers=bearer(world, who))

    assert at_once(world, check_out) == {201: 2, 409: MANY - 2}
    states = [row["state"] for row in world.call("reader", "GET", path).json()["items"]]
    assert states == ["held", "queued"]


def test_one_delete_of_many_deletes(world: World) -> None:
    path = world.create("owner")

    counted = at_once(world, lambda http, _: http.delete(path, headers=bearer(world, "owner")))

    assert counted == {200: 1, 404: MANY - 1}
