"""A draft on a sample: nothing is stored, nothing real is read or sent, all of it is shown."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.test import Client
from pytest_django import Settings

from collections_app.models import Bundle
from collections_app.permissions import Capability
from collections_app.services.tryout import Sample, try_out
from tests.collections_app.actions.conftest import Caller
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Forbidden, Invalid
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db

CODE = """
exports.notify = { type: "action", handler: async ({ body, vault }) => {
  const { who } = await vault.deref({ who: body });
  const [sealed] = await vault.crypto.decrypt({ collection: "c", requestBody: [] });
  console.log("mail to", who, sealed.fields);
  const answer = await fetch("https://mail.example/send", { method: "POST", body: who });
  return { status: answer.status, answer: await answer.json() };
} };
exports.initials = { type: "transformer", dependencies: { properties: ["last"] },
  handler: ({ param, prop }, { last, other }, value) => `${value[0]}${last[0]}${param}${other}` };
exports.is_even = { type: "validator", handler: (value) => value % 2 === 0 };
exports.fail = { type: "normalizer", handler: (value) => {
  throw new TypeError("bad " + value);
} };
"""


def test_an_action_runs_on_answers_of_the_sample(keeper: Actor) -> None:
    sample = Sample(
        input="pvlt:read_object:patients:mail:1:",
        answers={
            "pvlt:read_object:patients:mail:1:": "ida@clinic.example",
            "vault.crypto.decrypt": [{"fields": {"a": 1}}],
            "https://mail.example/send": {"status": 202, "body": '{"queued":true}'},
        },
    )

    tried = try_out(keeper, CODE, "notify", sample)

    assert (tried.ok, tried.problem) == (True, "")
    assert tried.result == {"status": 202, "answer": {"queued": True}}
    assert tried.console == [
        {"level": "log", "arguments": ["mail to", "ida@clinic.example", {"a": 1}]}
    ]
    assert [each["name"] for each in tried.exports["actions"]] == ["notify"]
    assert not Bundle.objects.filter(code=CODE).exists()
    entry = AuditEntry.objects.filter(action="bundle.try").latest("at")
    assert b"ida@" not in bytes(entry.body)


def test_the_other_functions_get_their_own_arguments(keeper: Actor) -> None:
    sample = Sample(input="Ida", object={"last": "Roth", "other": 1}, param="!")

    assert try_out(keeper, CODE, "initials", sample).result == "IR!undefined"
    assert try_out(keeper, CODE, "is_even", Sample(input=4)).result is True


def test_what_goes_wrong_is_shown_with_its_place(keeper: Actor, settings: Settings) -> None:
    settings.PORTAL_ACTIONS_CPU_MS, settings.PORTAL_ACTIONS_WALL_MS = 100, 60_000
    thrown = try_out(keeper, CODE, "fail", Sample(input="sample"))
    missing = try_out(keeper, CODE, "notify", Sample(input="pvlt:x"))
    broken = try_out(keeper, "exports.a = {\n  type: ;", "", Sample())
    endless = try_out(
        keeper, "exports.a = { type: 'action', handler: () => { for (;;) {} } };", "a", Sample()
    )

    assert (thrown.ok, thrown.problem, thrown.line) == (False, "TypeError: bad sample", 13)
    assert "no answer" in missing.problem
    assert (broken.ok, broken.line) == (False, 2)
    assert "limit of cpu" in endless.problem
    with pytest.raises(Invalid):
        try_out(keeper, CODE, "none", Sample())
    with pytest.raises(Invalid):
        try_out(keeper, CODE, "is_even", Sample(input=2**70))


def test_it_takes_the_right_to_write_code(keeper: Actor) -> None:
    with pytest.raises(Forbidden):
        try_out(keeper.with_(permissions=frozenset()), CODE, "", Sample())


def test_the_portal_s_own_api_has_it(db: None) -> None:
    caller = Caller(Capability.CODE_WRITER)

    def post(body: Any) -> tuple[int, Any]:
        answer = Client().post(
            "/api/v1/code/tryout",
            orjson.dumps(body),
            content_type="application/json",
            headers=caller.headers,
        )
        return answer.status_code, answer.json()

    status, shown = post({"code": CODE, "function": "is_even", "input": 3})
    listed = post({"code": CODE})[1]

    assert status == 200
    assert shown.keys() == listed.keys()
    assert (shown["ok"], shown["result"], shown["console"]) == (True, False, [])
    assert [each["name"] for each in listed["exports"]["validators"]] == ["is_even"]
    assert post({"code": CODE, "more": 1})[0] == 400
    assert post({})[0] == 400
