"""Actions as things: listed, added, deleted, and granted one by one."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from collections_app.models import Action
from collections_app.permissions import Capability
from collections_app.services.actions import (
    ActionDraft,
    add_action,
    grant_action,
    revoke_action,
)
from collections_app.services.adding import add_object
from collections_app.services.bundles import update_bundle
from collections_app.services.invoking import Run, accounted, invoke
from collections_app.services.options import WriteOptions
from tests.collections_app.actions.conftest import MAKE_ACTION, MAKER, Caller, encoded, name_of
from tests.collections_app.actions.test_invoke import DEREF, ECHO, refusal, told
from tests.collections_app.conftest import an_actor, restricted
from tests.factories import make_person, make_policy, make_role
from vaultportal import trail
from vaultportal.errors import Forbidden
from vaultportal.identity.actor import Actor
from vaultportal.identity.ids import uuid7
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
    writes = (Capability.ACTION_WRITER, Capability.IAM_WRITER)
    manager = Caller(Capability.ACTION_READER, *writes)
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


def test_a_role_is_lent_to_code_by_who_has_it(make_action: MAKE_ACTION, worker_role: Role) -> None:
    made = make_action(ECHO)
    row = Action.objects.select_related("bundle").get(name=made)
    person = make_person()
    code = encoded(row.bundle.code + "//")

    def lend(actor: Actor) -> None:
        add_action(actor, ActionDraft(name_of("a"), row.function, worker_role.name))
        grant_action(actor, made, person)
        update_bundle(actor, row.bundle.name, encoded=code)

    writer = an_actor(capabilities=[Capability.ACTION_WRITER, Capability.CODE_WRITER])
    writer = writer.with_(user_id=make_person().pk)
    holder = writer.with_(role_ids=(worker_role.pk,))
    for actor, reason in ((writer, "capability"), (restricted(holder, mail="x"), "policy")):
        with pytest.raises(Forbidden) as added:
            add_action(actor, ActionDraft(name_of("a"), row.function, worker_role.name))
        with pytest.raises(Forbidden) as granted:
            grant_action(actor, made, person)
        with pytest.raises(Forbidden) as replaced:
            update_bundle(actor, row.bundle.name, encoded=code)
        assert {each.value.reason for each in (added, granted, replaced)} == {reason}

    assert update_bundle(writer, row.bundle.name, description="Said.").description == "Said."
    lend(holder)
    lend(an_actor(user_id=make_person().pk))


def test_a_token_for_some_objects_keeps_an_action_to_them(
    keeper: Actor, make_action: MAKE_ACTION, make_collection: MAKER
) -> None:
    name = make_collection().name
    patient = {"full_name": "Ida Roth", "mail": "ida@clinic.example"}
    made = add_object(keeper, name, patient, WriteOptions())
    action = make_action(DEREF)
    body = {"k": f"pvlt:read_object:{name}:full_name:{made}:"}

    assert invoke(restricted(keeper, mail="ida@clinic.example"), action, body) == {"k": "Ida Roth"}
    with pytest.raises(Forbidden) as refused:
        invoke(restricted(keeper, mail="eve@clinic.example"), action, body)

    assert refused.value.reason == "policy"


def test_a_run_that_meets_a_bug_is_accounted_for(keeper: Actor) -> None:
    run = Run(keeper, trail.Target("action", "", "broken_run"), uuid7(), "b.f", "", "")

    def work() -> None:
        raise ZeroDivisionError("secret-word")

    with pytest.raises(ZeroDivisionError):
        accounted(run, work)

    (entry,) = told("action.invoke", "broken_run")
    assert (entry["outcome"], entry["detail"]["cause"]) == ("failure", "internal")
