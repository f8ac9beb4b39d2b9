"""Why somebody does it, and secrets of one's own without knowing one's id."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.factories import unique
from tests.secrets_app.api.conftest import World

ALL = "/api/v1/secrets"
REASON = "X-Audit-Reason"


def made(world: World, **headers: str) -> str:
    """A new secret of the owner; its address."""
    body = {"name": unique("why"), "data": {"a": 1}, "owner_id": "me"}
    answer = world.call("owner", "POST", ALL, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return f"{ALL}/{answer.json()['id']}"


def test_me_is_whoever_calls(world: World) -> None:
    path = made(world)

    body = world.call("owner", "GET", path).json()

    assert body["owner_id"] == world.id_of("owner")
    refs = [{"owner_id": "me", "name": body["name"]}]
    batch = world.call("owner", "POST", f"{ALL}/read", json={"secrets": refs}).json()["items"]
    assert [item["status"] for item in batch] == [200]
    for wrong in ("you", 5):
        new: dict[str, object] = {"name": "x", "data": {}, "owner_id": wrong}
        refused = world.call("owner", "POST", ALL, json=new)
        assert refused.status_code == 400
        assert [fault["property"] for fault in refused.json()["errors"]] == ["owner_id"]


def test_versions_and_readings_keep_the_reason(world: World) -> None:
    why = "für die Wartung, 50 %"
    path = made(world, **{REASON: quote(why)})
    world.call("owner", "PUT", path, json={"data": {}}, headers={REASON: "Rotation"})
    world.call("owner", "GET", f"{path}/data", headers={REASON: quote(why)})

    versions = world.call("owner", "GET", f"{path}/versions").json()["items"]
    readings = world.call("owner", "GET", f"{path}/readers").json()["did"]

    assert [row["reason"] for row in versions] == ["Rotation", why]
    assert [row["reason"] for row in readings] == [why]


@pytest.mark.parametrize("said", ["r" * 256, "a%0Ab", "%ff"])
def test_a_reason_that_cannot_be_kept_is_refused(world: World, said: str) -> None:
    path = made(world)

    refused = world.call("owner", "PUT", path, json={"data": {}}, headers={REASON: said})

    assert refused.status_code == 400
    assert [fault["property"] for fault in refused.json()["errors"]] == [REASON]
    assert world.call("owner", "GET", path).json()["version"] == 1
