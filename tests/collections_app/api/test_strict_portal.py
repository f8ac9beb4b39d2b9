"""A portal with the strict settings: reasons demanded, little time, an export seed.

It has a database of its own, which the tests may slow down, lock and take away.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.collections_app.api.conftest import PATIENTS, Vault, error
from tests.portal import Portal
from tests.services import TestServices

pytestmark = pytest.mark.xdist_group("strict_vault")
WHY = {"reason": "AppFunctionality"}
Session = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def vault(strict: tuple[Portal, str]) -> Iterator[Vault]:
    """The strict vault as Admin sees it."""
    portal, _ = strict
    with httpx.Client(base_url=portal.url, timeout=60) as client:
        yield Vault(client, portal.credentials["piiano"]["api_key"])


@pytest.fixture
def session(migrated: TestServices, strict: tuple[Portal, str]) -> Iterator[Session]:
    """A session in the portal's database."""
    with migrated.connect(strict[1]) as connected:
        yield connected


def patient(vault: Vault) -> tuple[str, str]:
    """A collection and an object in it."""
    name = vault.collection()
    return name, vault.add(name, {"full_name": "Ida", "ssn": "987-65-4321"}, params=WHY)


def test_a_call_without_a_reason_is_refused(vault: Vault) -> None:
    name, made = patient(vault)
    missing = error("PV1001", "The access reason is missing.", {"reason": None})

    for method, path, options in (
        ("POST", "objects", {"json": {"full_name": "Eve"}}),
        ("GET", f"objects/{made}?props=id", {}),
        ("POST", "query/objects?props=id", {"json": {"match": {"full_name": "Ida"}}}),
        ("GET", "count/objects", {}),
        ("GET", "tokens?token_ids=x&reason=", {}),
        ("POST", "encrypt/objects", {"json": []}),
        ("DELETE", f"objects/{made}", {}),
    ):
        assert vault.refused(400, method, f"data/collections/{name}/{path}", **options) == missing
    gc = vault.refused(400, "POST", "system/admin/lifecycle/gc")
    assert gc == missing
    assert vault.ok("GET", f"ctl/collections/{name}")["name"] == name  # reasons are for data
    assert vault.ok("GET", f"data/collections/{name}/count/objects", params=WHY)["total"] == 1


def test_what_the_caller_says_of_an_addition_is_in_the_audit(
    vault: Vault, session: Session
) -> None:
    name = vault.collection()
    said = {"reason": "Other", "adhoc_reason": "a drill", "custom_audit": "ticket-77"}

    made = vault.add(name, {"full_name": "Ida"}, params=said)

    row = session.execute(
        "SELECT convert_from(body, 'UTF8') FROM audit_auditentry"
        " WHERE action = 'object.add' AND target_id = %s",
        [made],
    ).fetchone()
    assert row is not None
    entry = json.loads(str(row[0]))
    assert (entry["reason"], entry["note"], entry["custom"]) == (*said.values(),)


def test_who_waits_for_another_change_of_the_same_object_is_told(
    vault: Vault, session: Session
) -> None:
    name, made = patient(vault)
    records = vault.collection([{"name": "note", "data_type_name": "STRING"}], kind="DATA")

    with session.transaction():
        session.execute(
            "SELECT FROM collections_app_object WHERE object_id = %s FOR UPDATE", [made]
        )
        body = vault.refused(409, "PATCH", f"data/collections/{name}/objects/{made}",
                             json={"full_name": "Eve"}, params=WHY)  # fmt: skip

        owned = {"note": "n", "_owner_id": made, "_owner_collection": name}
        added = vault.refused(409, "POST", f"data/collections/{records}/objects",
                              json=owned, params=WHY)  # fmt: skip

    assert body == error("PV3218", "Concurrent conflicting updates to the same object.")
    assert added == body
    assert vault.read(name, made, options="unsafe", **WHY)["full_name"] == "Ida"
    counted = vault.ok("GET", f"data/collections/{records}/count/objects", params=WHY)
    assert counted["total"] == 0


@pytest.mark.parametrize("event", ["INSERT", "UPDATE"])
@pytest.mark.parametrize(
    ("fault", "status", "expected"),
    [
        ("PERFORM pg_sleep(60)", 503, error("PV1009", "The operation timed out on the server.")),
        ("RAISE EXCEPTION 'no'", 500, error("PV1000", "Something went wrong")),
    ],
    ids=["slow", "broken"],
)
def test_what_the_database_cannot_do_is_said_and_nothing_is_written(
    vault: Vault, session: Session, event: str, fault: str, status: int, expected: Any
) -> None:
    name, made = patient(vault)
    session.execute(
        f"""
        CREATE FUNCTION falter() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN {fault}; RETURN NEW; END$$;
        CREATE TRIGGER falter BEFORE {event} ON collections_app_object
            FOR EACH ROW EXECUTE FUNCTION falter();
        """
    )
    path = f"data/collections/{name}/objects"
    method, path = ("PATCH", f"{path}/{made}") if event == "UPDATE" else ("POST", path)
    try:
        body = vault.refused(status, method, path, json={"full_name": "Eve"}, params=WHY)
    finally:
        session.execute("DROP FUNCTION falter CASCADE")

    assert body == expected
    assert vault.read(name, made, options="unsafe", **WHY)["full_name"] == "Ida"
    assert vault.ok("GET", f"data/collections/{name}/count/objects", params=WHY)["total"] == 1


def test_an_object_whose_key_was_erased_is_gone(vault: Vault, session: Session) -> None:
    name, made = patient(vault)
    session.execute(
        "DELETE FROM crypto_object_key USING collections_app_object object"
        " WHERE crypto_object_key.object_id = object.key_id AND object.object_id = %s",
        [made],
    )

    for path in (f"objects/{made}?options=unsafe", "objects?options=unsafe"):
        body = vault.refused(410, "GET", f"data/collections/{name}/{path}&reason=Maintenance")
        assert body == error("PV1033", "The resource is gone.")
    assert vault.read(name, made, props="id", **WHY) == {"id": made}  # nothing is opened for that


@pytest.mark.parametrize("name", ["contains", "locate"])
def test_what_the_vault_does_not_do_is_switched_off(vault: Vault, name: str) -> None:
    body = vault.refused(405, "POST", f"data/analysis/{name}", json={"text": ["x"]}, params=WHY)

    assert body == error("PV1003", "Analysis is not offered here.")


def test_values_travel_sealed_under_the_export_key(vault: Vault) -> None:
    name, made = patient(vault)
    other = vault.collection()
    key = vault.ok("GET", "system/admin/export_key")["export_key"]
    kms = vault.ok("GET", "system/info/kms")

    page = vault.ok("GET", f"data/collections/{name}/objects", params=WHY | {
        "export": "true", "options": ["unsafe", "show_builtins"],
    })  # fmt: skip
    exported = page["results"][0]
    assert exported["id"] == made
    assert "Ida" not in str(exported)
    taken = {"import": "true", "export_key": key} | WHY
    again = vault.add(other, exported, params=taken)

    shown = vault.read(other, again, options=["unsafe", "show_builtins"], **WHY)
    assert shown["full_name"] == "Ida"
    assert shown["ssn"] == "987-65-4321"
    assert shown["_creation_time"] == exported["_creation_time"]
    assert kms["kms_export"] == {"status": "pass", "type": "LOCAL"}

    path = f"data/collections/{other}/objects"
    fresh = exported | {"id": str(uuid4())}
    wrong: list[tuple[dict[str, Any], dict[str, str], Any]] = [
        (fresh, taken | {"export_key": "x"}, error(
            "PV1012", "export_key does not open here.", {"field": "export_key"})),
        (fresh, taken | {"export_key": key[:-8] + "AAAAAAA="}, error(
            "PV1012", "export_key does not open here.", {"field": "export_key"})),
        (fresh | {"ssn": exported["full_name"]}, taken, error(
            "PV3002", "The value of ssn does not open with the export key.",
            {"property": "ssn"})),
        (fresh | {"ssn": "987-65-4321"}, taken, error(
            "PV3002", "The value of ssn does not open with the export key.",
            {"property": "ssn"})),
        (fresh, {"export_key": key} | WHY, error(
            "PV1012", "export_key can be given with import only.", {"field": "export_key"})),
    ]  # fmt: skip
    for sent, params, expected in wrong:
        assert vault.refused(400, "POST", path, json=sent, params=params) == expected
    counted = vault.ok("GET", f"data/collections/{other}/count/objects", params=WHY)
    assert counted["total"] == 1


def test_tokens_keep_their_ids_from_one_collection_to_another(vault: Vault) -> None:
    name, made = patient(vault)
    same = {"name": f"c{uuid4().hex[:12]}", "type": "PERSONS", "properties": PATIENTS}
    vault.ok("POST", "ctl/collections", json=same)
    key = vault.ok("GET", "system/admin/export_key")["export_key"]
    item = {"type": "pci", "object": {"id": made}, "props": ["ssn"]}
    token = vault.ok("POST", f"data/collections/{name}/tokens", json=[item], params=WHY)[0]

    page = vault.ok("GET", f"data/collections/{name}/export/tokens", params=WHY)
    assert "987-65" not in str(page)
    for each in page["results"]:
        each.pop("object_id")  # that object is not there
    done = vault.ok("POST", f"data/collections/{same['name']}/import/tokens",
                    json=page["results"], params=WHY | {"export_key": key})  # fmt: skip

    assert done == {"ok": True, "results": [{"ok": True} | token]}
    found = vault.ok("GET", f"data/collections/{same['name']}/tokens",
                     params=WHY | {"token_ids": token["token_id"]})  # fmt: skip
    assert found == [token | {"fields": {"ssn": "987-65-4321"}}]


def test_without_its_database_the_vault_says_so_and_comes_back(
    vault: Vault, migrated: TestServices, strict: tuple[Portal, str]
) -> None:
    name, made = patient(vault)
    database = strict[1]

    with migrated.connect("postgres") as keeper:
        keeper.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
        try:
            keeper.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [database],
            )
            path, params = f"data/collections/{name}/objects/{made}", WHY | {"props": "id"}
            body = vault.refused(503, "GET", path, params=params)
        finally:
            keeper.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true')

    assert body == error("PV1010", "The service is not available now.")
    until = time.monotonic() + 60
    while (again := vault.call("GET", path, params=params)).status_code != 200:
        assert time.monotonic() < until, again.text
