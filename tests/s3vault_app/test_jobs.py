"""Jobs that are asked for once more: what holds for the first asking holds for the second."""

from __future__ import annotations

import pytest

from s3vault_app.models import Job, Vault
from s3vault_app.services import jobs
from tests.factories import as_admin, make_role, unique
from tests.s3vault_app.api.rig import machine, plan
from triggers_app.gates import rules
from triggers_app.gates.rules import GateFields
from vaultportal.errors import Conflict, Pending

pytestmark = pytest.mark.django_db


def vault_with_job(type: Job.Type, state: Vault.State = Vault.State.FAILED) -> tuple[Vault, Job]:
    chosen = plan()
    vault = Vault.objects.create(name=unique("v"), plan=chosen, pool=chosen.pool, state=state)
    job = Job.objects.create(type=type, vault=vault, pool=chosen.pool, state=Job.State.FAILED)
    return vault, job


@pytest.mark.parametrize("type", [Job.Type.DELETE, Job.Type.UNINSTALL, Job.Type.UPGRADE])
def test_what_is_asked_for_elsewhere_is_not_repeated(
    type: Job.Type,
) -> None:
    _, job = vault_with_job(type)
    with pytest.raises(Conflict):
        jobs.resubmit(as_admin(), job.pk)
    assert Job.objects.count() == 1


def test_a_vault_that_goes_gets_no_job() -> None:
    _, job = vault_with_job(Job.Type.CREATE, Vault.State.DELETING)
    with pytest.raises(Conflict):
        jobs.resubmit(as_admin(), job.pk)


def test_a_vault_that_is_worked_on_gets_no_second_job() -> None:
    _, job = vault_with_job(Job.Type.CREATE)
    jobs.resubmit(as_admin(), job.pk)
    with pytest.raises(Conflict):
        jobs.resubmit(as_admin(), job.pk)
    assert Job.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_gate_before_endpoints_stands_before_their_repetition() -> None:
    _, job = vault_with_job(Job.Type.CREATE)
    gated = machine()
    job.machines.add(gated)
    rules.add_gate(
        as_admin(),
        GateFields(
            name=unique("gate"),
            trigger="vault:endpoint-install-approval",
            objects=(("machine", str(gated.number)),),
            approval="people",
            approvers=(make_role().uuid,),
        ),
    )
    with pytest.raises(Pending):
        jobs.resubmit(as_admin(), job.pk)
    assert Job.objects.count() == 1
