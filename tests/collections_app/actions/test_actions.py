"""Actions as things: listed, added, deleted, and granted one by one."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from collections_app.models import Action
from collections_app.permissions import Capability
from collections_app.services.actions import grant_action, revoke_action
from tests.collections_app.actions.conftest import MAKE_ACTION, Caller, name_of
from tests.collections_app.actions.test_invoke import ECHO, refusal
from tests.factories import make_policy, make_role
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User

pytestmark = pytest.mark.django_db


def test_a_grant_lets_somebody_invoke_one_action(keeper: Actor, make_action: MAKE_ACTION) -> None:
    mine, other = make_action(ECHO), make_action(ECHO)
    stranger = Caller(allowed=False)
    person = User.objects.get(username=stranger.name)

    grant_action(keeper, mine, person)

    assert stranger.post(f"data/actions/{mine}", 1).status_code == 200
    assert stranger.send("GET", f"ctl/actions/{mine}").status_code == 200
    assert refusal(stranger.post(f"data/actions/{other}", 1)) == (403, "PV1007")
    assert refusal(stranger.send("GET", f"ctl/actions/{other}")) == (403, "PV1007")
    deny = make_policy(policy_type="deny", operations=["invoke"], resources=[f"actions/{mine}"])
    make_role(policies=[deny], members=[person])
    assert refusal(stranger.post(f"data/actions/{mine}", 1)) == (403, "PV1006")
    assert revoke_action(keeper, mine, person)
    assert refusal(stranger.post(f"data/actions/{mine}", 1)) == (403, "PV1007")


def test_actions_are_listed_added_and_deleted(make_action: MAKE_ACTION, worker_role: Role) -> None:
    manager = Caller(Capability.ACTION_READER, Capability.ACTION_WRITER)
    present = make_action(ECHO)
    function = Action.objects.select_related("bundle").get(name=present).function
    name = name_of("a")
    bundle, _, bare = function.partition(".")
    function_of = {"bundle": bundle, "function": bare}
    body: dict[str, Any] = {"name": name, "function": function_of, "description": "Says."}

    added = manager.post("ctl/actions", {**body, "role": worker_role.name})

    made = orjson.loads(added.content)
    assert made.pop("creation_time") <= made.pop("modification_time")
    assert made == {
        "name": name,
        "description": "Says.",
        "function": function,
        "role": worker_role.name,
        "is_builtin": False,
    }
    listed = orjson.loads(manager.send("GET", "ctl/actions").content)
    assert [each["name"] for each in listed] == ["http_call", *sorted([present, name])]
    assert listed[0]["is_builtin"] is True
    again = manager.post("ctl/actions", {**body, "role": worker_role.name})
    assert refusal(again) == (409, "PV9001")
    for wrong in ({"function": f"{bundle}.none"}, {"role": "none"}, {"role": "privx-admin"}):
        taken = {**body, "name": name_of("a"), "role": worker_role.name, **wrong}
        assert refusal(manager.post("ctl/actions", taken)) == (404, "PV1004")
    malformed: tuple[dict[str, Any], ...] = ({"name": "a-b"}, {"function": "plain"}, {"name": 7})
    for each in malformed:
        taken = {**body, "name": name_of("a"), "role": worker_role.name, **each}
        assert refusal(manager.post("ctl/actions", taken)) == (400, "PV1012")
    assert manager.send("DELETE", f"ctl/actions/{name}").content == b""
    assert refusal(manager.send("DELETE", f"ctl/actions/{name}")) == (404, "PV1004")
    assert refusal(manager.send("GET", f"ctl/actions/{name}")) == (404, "PV1004")
    assert refusal(manager.send("DELETE", "ctl/actions/http_call")) == (400, "PV9005")
    barred = Caller(Capability.ACTION_READER, allowed=False)
    assert refusal(barred.send("GET", "ctl/actions")) == (403, "PV1006")
