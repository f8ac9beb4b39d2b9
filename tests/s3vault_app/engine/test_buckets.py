"""Buckets and their data: whose they are, and what keeps them."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import BucketHoldsData
from s3vault_app.drivers.s3_iam import IamEngine
from s3vault_app.engine import jobs, planning
from s3vault_app.engine.vaults import rules_of
from s3vault_app.models import (
    Job,
    JobStep,
    Machine,
    Vault,
)
from tests.factories import make_person, unique
from tests.s3vault_app.engine.lab import (
    Lab,
    client,
    finish,
    machines_of,
    pair_of,
    story,
)
from tests.s3vault_app.engine.site import Site

pytestmark = pytest.mark.xdist_group("s3")


def test_a_deletion_without_force_leaves_what_is_in_the_bucket(shared: Lab) -> None:
    """The engine itself deletes a versioned bucket with all that is in it."""
    owner = make_person()
    vault = shared.installed(owners=(owner,)).vault
    s3_user = client(machines_of(shared)[0], pair_of(owner))
    s3_user.put_object(Bucket=vault.name, Key="k", Body=b"x")

    job = Job.objects.create(type=Job.Type.DELETE, vault=vault, pool=shared.pool)
    jobs.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.reason) == (
        Job.State.FAILED,
        "1 objects and versions are in the bucket.",
    )
    assert s3_user.get_object(Bucket=vault.name, Key="k")["Body"].read() == b"x"


def test_a_bucket_that_is_not_the_vaults_is_never_taken_over(shared: Lab, site: Site) -> None:
    store = s3.s3(site.doors[0], site.engine.admin)
    shared.installed()  # machines without any vault would be cleared with this one
    name = unique("theirs")
    store.create_bucket(Bucket=name)
    store.put_object(Bucket=name, Key="k", Body=b"x")
    made = shared.create(name=name)

    jobs.run(made.job.pk)

    assert "has a bucket of this name" in story(made.job)
    made.vault.refresh_from_db()
    assert (made.vault.state, made.vault.has_bucket) == (Vault.State.FAILED, False)
    gone = Job.objects.create(
        type=Job.Type.DELETE, vault=made.vault, pool=shared.pool, options={"force": True}
    )
    finish(gone)
    assert store.get_object(Bucket=name, Key="k")["Body"].read() == b"x"


def test_a_bucket_that_a_dead_worker_made_is_known_for_the_vaults(shared: Lab, site: Site) -> None:
    made = shared.create()
    Vault.objects.filter(pk=made.vault.pk).update(bucket_claimed_at=timezone.now())
    site.engine.ensure_bucket(rules_of(made.vault))

    finish(made.job)

    made.vault.refresh_from_db()
    assert made.vault.state == Vault.State.ACTIVE


class Late(IamEngine):
    """Somebody writes between the emptying and the end."""

    def _empty(self, client: Any, bucket: str, versions: Any) -> None:
        super()._empty(client, bucket, versions)
        client.put_object(Bucket=bucket, Key="late", Body=b"x")


def test_what_was_written_meanwhile_keeps_the_bucket(shared: Lab, site: Site) -> None:
    name = shared.installed().vault.name
    with pytest.raises(BucketHoldsData, match="meanwhile"):
        Late(site.doors, site.engine.admin).delete_bucket(name, force=True)
    store = s3.s3(site.doors[0], site.engine.admin)
    assert store.get_object(Bucket=name, Key="late")["Body"].read() == b"x"


def test_a_store_that_its_last_vault_no_longer_names_keeps_the_data(shared: Lab) -> None:
    vault = shared.installed().vault
    [store] = Machine.objects.filter(pool=shared.pool, role=Machine.Role.STORE)
    vault.endpoints.filter(machine=store).update(state="removing")

    finish(Job.objects.create(type=Job.Type.UPDATE, vault=vault, pool=shared.pool))

    store.refresh_from_db()
    assert (store.pool, store.engine_state) == (shared.pool, Machine.EngineState.ONLINE)
    assert [row.machine_id == store.pk for row in vault.endpoints.all()] == [False]


def test_a_killed_job_leaves_what_somebody_has_written(shared: Lab) -> None:
    owner = make_person()
    vault = shared.installed(owners=(owner,)).vault
    [store] = Machine.objects.filter(pool=shared.pool, role=Machine.Role.STORE)
    client(store, pair_of(owner)).put_object(Bucket=vault.name, Key="k", Body=b"x")
    job = Job.objects.create(
        type=Job.Type.CREATE, vault=vault, pool=shared.pool, kill_asked_at=timezone.now()
    )
    for machine, name, notes in ((store, "preflight", "fresh"), (None, "bucket", "made")):
        JobStep.objects.create(
            job=job, machine=machine, name=name, changed=True, data={notes: True}
        )
    JobStep.objects.create(job=job, machine=store, name="ship", changed=True)

    jobs.run(job.pk)

    job.refresh_from_db()
    assert job.state == Job.State.KILLED
    got = client(store, pair_of(owner)).get_object(Bucket=vault.name, Key="k")
    assert got["Body"].read() == b"x"


def test_a_preview_touches_nothing(shared: Lab) -> None:
    seen = planning.preview(shared.plan, machines_of(shared))

    assert [each.role for each in seen.machines] == ["store", "gateway"]
    assert all(each.problem == "" and each.facts["free_kb"] for each in seen.machines)
    assert len(seen.machines[0].ports) == 8
    managers = {each.facts["manager"] for each in seen.machines}
    assert {each.service for each in seen.machines} == (
        {""} if managers == {"loop"} else {f"s3vault-{shared.pool.number}.service"}
    )
    assert not Job.objects.filter(pool=shared.pool).exists()
    assert any(name.endswith("etc/master.toml") for name in seen.machines[0].files)
