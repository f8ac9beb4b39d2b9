"""Draining a store: who may, what stops, what every page says meanwhile, and the way back."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from s3vault_app.models import Job, Machine, StoragePool, Vault
from s3vault_app.services import jobs
from tests.factories import as_admin, make_person
from tests.s3vault_app.api.rig import administrator as wire_administrator
from tests.s3vault_app.api.rig import order
from tests.s3vault_app.ui import rig
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Conflict

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return rig.browser(rig.administrator())


@pytest.fixture
def store() -> Machine:
    return rig.endpoint_of(rig.pool())


@pytest.fixture
def vault(store: Machine) -> Vault:
    assert store.pool is not None
    return rig.vault(rig.plan(pool=store.pool), store)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def at(machine: Machine, way: str = "") -> str:
    return f"/storage/endpoints/{machine.number}/{way}"


def pool_of(machine: Machine) -> StoragePool:
    return StoragePool.objects.get(machines=machine)


def proved(machine: Machine) -> None:
    """As the job of a drain leaves it."""
    now = timezone.now()
    StoragePool.objects.filter(machines=machine).update(drain_asked_at=now, drained_at=now)
    machine.jobs.update(state="Completed", percent=100)


def test_it_is_asked_first_done_by_a_job_and_taken_back(
    admin: Client, store: Machine, vault: Vault
) -> None:
    asked = text(admin.get(at(store, "drain/")))
    assert "1 vault takes no writes and no deletions" in asked
    assert f"Among them: {vault.name}." in asked
    assert "It is their only endpoint" in asked
    assert not store.jobs.exists()

    begun = admin.post(at(store, "drain/"))
    job = store.jobs.get()
    assert (job.type, begun["Location"]) == ("drain", f"/storage/jobs/{job.pk}/")
    assert pool_of(store).drains
    assert "Being drained" in text(admin.get(at(store)))
    again = text(admin.post(at(store, "drain/"), follow=True))
    assert "A job is draining it already." in again

    proved(store)
    page = text(admin.get(at(store)))
    assert "Drained since" in page
    assert at(store, "drain/") not in page
    back = admin.post(at(store, "take-back/"))
    second = store.jobs.latest("pk")
    assert (second.type, back["Location"]) == ("undrain", f"/storage/jobs/{second.pk}/")
    assert pool_of(store).comes_back
    again = text(admin.post(at(store, "take-back/"), follow=True))
    assert "A job is taking it back already." in again
    assert store.jobs.count() == 2

    StoragePool.objects.filter(machines=store).update(drained_at=None)
    second.delete()
    assert "It takes writes." in text(admin.post(at(store, "take-back/"), follow=True))

    told = AuditEntry.objects.filter(target_id=str(store.pk)).order_by("id")
    assert [each.action for each in told] == ["s3_endpoint.drain", "s3_endpoint.undrain"]


def test_a_drain_that_failed_is_asked_again_at_the_endpoint(admin: Client, store: Machine) -> None:
    admin.post(at(store, "drain/"))
    first = store.jobs.get()
    Job.objects.filter(pk=first.pk).update(state="Failed", reason="db still takes writes.")
    asked_at = pool_of(store).drain_asked_at

    page = text(admin.get(f"/storage/jobs/{first.pk}/"))
    assert "resubmit" not in page
    with pytest.raises(Conflict):
        jobs.resubmit(as_admin(), first.pk)
    assert "Drain again" in text(admin.get(at(store)))
    admin.post(at(store, "drain/"))

    assert store.jobs.count() == 2
    assert (pool_of(store).drain_asked_at, pool_of(store).drained_at) == (asked_at, None)


def test_what_was_taken_back_counts_as_drained_until_it_is_proved(
    admin: Client, store: Machine, vault: Vault
) -> None:
    wire, url = wire_administrator(), f"/storage/vaults/{vault.number}/"
    proved(store)
    assert "It is drained already." in text(admin.post(at(store, "drain/"), follow=True))
    since = pool_of(store).drained_at
    admin.post(at(store, "take-back/"))
    job = store.jobs.get()

    assert (pool_of(store).drain_asked_at, pool_of(store).drained_at) == (None, since)
    page = text(admin.get(at(store)))
    assert "It is being taken back: until its job is done" in page
    assert at(store, "take-back/") not in page
    assert at(store, "drain/") in page

    Job.objects.filter(pk=job.pk).update(state="Failed", reason="db takes no writes yet.")
    page = text(admin.get(at(store)))
    assert "The job that takes it back did not get there" in page
    assert at(store, "take-back/") in page
    for path in (url, f"{url}endpoints/", "/storage/vaults/", "/storage/endpoints/"):
        assert "Being taken back" in text(admin.get(path))
    shown = text(admin.get(url))
    assert "its endpoints may still refuse writes" in shown
    assert "None of its endpoints for certain" in shown
    assert "s3.upload_file" not in shown
    assert wire("GET", f"V4/CVS3Store/{vault.number}")[1]["status"] == "READONLY"
    chosen = {"planId": vault.plan.number, "planName": vault.plan.name}
    assert wire("POST", "V4/CVS3Store", order(plan=chosen))[0] == 409

    admin.post(at(store, "take-back/"))
    assert [each.type for each in store.jobs.order_by("pk")] == ["undrain", "undrain"]
    assert pool_of(store).drained_at == since


@pytest.mark.parametrize("before", ["Waiting", "Failed"])
def test_a_drain_that_was_never_proved_may_have_been_told(
    admin: Client, store: Machine, before: str
) -> None:
    admin.post(at(store, "drain/"))
    store.jobs.update(state=before)
    asked = pool_of(store).drain_asked_at

    admin.post(at(store, "take-back/"))

    assert (pool_of(store).drain_asked_at, pool_of(store).drained_at) == (None, asked)
    admin.post(at(store, "drain/"))
    pool = pool_of(store)
    assert (pool.drains, pool.is_drained, pool.comes_back) == (True, False, False)
    assert [each.type for each in store.jobs.order_by("pk")] == ["drain", "undrain", "drain"]


def test_a_gateway_has_nothing_to_drain(admin: Client, store: Machine, vault: Vault) -> None:
    assert store.pool is not None
    gateway = rig.endpoint_of(store.pool, role="gateway")

    assert "1 gateway leads to this store" in text(admin.get(at(store, "drain/")))
    assert at(gateway, "drain/") not in text(admin.get(at(gateway)))
    assert admin.get(at(gateway, "drain/")).status_code == 404
    assert admin.post(at(gateway, "drain/")).status_code == 404
    assert "It keeps no data" in text(admin.post(at(gateway, "take-back/"), follow=True))
    assert admin.get(at(rig.machine(), "drain/")).status_code == 404
    proved(store)
    page = text(admin.get(at(gateway)))
    assert f"Its store {store.name} is drained" in page
    assert at(gateway, "take-back/") not in page
    assert not gateway.jobs.exists()


def test_who_may_not_uninstall_may_not_drain(store: Machine, vault: Vault) -> None:
    for client in (
        rig.browser(make_person()),
        rig.browser(rig.give(make_person(), vault)),
    ):
        for answer in (
            client.get(at(store, "drain/")),
            client.post(at(store, "drain/")),
            client.post(at(store, "take-back/")),
        ):
            assert answer.status_code in (403, 404)
    assert Client().post(at(store, "drain/")).status_code in (302, 401)
    assert not store.jobs.exists()
    assert not pool_of(store).drains


def test_a_vault_says_that_nothing_is_taken_and_how_to_fetch(
    admin: Client, store: Machine, vault: Vault
) -> None:
    url = f"/storage/vaults/{vault.number}/"
    before = text(admin.get(url))
    proved(store)
    after = text(admin.get(url))

    assert ("Each of its endpoints" in before, "s3.upload_file" in before) == (True, True)
    assert "None of its endpoints: its store is drained" in after
    assert "none of its endpoints takes writes or deletions" in after
    assert ("s3.upload_file" in after, "s3.download_file" in after) == (False, True)
    for path in (f"{url}endpoints/", "/storage/vaults/", "/storage/endpoints/"):
        assert "Takes no writes" in text(admin.get(path))


def test_the_wire_says_it_in_its_own_word_and_makes_no_vault_there(
    store: Machine, vault: Vault
) -> None:
    wire = wire_administrator()
    chosen = {"planId": vault.plan.number, "planName": vault.plan.name}
    body = order(plan=chosen, cvs3Endpoints=[{"clientId": store.number}])
    assert wire("GET", f"V4/CVS3Store/{vault.number}")[1]["status"] == "READY"
    proved(store)

    assert wire("GET", f"V4/CVS3Store/{vault.number}")[1]["status"] == "READONLY"
    status, answer = wire("POST", "V4/CVS3Store", body)
    assert (status, set(answer)) == (409, {"errorCode", "errorMessage"})
    assert wire("POST", "V4/CVS3Store?dryRun=true", body)[0] == 409
    assert not store.jobs.exists()


@pytest.mark.parametrize("kind", ["drain", "undrain"])
def test_its_job_names_its_steps(admin: Client, store: Machine, kind: str) -> None:
    job = Job.objects.create(type=kind, state="Running", pool=store.pool)
    job.machines.set([store])
    rig.step(job, "identities", "ok", store, "people have their pairs and rights")
    rig.step(job, "writes", "running", store)

    page = text(admin.get(f"/storage/jobs/{job.pk}/"))

    assert "Trying whether it takes writes" in page
    assert ["Access" in page, "Proof" in page] == [True, True]
