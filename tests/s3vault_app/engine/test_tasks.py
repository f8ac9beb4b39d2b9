"""What the beat asks for: proofs, renewals, lost jobs, an engine that stopped with its portal."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from django.utils import timezone

from s3vault_app import tasks
from s3vault_app.drivers.seaweedfs import secrets
from s3vault_app.engine import certificates, jobs, keys, probes
from s3vault_app.models import Endpoint, EngineIdentity, Job, Machine, Vault
from s3vault_app.permissions import VaultPermission
from s3vault_app.services import keys as key_services
from tests.factories import as_admin, make_person
from tests.s3vault_app.engine.lab import Lab, open_lab
from vaultportal.celery import JOBS, JOBS_QUEUE, QUEUES, app
from vaultportal.identity import access
from vaultportal.runtime import tls
from vaultportal.runtime.serving import ROLES


@pytest.fixture
def plain(tmp_path: Path, db: None) -> Lab:
    """Rows alone: nothing is installed."""
    with open_lab(tmp_path) as made:
        made.machines.clear()
        return made


def machine_of(lab: Lab, **fields: object) -> Machine:
    """A machine whose endpoint is installed, as far as rows say."""
    machine = lab.local()
    lab.machines.clear()
    known = {
        "pool": lab.pool,
        "role": Machine.Role.STORE,
        "engine_state": Machine.EngineState.ONLINE,
    }
    Machine.objects.filter(pk=machine.pk).update(**known | fields)
    machine.refresh_from_db()
    return machine


def test_every_vault_is_proved_each_night_once(plain: Lab) -> None:
    vault = plain.create(machine_of(plain)).vault
    Vault.objects.filter(pk=vault.pk).update(bucket_made_at=timezone.now())
    Job.objects.all().update(state=Job.State.COMPLETED)

    tasks.verify_vaults()
    tasks.verify_vaults()

    assert vault.jobs.filter(type=Job.Type.VERIFY).count() == 1


def test_a_certificate_that_ends_soon_is_renewed_by_a_job(plain: Lab) -> None:
    soon = timezone.now() + timedelta(days=10)
    machine = machine_of(plain, certificate_expires_at=soon)

    tasks.renew_certificates()
    tasks.renew_certificates()

    assert machine.jobs.get().type == Job.Type.RENEW
    assert certificates.ensure(machine) is True
    assert certificates.ensure(machine) is False
    leaf = x509.load_pem_x509_certificate(machine.certificate.encode())
    leaf.verify_directly_issued_by(
        x509.load_pem_x509_certificate(tls.authority_file().read_bytes())
    )
    machine.refresh_from_db()
    assert machine.certificate_expires_at == soon  # the machine does not have it yet
    certificates.note_written(machine)
    assert machine.certificate_expires_at == leaf.not_valid_after_utc > soon


def test_an_engine_that_stopped_with_its_portal_starts_again(plain: Lab) -> None:
    machine = machine_of(plain, engine_state=Machine.EngineState.OFFLINE)
    assert probes.stopped_here() == [machine]

    job = Job.objects.create(type=Job.Type.ENABLE, pool=plain.pool)
    job.machines.set([machine])

    assert probes.stopped_here() == []


def test_a_store_that_is_away_holds_up_nobody_until_a_probe_finds_it(plain: Lab) -> None:
    machine = machine_of(plain)  # nothing listens there
    plain.pool.secrets = secrets.fresh("127.0.0.1")
    plain.pool.save()
    vault = plain.create(machine).vault
    Vault.objects.filter(pk=vault.pk).update(bucket_made_at=timezone.now())
    vault.endpoints.update(state=Endpoint.State.ONLINE)
    owner = make_person()
    access.grant(as_admin(), owner, VaultPermission.USE, vault)
    key_services.ensure_pairs([owner.pk])

    assert probes.probe_all() == 1
    assert keys.sync([owner.pk], patient=False) == 0
    assert not EngineIdentity.objects.filter(user=owner).exists()  # it was not asked

    vault.endpoints.update(state=Endpoint.State.ONLINE)
    assert keys.sync([owner.pk], patient=False) == 1
    vault.endpoints.update(state=Endpoint.State.OFFLINE)
    assert keys.sync([owner.pk]) == 1  # a person's rotation tries it all the same


@pytest.mark.parametrize(
    ("state", "lease", "rings"),
    [
        (Job.State.WAITING, None, 1),
        (Job.State.RUNNING, -1, 1),
        (Job.State.RUNNING, 60, 0),
        (Job.State.SUSPENDED, None, 0),
        (Job.State.COMPLETED, None, 0),
    ],
)
def test_jobs_that_nobody_works_on_are_rung_for(
    plain: Lab, state: Job.State, lease: int | None, rings: int
) -> None:
    until = None if lease is None else timezone.now() + timedelta(seconds=lease)
    Job.objects.create(type=Job.Type.INSTALL, pool=plain.pool, state=state, lease_until=until)

    assert jobs.sweep() == rings


def test_jobs_of_one_pool_go_one_after_another(plain: Lab) -> None:
    until = timezone.now() + timedelta(minutes=1)
    Job.objects.create(
        type=Job.Type.INSTALL, pool=plain.pool, state=Job.State.RUNNING, lease_until=until
    )
    second = Job.objects.create(type=Job.Type.VERIFY, pool=plain.pool)

    jobs.run(second.pk)

    second.refresh_from_db()
    assert (second.state, second.attempts) == (Job.State.WAITING, 0)


def test_long_work_has_a_queue_that_nothing_short_waits_in() -> None:
    app.loader.import_default_modules()
    routed = {name: app.amqp.router.route({}, name)["queue"].name for name in app.tasks}
    assert {name for name, queue in routed.items() if queue == JOBS_QUEUE} == set(JOBS)
    assert set(JOBS) <= set(app.tasks)
    takers = [command for command in ROLES.values() if "--queues" in command]
    taken = [command[command.index("--queues") + 1].split(",") for command in takers]
    assert {queue for each in taken for queue in each} == set(QUEUES)
    assert [each for each in taken if JOBS_QUEUE in each] == [[JOBS_QUEUE]]
