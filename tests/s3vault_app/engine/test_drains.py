"""A store that drains, on an engine that stands: refused writes, reads that go on, and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from s3vault_app.drivers.base import Pair
from s3vault_app.engine import jobs, keys
from s3vault_app.models import Job, Machine, StoragePool, Vault
from s3vault_app.permissions import VaultPermission
from s3vault_app.services import drains
from s3vault_app.services import keys as key_services
from tests.factories import make_person
from tests.s3vault_app.engine.lab import (
    Lab,
    client,
    finish,
    free_ports,
    machines_of,
    pair_of,
    refused,
    story,
)
from vaultportal.identity import access

pytestmark = pytest.mark.xdist_group("s3")


def test_a_store_that_drains_gives_everything_and_takes_nothing(shared: Lab) -> None:
    owner, backup = make_person(), make_person()
    vault = shared.installed(owners=(owner,)).vault
    access.grant(shared.admin, backup, VaultPermission.BACKUP, vault)
    key_services.ensure_pairs([backup.pk])
    keys.sync()
    store, gateway = machines_of(shared)
    theirs = [client(each, pair_of(owner)) for each in (store, gateway)]
    version = theirs[0].put_object(Bucket=vault.name, Key="k", Body=b"kept")["VersionId"]

    job = drains.drain(shared.admin, store.number)
    finish(job)

    assert [step.message for step in job.steps.order_by("position")] == [
        "people have their pairs and rights",
        "takes no writes",
    ]
    for each in theirs:
        _only_reads(each, vault)
    locks = client(gateway, pair_of(backup))
    _only_reads(locks, vault)
    assert locks.get_object(Bucket=vault.name, Key="k", VersionId=version)["Body"].read() == b"kept"
    assert locks.list_object_versions(Bucket=vault.name)["Versions"]

    # A pair that is made meanwhile, and a run that a dead worker left half done.
    shown = key_services.rotate(shared.admin, owner.number)
    keys.sync([owner.pk])
    fresh = client(gateway, Pair(shown.access_key_id, shown.secret))
    _only_reads(fresh, vault)
    Job.objects.filter(pk=job.pk).update(
        state=Job.State.RUNNING,
        percent=60,
        lease_owner="somebody",
        lease_until=timezone.now() - timedelta(minutes=1),
    )
    finish(job)
    _only_reads(fresh, vault)

    returning = drains.take_back(shared.admin, store.number)
    assert StoragePool.objects.get(pk=shared.pool.pk).comes_back
    finish(returning)
    assert not StoragePool.objects.get(pk=shared.pool.pk).may_refuse_writes
    fresh.put_object(Bucket=vault.name, Key="more", Body=b"x")
    client(store, pair_of(backup)).put_object(Bucket=vault.name, Key="more", Body=b"x")

    killed = drains.drain(shared.admin, store.number)
    keys.sync()  # as the beat may do before any worker takes the job
    _only_reads(fresh, vault, count=2)
    Job.objects.filter(pk=killed.pk).update(kill_asked_at=timezone.now())
    jobs.run(killed.pk)
    killed.refresh_from_db()
    assert killed.state == Job.State.KILLED, story(killed)
    assert not StoragePool.objects.get(pk=shared.pool.pk).may_refuse_writes
    fresh.put_object(Bucket=vault.name, Key="again", Body=b"x")


def test_what_cannot_be_tried_is_not_believed(shared: Lab) -> None:
    """Of an engine that is away nobody knows whether it takes writes."""
    for machine in machines_of(shared):
        ports = {**machine.ports, "s3": free_ports(machine.host)["s3"]}
        Machine.objects.filter(pk=machine.pk).update(ports=ports, url="")
    store = machines_of(shared)[0]
    killed = drains.drain(shared.admin, store.number)
    Job.objects.filter(pk=killed.pk).update(kill_asked_at=timezone.now())

    jobs.run(killed.pk)

    killed.refresh_from_db()
    assert killed.state == Job.State.KILLED, story(killed)
    assert "It could not be taken back" in story(killed)
    assert StoragePool.objects.get(pk=shared.pool.pk).comes_back
    asked = drains.take_back(shared.admin, store.number)
    jobs.run(asked.pk)
    asked.refresh_from_db()
    assert asked.state == Job.State.FAILED, story(asked)
    assert StoragePool.objects.get(pk=shared.pool.pk).comes_back


def _only_reads(s3: Any, vault: Vault, *, count: int = 1) -> None:
    assert s3.get_object(Bucket=vault.name, Key="k")["Body"].read() == b"kept"
    assert s3.list_objects_v2(Bucket=vault.name)["KeyCount"] == count
    for call in ("put_object", "delete_object", "create_multipart_upload"):
        assert refused(getattr(s3, call), Bucket=vault.name, Key="k") == "AccessDenied", call
