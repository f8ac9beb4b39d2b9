"""A planted value goes through every feature and is found nowhere but in the answers."""

from __future__ import annotations

import json
import socket
from base64 import b64encode
from urllib.parse import urlsplit

import psycopg
import redis

from tests.factories import unique
from tests.portal import Portal
from tests.secrets_app.api.conftest import World, store_of

CANARY = "canary7b19e4d2c0"
FORMS = (CANARY, CANARY.encode().hex(), b64encode(CANARY.encode()).decode().rstrip("="))


def everything_stored(portal: Portal) -> list[str]:
    """All rows of all tables as text, and all that the broker holds."""
    found: list[str] = []
    with psycopg.connect(portal.environment["DATABASE_URL"]) as session:
        tables = session.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for (table,) in tables:
            query = f"SELECT row::text FROM {table} AS row"  # noqa: S608 names of our own tables
            found += [row[0] for row in session.execute(query.encode())]
    broker = redis.Redis.from_url(portal.environment["REDIS_URL"])
    for key in broker.scan_iter():
        found += [str(key), str(broker.dump(key))]
    broker.close()
    return found


def test_no_value_is_kept_or_told(world: World) -> None:
    store, name = store_of(world.id_of("owner")), unique("leak")
    path = world.create("owner", name=name, data={"password": CANARY})
    lookup = {"name": name, "owner": "me"}
    own = world.call("owner", "GET", "/api/v1/secrets/lookup", params=lookup).json()["id"]
    address = f"/api/v1/secrets/{own}"
    world.call("owner", "PUT", path, json={"data": {"password": f"{CANARY}2"}})
    assert world.call("owner", "GET", path).json()["data"]["password"] == f"{CANARY}2"
    world.call("owner", "POST", f"{address}/versions/1/restore")
    token = world.call("owner", "POST", f"{address}/links", json={}).json()["token"]
    assert CANARY in world.http.post(f"/api/v1/links/{token}").text
    plan = world.call("owner", "POST", "/api/v1/secrets/imports", json={"format": "kv-json"})
    content = b64encode(json.dumps({unique("leak"): {"a": CANARY}}).encode()).decode()
    world.call("owner", "PUT", f"{plan.headers['Location']}/content", json={"content": content})

    for body in ({"name": "x", "data": CANARY}, {"name": f"{CANARY}\n", "data": {}}):
        assert CANARY not in world.call("owner", "POST", store, json=body).text
    broken = f'{{"data": {{"a": "{CANARY}"'.encode()
    headers = {"Content-Type": "application/json"}
    refused = world.call("owner", "POST", store, content=broken, headers=headers)
    assert CANARY not in refused.text

    stored = [*everything_stored(world.portal), world.portal.log()]
    assert any(name in text for text in stored)  # the search itself can find something
    assert not [form for form in FORMS for text in stored if form in text]


def test_a_body_that_ends_too_early_leaves_nothing(world: World) -> None:
    name, target = unique("cut"), urlsplit(world.portal.url)
    store = store_of(world.id_of("owner"))
    body = json.dumps({"name": name, "data": {}}).encode()
    head = (
        f"POST {store} HTTP/1.1\r\nHost: {target.netloc}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {world.people['owner']['token']}\r\n"
        f"Content-Length: {len(body) + 50}\r\n\r\n"
    ).encode()
    with socket.create_connection((target.hostname or "", target.port or 80), timeout=10) as line:
        line.sendall(head + body)
        line.shutdown(socket.SHUT_WR)
        while line.recv(4096):
            pass

    assert world.call("owner", "GET", f"{store}/{name}").status_code == 404
