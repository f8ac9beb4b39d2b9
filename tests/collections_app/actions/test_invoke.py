"""Invoke action: any JSON in and out, every status of the page, and what an action may reach."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.db import connection
from django.http import HttpResponse
from pytest_django import Settings

from collections_app.models import Action
from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.services.adding import add_object
from collections_app.services.encrypting import encrypt_objects
from collections_app.services.invoking import invoke
from collections_app.services.options import Expiration, WriteOptions
from collections_app.services.tokenizing import tokenize
from tests.collections_app.actions.conftest import MAKE_ACTION, Caller
from tests.collections_app.test_costs import costing
from tests.factories import make_policy, make_role
from vaultportal.audit.models import AuditEntry
from vaultportal.events.models import Event
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role
from vaultportal.sandbox import pool
from vaultportal.sandbox.servers import Launch

pytestmark = pytest.mark.django_db

MAKER = Callable[..., CollectionSchema]
ECHO = "({ body }) => body"
DEREF = "({ body, vault }) => vault.deref(body)"


def refusal(answer: HttpResponse) -> tuple[int, str]:
    """Status and code of a refusal, whose body has always the four keys."""
    body = orjson.loads(answer.content)
    assert body.keys() == {"error_code", "message", "error_url", "context"}
    assert isinstance(body["context"], dict)
    return answer.status_code, body["error_code"]


def told(action: str, name: str) -> list[dict[str, Any]]:
    """The entries of the trail about one action, oldest first."""
    rows = AuditEntry.objects.filter(action=action, target_name=name).order_by("at", "id")
    return [orjson.loads(bytes(row.body)) for row in rows]


@pytest.fixture
def patient(keeper: Actor, make_collection: MAKER) -> tuple[str, str]:
    """The name of a collection, and the id of a patient in it."""
    schema = make_collection()
    body = {"full_name": "Ida Roth", "mail": "ida@clinic.example"}
    return schema.name, str(add_object(keeper, schema.name, body, WriteOptions()))


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -1.5, "", "ß\u2028\U0001f600", [], {}, [1, {"a": [None, "b"]}], 2**53],
)
def test_any_json_goes_in_and_comes_out(
    invoker: Caller, make_action: MAKE_ACTION, value: Any
) -> None:
    answer = invoker.post(f"data/actions/{make_action(ECHO)}", value)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert orjson.loads(answer.content) == value


def test_no_body_is_null_and_no_result_is_null(invoker: Caller, make_action: MAKE_ACTION) -> None:
    name = make_action("async ({ body }) => { if (body !== null) { return 1; } }")

    assert invoker.post(f"data/actions/{name}", b"").content == b"null"


def test_the_code_is_told_who_asks_and_why(
    invoker: Caller, make_action: MAKE_ACTION, worker_role: Role
) -> None:
    name = make_action("({ user, role, reason }) => ({ user, role, reason })")

    answer = invoker.post(f"data/actions/{name}", 1, reason="Marketing", reload_cache="true")

    assert orjson.loads(answer.content) == {
        "user": invoker.name,
        "role": worker_role.name,
        "reason": "Marketing",
    }


def test_a_run_leaves_its_trace_and_an_event(invoker: Caller, make_action: MAKE_ACTION) -> None:
    name = make_action("({ body }) => { if (body) { throw new Error(body); } }")
    query = {"reason": "Other", "adhoc_reason": "drill", "custom_audit": "ticket-77"}

    invoker.post(f"data/actions/{name}", None, **query)
    invoker.post(f"data/actions/{name}", "secret-word", **query)

    done, failed = told("action.invoke", name)
    assert (done["reason"], done["note"], done["custom"]) == ("Other", "drill", "ticket-77")
    assert [done["outcome"], failed["outcome"]] == ["success", "failure"]
    action = Action.objects.select_related("bundle").get(name=name)
    assert done["detail"]["digest"] == action.bundle.digest
    assert done["detail"]["function"] == action.function
    assert "secret-word" not in orjson.dumps([done, failed]).decode()
    events = Event.objects.filter(type="vault:action-invoked").order_by("created_at", "id")
    mine = [each.payload for each in events if each.payload["name"] == name]
    assert [each["outcome"] for each in mine] == ["success", "failure"]
    assert (mine[0]["action"], mine[0]["targets"], mine[0]["reason"]) == (name, [], "Other")


def test_400_for_a_body_or_a_parameter(
    invoker: Caller, make_action: MAKE_ACTION, settings: Settings
) -> None:
    path = f"data/actions/{make_action(ECHO)}"

    assert refusal(invoker.post(path, b"{not json")) == (400, "PV1012")
    assert refusal(invoker.post(path, b"[1e400, 123456789012345678901]")) == (400, "PV1012")
    assert refusal(invoker.post(path, 1, reason="Curiosity")) == (400, "PV1002")
    assert refusal(invoker.post(path, 1, reason="Other")) == (400, "PV1001")
    assert refusal(invoker.post(path, 1, reload_cache="perhaps")) == (400, "PV1012")
    settings.PVAULT_SERVICE_FORCE_ACCESS_REASON = True
    assert refusal(invoker.post(path, 1)) == (400, "PV1001")


def test_401_without_a_key(invoker: Caller, make_action: MAKE_ACTION) -> None:
    invoker.headers = {}

    assert refusal(invoker.post(f"data/actions/{make_action(ECHO)}", 1)) == (401, "PV1005")


def test_403_for_capability_policy_and_destination(make_action: MAKE_ACTION) -> None:
    name = make_action("() => fetch('https://example.com/')")
    reader = Caller(Capability.DATA_READER)
    barred = Caller(Capability.ACTION_INVOKER, allowed=False)
    invoker = Caller(Capability.ACTION_INVOKER)

    assert refusal(reader.post(f"data/actions/{name}", 1)) == (403, "PV1007")
    assert refusal(reader.post("data/actions/none", 1)) == (403, "PV1007")
    assert refusal(barred.post(f"data/actions/{name}", 1)) == (403, "PV1006")
    assert refusal(invoker.post(f"data/actions/{name}", 1)) == (403, "PV9014")


def test_404_for_the_action_or_what_it_asks_for(
    invoker: Caller, make_action: MAKE_ACTION, patient: tuple[str, str]
) -> None:
    nobody = "5f0e7d6c-1b2a-4c3d-8e9f-0123456789ab"
    body = {"k": f"pvlt:read_object:{patient[0]}:mail:{nobody}:"}

    assert refusal(invoker.post("data/actions/none", 1)) == (404, "PV1004")
    assert refusal(invoker.post("data/actions/a%00", 1)) == (404, "PV1004")
    assert refusal(invoker.post(f"data/actions/{make_action(DEREF)}", body)) == (404, "PV3005")


def test_405_for_the_method_or_when_code_is_switched_off(
    invoker: Caller, make_action: MAKE_ACTION, settings: Settings
) -> None:
    path = f"data/actions/{make_action(ECHO)}"

    assert refusal(invoker.send("GET", path)) == (405, "PV1003")
    settings.PVAULT_FEATURES_DISABLE_JAVASCRIPT = True
    assert refusal(invoker.post(path, 1)) == (405, "PV1003")


def test_409_when_the_schema_never_stands_still(
    invoker: Caller, make_action: MAKE_ACTION, patient: tuple[str, str]
) -> None:
    name, made = patient
    action = make_action(DEREF)
    with connection.cursor() as cursor:
        # From here on every look at the epoch finds another one.
        cursor.execute(
            """
            CREATE SEQUENCE moving START 1000000;
            ALTER TABLE collections_app_schemaepoch RENAME TO standing;
            CREATE VIEW collections_app_schemaepoch AS
                SELECT 1::smallint AS id, nextval('moving') AS value;
            """
        )

    body = {"k": f"pvlt:read_object:{name}:mail:{made}:"}
    answer = invoker.post(f"data/actions/{action}", body)

    assert refusal(answer) == (409, "PV3218")


def test_410_when_the_role_is_gone(
    invoker: Caller, make_action: MAKE_ACTION, worker_role: Role
) -> None:
    name = make_action(ECHO)
    worker_role.deleted_at = worker_role.created_at
    worker_role.save()

    assert refusal(invoker.post(f"data/actions/{name}", 1)) == (410, "PV1033")


@pytest.mark.parametrize(
    ("handler", "line"),
    [
        ("() => { throw new Error('secret-word'); }", "1"),
        ("async () => {\n  await null;\n  throw 'secret-word';\n}", None),
        ("() => null.nothing", "1"),
        ("() => { const a = {}; a.a = a; return a; }", None),
        ("() => 10n", None),
        ("() => new Promise(() => {})", None),
        ("() => { const f = () => f() + 1; return f(); }", None),
        ("() => 'x'.repeat(2 ** 21)", None),
        ("() => { const a = []; for (;;) { a.push(new Array(100000).fill(1)); } }", None),
    ],
)
def test_500_when_the_code_fails(
    invoker: Caller, make_action: MAKE_ACTION, handler: str, line: str | None
) -> None:
    answer = invoker.post(f"data/actions/{make_action(handler)}", "secret-input")

    assert refusal(answer) == (500, "PV9013")
    assert b"secret" not in answer.content
    context = orjson.loads(answer.content)["context"]
    assert context["function"].endswith(".run")
    if line is not None:
        assert context["line"] == line


def test_501_where_code_cannot_be_locked_in(
    invoker: Caller, make_action: MAKE_ACTION, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = make_action(ECHO)
    closed = pool.Pool(Launch(program=Path("/nonexistent/start.py")), 1)
    monkeypatch.setattr(pool, "_pool", closed)

    assert refusal(invoker.post(f"data/actions/{name}", 1)) == (501, "PV2001")


def test_503_when_the_time_is_over(
    invoker: Caller, make_action: MAKE_ACTION, settings: Settings
) -> None:
    settings.PORTAL_ACTIONS_CPU_MS = 50

    for handler in ("() => { for (;;) {} }", "async () => { for (;;) { await 1; } }"):
        answer = invoker.post(f"data/actions/{make_action(handler)}", 1)
        assert refusal(answer) == (503, "PV1009")


def test_an_action_reads_with_its_own_role(
    keeper: Actor, invoker: Caller, make_action: MAKE_ACTION, patient: tuple[str, str]
) -> None:
    name, made = patient
    source = {"object": {"id": made}, "props": ["mail"]}
    token = tokenize(keeper, name, [{"type": "pci", **source}], expiration=Expiration())
    sealed = encrypt_objects(keeper, name, [source], expiration=Expiration())[0]
    body = {
        "object": f"pvlt:read_object:{name}::{made}:",
        "mask": f"pvlt1:read_object:{name}:mail.mask:{made}:",
        "token": f"pvlt:detokenize:{name}:mail:{token[0]['token_id']}:",
        "sealed": f"pvlt:decrypt_object:{name}:mail:{sealed}:",
    }

    answer = invoker.post(f"data/actions/{make_action(DEREF)}", body, reason="Analytics")

    found = orjson.loads(answer.content)
    assert found.pop("object").items() >= {"id": made, "full_name": "Ida Roth"}.items()
    assert found == {
        "mask": "i**@clinic.example",
        "token": "ida@clinic.example",
        "sealed": "ida@clinic.example",
    }
    reads = AuditEntry.objects.filter(action="object.read", target_id=made).order_by("at", "id")
    entry = orjson.loads(bytes(reads[0].body))
    assert (entry["actor"]["kind"], entry["credential"]["kind"]) == ("action", "invocation")
    assert (entry["credential"]["client"], entry["reason"]) == (invoker.name, "Analytics")


def test_an_action_decrypts(
    keeper: Actor, invoker: Caller, make_action: MAKE_ACTION, patient: tuple[str, str]
) -> None:
    name, made = patient
    source = {"object": {"id": made}, "props": ["mail"], "scope": "export", "tags": ["t"]}
    sealed = encrypt_objects(keeper, name, [source], expiration=Expiration())[0]
    handler = """async ({ body, vault }) => vault.crypto.decrypt({ collection: body.collection,
      requestBody: [{ encryptedObject: { ciphertext: body.sealed, scope: "export" },
        props: ["mail.mask"] }], options: ["include_metadata"] })"""

    answer = invoker.post(
        f"data/actions/{make_action(handler)}", {"collection": name, "sealed": sealed}
    )

    assert orjson.loads(answer.content) == [
        {
            "fields": {"mail.mask": "i**@clinic.example"},
            "metadata": {
                "type": "randomized",
                "scope": "export",
                "expiration": None,
                "tags": ["t"],
            },
        }
    ]


def test_what_the_role_may_not_the_action_may_not(
    invoker: Caller, make_action: MAKE_ACTION, patient: tuple[str, str]
) -> None:
    name, made = patient
    blind = make_role(permissions=[Capability.ACTION_INVOKER], policies=[make_policy()])
    masked = make_role(
        permissions=[Capability.DATA_READER],
        policies=[make_policy(resources=["*.mask"], operations=["read"])],
    )
    body = {"k": f"pvlt:read_object:{name}:mail:{made}:"}
    mask = {"k": f"pvlt:read_object:{name}:mail.mask:{made}:"}

    by_blind = invoker.post(f"data/actions/{make_action(DEREF, role=blind)}", body)
    by_masked = f"data/actions/{make_action(DEREF, role=masked)}"

    assert refusal(by_blind) == (403, "PV1007")
    assert refusal(invoker.post(by_masked, body)) == (403, "PV1006")
    assert invoker.post(by_masked, mask).status_code == 200


def test_the_code_may_catch_what_the_vault_refuses(
    invoker: Caller, make_action: MAKE_ACTION
) -> None:
    handler = """async ({ vault }) => { const codes = [];
      const missing = "pvlt:read_object:none::5f0e7d6c-1b2a-4c3d-8e9f-0123456789ab:";
      for (const body of [{ k: "no identifier" }, { k: missing }, 7]) {
        try { await vault.deref(body); } catch (error) { codes.push(error.code); }
      }
      for (const request of [{}, { collection: "c", requestBody: [], options: [[1], 7] }]) {
        try { await vault.crypto.decrypt(request); } catch (error) { codes.push(error.code); }
      }
      try { await fetch("https://example.com/"); } catch (error) { codes.push(error.code); }
      return codes; }"""

    answer = invoker.post(f"data/actions/{make_action(handler)}", None)

    assert orjson.loads(answer.content) == [
        *("PV1012", "PV1004", "PV1012"),
        *("PV1012", "PV1012"),
        "PV9014",
    ]


def test_calls_to_the_vault_are_counted(
    invoker: Caller, make_action: MAKE_ACTION, settings: Settings
) -> None:
    settings.PORTAL_ACTIONS_CALLS = 3
    name = make_action("async ({ vault }) => { for (;;) { await vault.deref({}); } }")

    answer = invoker.post(f"data/actions/{name}", None)

    assert refusal(answer) == (500, "PV9013")
    assert orjson.loads(answer.content)["context"]["limit"] == "calls"
    assert told("action.invoke", name)[0]["detail"]["requests"] == 3


def test_the_log_has_the_code_s_own_words_and_no_values(
    invoker: Caller, make_action: MAKE_ACTION, caplog: pytest.LogCaptureFixture
) -> None:
    handler = """({ body }) => { console.log("sending mail to", body.mail, 42, [1], body, null);
      console.error(`mail ${body.mail}`); }"""

    with caplog.at_level(logging.INFO, logger="collections_app.actions"):
        invoker.post(f"data/actions/{make_action(handler)}", {"mail": "ida@clinic.example"})

    records = [each for each in caplog.records if each.name == "collections_app.actions"]
    lines = [record.getMessage().partition(" says: ")[2] for record in records]
    assert lines[0] == "sending mail to <text of 18> <number> <list of 1> <object of 1> null"
    assert lines[1] == "<text of 23>"
    assert [record.levelname for record in records] == ["INFO", "WARNING"]


def test_a_run_with_one_read_costs_few_statements(
    keeper: Actor, make_action: MAKE_ACTION, patient: tuple[str, str]
) -> None:
    name, made = patient
    action = make_action(DEREF)
    body = {"k": f"pvlt:read_object:{name}:mail:{made}:"}

    invoke(keeper, action, body)

    # The action with bundle and role; its rights (one statement outside of a test's transaction,
    # where they are kept); the read with its entry; the run with its entry and event.
    with costing(9):
        assert invoke(keeper, action, body) == {"k": "ida@clinic.example"}
