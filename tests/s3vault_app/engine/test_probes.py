"""A round of probes takes a while: what a person or a job does meanwhile counts more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from django.utils import timezone

from s3vault_app import events
from s3vault_app.drivers.base import Report
from s3vault_app.drivers.seaweedfs import secrets
from s3vault_app.engine import jobs, probes
from s3vault_app.models import Endpoint, Job, Machine, Vault
from tests.s3vault_app.engine.lab import Lab, open_lab, story
from vaultportal.events.models import Event

Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture
def plain(tmp_path: Path, db: None) -> Iterator[Lab]:
    """Rows alone: nothing is installed, and nothing listens."""
    with open_lab(tmp_path) as made:
        made.pool.secrets = secrets.fresh("127.0.0.1")
        made.pool.save()
        yield made
        made.machines.clear()


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Has something happen after all were asked, before the first answer is noted."""
    ask = probes._asked

    def arrange(act: Callable[[], object]) -> None:
        def asked(asks: Sequence[probes._Ask]) -> list[Report]:
            reports = ask(asks)
            act()
            return reports

        monkeypatch.setattr(probes, "_asked", asked)

    return arrange


def served(lab: Lab, at: Machine | None = None) -> tuple[Vault, Machine]:
    """A vault that is ready, at a machine that was online."""
    machine = at or lab.local()
    online = {"role": Machine.Role.STORE, "engine_state": Machine.EngineState.ONLINE}
    Machine.objects.filter(pk=machine.pk).update(pool=lab.pool, **online)
    machine.refresh_from_db()
    vault = lab.create(machine).vault
    ready = {"state": Vault.State.ACTIVE, "bucket_made_at": timezone.now()}
    Vault.objects.filter(pk=vault.pk).update(**ready)
    Job.objects.filter(vault=vault).update(state=Job.State.COMPLETED)
    vault.endpoints.update(state=Endpoint.State.ONLINE)
    vault.refresh_from_db()
    return vault, machine


def degraded() -> int:
    return Event.objects.filter(type=events.S3_VAULT_DEGRADED.id).count()


@pytest.mark.parametrize("state", [Endpoint.State.DISABLED, Endpoint.State.REMOVING])
def test_a_round_leaves_a_door_that_was_closed_meanwhile(
    plain: Lab, meanwhile: Meanwhile, state: str
) -> None:
    vault, _ = served(plain)
    meanwhile(lambda: vault.endpoints.update(state=state))

    probes.probe_all()

    vault.refresh_from_db()
    assert (vault.endpoints.get().state, vault.state) == (state, Vault.State.ACTIVE)
    assert degraded() == 0


def test_a_round_goes_on_after_a_door_that_was_deleted_meanwhile(
    plain: Lab, meanwhile: Meanwhile
) -> None:
    gone, machine = served(plain)
    vault, _ = served(plain, machine)
    meanwhile(gone.endpoints.all().delete)

    assert probes.probe_all() == 2

    vault.refresh_from_db()
    machine.refresh_from_db()
    assert vault.state == Vault.State.DEGRADED
    assert machine.engine_state == Machine.EngineState.OFFLINE
    assert degraded() == 1


def test_a_vault_no_longer_misses_a_machine_that_was_stopped(plain: Lab) -> None:
    vault, machine = served(plain)
    other, _ = served(plain, machine)
    probes.probe_all()
    other.endpoints.update(state=Endpoint.State.REMOVING)
    job = Job.objects.create(type=Job.Type.DISABLE, pool=plain.pool)
    job.machines.set([machine])

    jobs.run(job.pk)

    job.refresh_from_db()
    vault.refresh_from_db()
    assert job.state == Job.State.COMPLETED, story(job)
    assert (vault.state, vault.failure) == (Vault.State.ACTIVE, "")
    assert vault.endpoints.get().state == Endpoint.State.DISABLED
    assert other.endpoints.get().state == Endpoint.State.REMOVING  # its own job takes it off
