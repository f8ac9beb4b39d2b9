"""Import and export by our own API."""

from __future__ import annotations

import json
from base64 import b64encode

from secrets_app.transfer import formats
from secrets_app.transfer.formats import Upload
from tests.factories import unique
from tests.secrets_app.api.conftest import World
from tests.secrets_app.api.test_portal import ALL, problem


def test_import_and_export(world: World) -> None:
    word = unique("import")
    content = b64encode(json.dumps({word: {"password": "p"}}).encode()).decode()
    plan = world.call(
        "owner", "POST", f"{ALL}/imports", json={"format": "kv-json", "dry_run": True}
    )
    address = plan.headers["Location"]

    assert (plan.status_code, plan.json()["state"]) == (201, "waiting")
    dry = world.call("owner", "PUT", f"{address}/content", json={"content": content}).json()
    assert (dry["state"], dry["report"]["secrets"]) == ("done", 1)
    assert problem(world.call("other", "GET", address), 404) == "not_found"
    again = world.call("owner", "PUT", f"{address}/content", json={"content": content})
    assert problem(again, 409) == "conflict"
    real = world.call("owner", "POST", f"{ALL}/imports", json={"format": "kv-json"})
    done = world.call(
        "owner", "PUT", f"{real.headers['Location']}/content", json={"content": content}
    )
    assert done.json()["done"] == 1
    failing = world.call("owner", "POST", f"{ALL}/imports", json={"format": "kv-json"})
    refused = world.call(
        "owner", "PUT", f"{failing.headers['Location']}/content", json={"content": content}
    )
    assert problem(refused, 409) == "import.taken"
    assert world.call("owner", "GET", failing.headers["Location"]).json()["state"] == "failed"
    for bad in ({"format": "x"}, {}, {"format": "dotenv", "read_roles": ["x"]}):
        assert problem(world.call("owner", "POST", f"{ALL}/imports", json=bad), 400) == "invalid"

    archive = world.call(
        "owner", "POST", f"{ALL}/export", json={"passphrase": "correct horse battery", "q": word}
    )
    assert archive.status_code == 200
    upload = Upload(archive.content, password="correct horse battery")
    (entry,) = formats.read("keepass", upload)
    assert (entry.name, entry.data) == (f"personal/{word}", {"password": "p"})
