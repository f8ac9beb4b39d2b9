"""Import and export, at the services' door."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from secrets_app import lifecycle, selectors
from secrets_app.models import ImportJob, Secret
from secrets_app.records import Ref
from secrets_app.selectors import Window
from secrets_app.services import exports, imports, secrets
from secrets_app.services.imports import Plan
from secrets_app.transfer import formats
from secrets_app.transfer.formats import Upload
from tests.factories import as_admin, as_member, as_owner, as_stranger, make_role, unique
from tests.secrets_app.factories import CANARY, DATA, make_personal, make_shared, uuids
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db


def upload_of(tree: Mapping[str, Any]) -> Upload:
    return Upload(json.dumps(tree).encode())


def run(actor: Actor, plan: Plan, tree: Mapping[str, Any]) -> ImportJob:
    return imports.run_import(actor, imports.plan_import(actor, plan).pk, upload_of(tree))


def test_a_file_becomes_secrets() -> None:
    owner, word = as_owner(), unique("kv")
    tree = {f"{word}/db": {"password": CANARY}, f"{word}/mail": {"username": "u", "password": "p"}}

    job = run(owner, Plan("kv-json", folder="import"), tree)

    assert (job.state, job.total, job.done) == ("done", 2, 2)
    assert job.report["secrets"] == 2
    opened = secrets.read_data(owner, Ref.personal(owner.user_id, f"import/{word}/db"))
    assert opened.payload is not None
    assert opened.payload.value == {"password": CANARY}
    assert CANARY not in json.dumps(job.report)
    with pytest.raises(Conflict):
        imports.run_import(owner, job.pk, upload_of(tree))


def test_a_dry_run_tells_and_leaves_nothing() -> None:
    owner = as_owner()
    make_personal(owner, name="taken")
    tree = {"a": {"x": 1}, "taken": {"x": 2}}

    with pytest.raises(Conflict):
        run(owner, Plan("kv-json", dry_run=True), tree)
    job = run(owner, Plan("kv-json", dry_run=True, on_conflict="skip"), tree)

    assert job.state == "done"
    becomes = {row["name"]: row["becomes"] for row in job.report["entries"]}
    assert becomes == {"a": "secret", "taken": "skipped"}
    assert Secret.objects.filter(owner_id=owner.user_id).count() == 1


def test_one_taken_name_stops_all() -> None:
    owner = as_owner()
    make_personal(owner, name="taken")
    plan = imports.plan_import(owner, Plan("kv-json"))

    with pytest.raises(Conflict):
        imports.run_import(owner, plan.pk, upload_of({"a": {"x": 1}, "taken": {"x": 2}}))

    plan.refresh_from_db()
    assert (plan.state, plan.done, plan.report["taken"]) == ("failed", 0, ["taken"])
    assert Secret.objects.filter(owner_id=owner.user_id).count() == 1


def test_one_entry_that_is_too_large_stops_all() -> None:
    owner = as_owner()
    plan = imports.plan_import(owner, Plan("kv-json"))

    with pytest.raises(Invalid):
        imports.run_import(
            owner, plan.pk, upload_of({"a": {"x": 1}, "large": {"x": "x" * 1024 * 1024}})
        )

    plan.refresh_from_db()
    assert [row["name"] for row in plan.report["problems"]] == ["large"]
    assert not Secret.objects.filter(owner_id=owner.user_id).exists()


def test_shared_imports_are_for_who_may_add_and_come_with_roles() -> None:
    role, word = make_role(), unique("kv")
    plan = Plan("kv-json", shared=True, read_roles=uuids(role))

    run(as_admin(), plan, {word: {"x": 1}})

    assert secrets.read_secret(as_member(role), Ref.shared(word)).payload is not None
    with pytest.raises(Forbidden):
        imports.plan_import(as_owner(), plan)


def test_an_import_is_its_authors_alone() -> None:
    job = imports.plan_import(as_owner(), Plan("dotenv"))

    for job_id in (job.pk, uuid4()):
        with pytest.raises(NotFound):
            imports.get_import(as_stranger(), job_id)
    with pytest.raises(Invalid):
        imports.plan_import(as_owner(), Plan("no-such"))


def test_an_import_that_died_is_closed() -> None:
    job = imports.plan_import(as_owner(), Plan("dotenv"))
    ImportJob.objects.filter(pk=job.pk).update(state="running", started_at="2026-01-01T00:00:00Z")

    assert lifecycle.close_stalled_imports() == 1
    job.refresh_from_db()
    assert job.state == "failed"


def test_an_export_holds_what_may_be_read_and_nothing_else() -> None:
    role, word = make_role(), unique("export")
    owner = as_member(role)
    make_personal(owner, name=f"{word}/mine")
    make_shared(name=f"{word}/shared", readers=(role,))
    make_shared(name=f"{word}/closed", writers=(role,))

    archive = exports.export_secrets(owner, "correct horse battery", keywords=word)

    upload = Upload(archive, password="correct horse battery")
    found = {entry.name: entry.data for entry in formats.read("keepass", upload)}
    assert found == {f"personal/{word}/mine": DATA, f"shared/{word}/shared": DATA}
    entries = AuditEntry.objects.filter(actor_id=owner.user_id)
    assert entries.filter(action="secret.read").count() == 2
    assert entries.filter(action="secret.export").count() == 1


def test_an_export_asks_for_a_passphrase_of_some_length() -> None:
    with pytest.raises(Invalid):
        exports.export_secrets(as_owner(), "short")


def test_what_was_exported_can_be_imported_again() -> None:
    owner, other = as_owner(), as_owner()
    make_personal(owner, name="a/b", data={"n": 2**80, "nested": {"x": [1, None]}})
    archive = exports.export_secrets(owner, "correct horse battery", filter="personal")

    job = imports.plan_import(other, Plan("keepass"))
    imports.run_import(other, job.pk, Upload(archive, password="correct horse battery"))

    (info,) = selectors.list_personal(other, other.user_id, Window()).items
    opened = secrets.read_data(other, Ref(id=info.id))
    assert opened.payload is not None
    assert (info.name, opened.payload.value) == (
        "personal/a/b",
        {"n": 2**80, "nested": {"x": [1, None]}},
    )
