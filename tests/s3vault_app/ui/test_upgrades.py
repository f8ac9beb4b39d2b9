"""Upgrading an endpoint: when it is offered, what is asked first, and what its job shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from s3vault_app.drivers.seaweedfs.layout import VERSION, is_older
from s3vault_app.models import Job, Machine
from tests.factories import as_member, make_person
from tests.s3vault_app.api.rig import administrator as wire_administrator
from tests.s3vault_app.api.test_gate import make_gate
from tests.s3vault_app.ui import rig
from triggers_app.gates import approvals
from triggers_app.models import Pending
from vaultportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db
OLDER = "4.9"


@pytest.fixture
def admin() -> Client:
    return rig.browser(rig.administrator())


@pytest.fixture
def old() -> Machine:
    return rig.endpoint_of(rig.pool(), engine_version=OLDER)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def at(machine: Machine, way: str = "") -> str:
    return f"/storage/endpoints/{machine.number}/{way}"


@pytest.mark.parametrize(
    ("version", "older"),
    [("", False), (VERSION, False), ("4.9", True), ("3.99.1", True), ("5.0", False), ("x", True)],
)
def test_versions_are_compared_by_their_numbers(version: str, older: bool) -> None:  # noqa: FBT001 a case
    assert is_older(version) is older


def test_an_old_engine_is_upgraded_and_no_other(admin: Client, old: Machine) -> None:
    assert old.pool is not None
    same = rig.endpoint_of(rig.pool(), engine_version=VERSION)
    later = rig.endpoint_of(rig.pool(), engine_version="99.1")
    vault = rig.vault(rig.plan(pool=old.pool), old)

    shown = [text(admin.get(at(each))) for each in (old, same, later)]

    assert [f"Upgrade to {VERSION}" in page for page in shown] == [True, False, False]
    assert text(admin.get("/storage/endpoints/")).count(f"upgrade to {VERSION}") == 1
    assert f"upgrade to {VERSION}" in text(admin.get(f"/storage/vaults/{vault.number}/endpoints/"))
    for each in (same, later):
        answer = admin.post(at(each, "upgrade/"), follow=True)
        assert "It is no older than the engine of this portal." in text(answer)
        assert not each.jobs.exists()


def test_it_is_asked_first_and_done_by_a_job_of_its_own(admin: Client, old: Machine) -> None:
    assert old.pool is not None
    gateway = rig.endpoint_of(old.pool, role="gateway", engine_version=OLDER)

    asked = text(admin.get(at(old, "upgrade/")))
    assert f"Upgrade {old.name} to {VERSION}" in asked
    assert "for some seconds it answers nobody" in asked
    assert "1 gateway leads to this store" in asked
    assert f"Version {OLDER} stays on the machine until the proof has held." in asked
    assert "leads to this store" not in text(admin.get(at(gateway, "upgrade/")))
    assert not Job.objects.exists()

    begun = admin.post(at(old, "upgrade/"))
    job = old.jobs.get()
    assert (job.type, begun["Location"]) == ("upgrade", f"/storage/jobs/{job.pk}/")
    entry = AuditEntry.objects.get(action="s3_endpoint.upgrade")
    assert entry.target_id == str(old.pk)

    for answer in (
        admin.get(at(old, "upgrade/"), follow=True),
        admin.post(at(old, "upgrade/"), follow=True),
    ):
        assert "A job is upgrading it already." in text(answer)
    assert old.jobs.count() == 1


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"enabled": False}, "It is stopped: start it first."),
        ({"engine_state": "disabled"}, "It is stopped: start it first."),
        ({"state": "key_changed"}, "The host key of a machine has changed."),
    ],
)
def test_what_cannot_be_proved_is_not_upgraded(
    admin: Client, old: Machine, fields: dict[str, Any], why: str
) -> None:
    Machine.objects.filter(pk=old.pk).update(**fields)

    for answer in (
        admin.get(at(old, "upgrade/"), follow=True),
        admin.post(at(old, "upgrade/"), follow=True),
    ):
        assert why in text(answer)
    assert not old.jobs.exists()


def test_who_may_not_install_may_not_upgrade(admin: Client, old: Machine) -> None:
    assert old.pool is not None
    user = rig.give(make_person(), rig.vault(rig.plan(pool=old.pool), old))

    for client in (rig.browser(make_person()), rig.browser(user)):
        for answer in (client.get(at(old, "upgrade/")), client.post(at(old, "upgrade/"))):
            assert answer.status_code in (403, 404)
    assert Client().post(at(old, "upgrade/")).status_code in (302, 401)
    none = admin.post(at(rig.machine(), "upgrade/"), follow=True)
    assert "The machine has no endpoint." in text(none)
    assert admin.post("/storage/endpoints/2147483647/upgrade/").status_code == 404
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_gate_before_installs_stands_before_an_upgrade(admin: Client, old: Machine) -> None:
    approvers = make_gate(old)

    waits = admin.post(at(old, "upgrade/"))

    assert waits.status_code == 202
    assert "Waiting for a decision" in text(waits)
    assert not old.jobs.exists()
    approvals.decide(as_member(approvers), Pending.objects.get().pk, approved=True)
    admin.post(at(old, "upgrade/"))
    assert old.jobs.get().type == "upgrade"


def test_its_job_names_its_steps_and_the_way_back(admin: Client, old: Machine) -> None:
    job = Job.objects.create(
        type="upgrade",
        state="Failed",
        pool=old.pool,
        reason=f"{old.name}: The engine did not start. The older version runs again.",
    )
    job.machines.set([old])
    for name in ("preflight", "ship", "keep", "configure"):
        rig.step(job, name, "ok", old)
    rig.step(job, "start", "failed", old, "The engine did not start.")
    for name in ("health", "verify", "tidy"):
        rig.step(job, name, "todo", old)
    page = f"/storage/jobs/{job.pk}/"
    assert "Way back" not in text(admin.get(page))
    rig.step(job, "back", "ok", old, f"{OLDER} runs again")

    shown = text(admin.get(page))

    assert old.pool is not None
    assert f"Upgrade an endpoint of {old.pool.name}" in shown
    assert "The older version runs again." in shown
    assert "Way back" in shown
    assert "resubmit" not in shown
    summary = wire_administrator()("GET", f"Job/{job.pk}")[1]["jobs"][0]["jobSummary"]
    assert (summary["jobType"], summary["localizedOperationName"], summary["status"]) == (
        "Install Software",
        "Upgrade endpoint",
        "Failed",
    )
