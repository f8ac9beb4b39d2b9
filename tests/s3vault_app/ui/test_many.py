"""Jobs that are cancelled or asked for again, and vaults that are proved, many at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from s3vault_app.models import Job, Machine
from s3vault_app.permissions import VaultPermission
from tests.factories import as_admin, make_person
from tests.s3vault_app.ui import rig
from vaultportal.audit.models import AuditEntry
from vaultportal.identity import access

pytestmark = pytest.mark.django_db
JOBS, VAULTS = "/storage/jobs/", "/storage/vaults/"


@pytest.fixture
def admin() -> Client:
    return rig.browser(rig.administrator())


@pytest.fixture
def machine() -> Machine:
    return rig.endpoint_of(rig.pool())


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def asked(action: str, *jobs: Job) -> dict[str, Any]:
    return {"action": action, "selected": [str(each.pk) for each in jobs]}


def actions_on(job: Job) -> list[str]:
    found = AuditEntry.objects.filter(target_kind="s3_job", target_id=str(job.pk))
    return list(found.values_list("action", flat=True))


def test_jobs_are_cancelled_once_it_was_asked(admin: Client) -> None:
    running, over, other = rig.job(), rig.job(state="Completed"), rig.job()
    assert f'name="selected" value="{running.pk}"' in text_of(admin.get(JOBS))

    warned = text_of(admin.post(JOBS, asked("kill", running, over)))
    assert "2 are selected." in warned and "takes back its work" in warned
    assert Job.objects.get(pk=running.pk).kill_asked_at is None
    told = text_of(admin.post(JOBS, asked("kill", running, over) | {"sure": "1"}))

    assert "Done for 1." in told and "The job has come to its end." in told
    assert Job.objects.get(pk=running.pk).kill_asked_at is not None
    assert Job.objects.get(pk=other.pk).kill_asked_at is None
    assert actions_on(running) == ["s3_job.kill"] and not actions_on(over)


def test_all_that_match_and_run_are_cancelled(admin: Client) -> None:
    vault = rig.vault()
    running, over, other = rig.job(vault), rig.job(vault, state="Completed"), rig.job()
    every = {"action": "kill", "all_matching": "1", "sure": "1"}

    told = text_of(admin.post(f"{JOBS}?q={vault.name}", every, follow=True))

    assert "Cancel jobs: done for 1." in told
    assert [bool(Job.objects.get(pk=each.pk).kill_asked_at) for each in (running, over, other)] == [
        True,
        False,
        False,
    ]


def test_jobs_are_asked_for_again_where_they_allow_it(admin: Client, machine: Machine) -> None:
    plan = rig.plan(pool=machine.pool)
    failed = rig.job(rig.vault(plan, machine), machine, type="verify", state="Failed")
    went_well = rig.job(rig.vault(plan, machine), machine, type="verify", state="Completed")

    told = text_of(admin.post(JOBS, asked("again", failed, went_well)))

    assert "Done for 1." in told and "The job has come to its end." in told
    [again] = Job.objects.filter(resubmit_of=failed)
    assert actions_on(again) == ["s3_job.resubmit"]
    assert not Job.objects.filter(resubmit_of=went_well).exists()
    twice = text_of(admin.post(JOBS, asked("again", failed)))  # the first one still runs
    assert "Nothing was changed." in twice and "Another job works on the vault." in twice


def test_jobs_of_others_are_not_there_and_who_may_only_look_steers_none(machine: Machine) -> None:
    vault = rig.vault(rig.plan(pool=machine.pool), machine)
    seen, hidden = rig.job(vault), rig.job()
    viewer = make_person()
    access.grant(as_admin(), viewer, VaultPermission.VIEW, vault)
    browser = rig.browser(viewer)
    given = asked("kill", seen, hidden) | {"sure": "1"}

    assert 'name="selected"' not in text_of(browser.get(JOBS))
    told = text_of(browser.post(JOBS, given))

    assert "Your roles do not allow it." in told and "1 stayed as it was" in told
    assert not Job.objects.exclude(kill_asked_at=None).exists()


def test_vaults_are_proved_but_not_those_that_are_worked_on(
    admin: Client, machine: Machine
) -> None:
    plan = rig.plan(pool=machine.pool)
    free, busy = rig.vault(plan, machine), rig.vault(plan, machine)
    rig.job(busy)
    given = {"action": "verify", "selected": [str(free.number), str(busy.number), "9" * 40]}
    assert f'name="selected" value="{free.number}"' in text_of(admin.get(VAULTS))

    told = text_of(admin.post(VAULTS, given))

    assert "Done for 1." in told and busy.name in told
    assert "Another job works on the vault." in told
    assert Job.objects.filter(vault=free, type="verify").count() == 1
    again = text_of(admin.post(VAULTS, given))  # sent twice
    assert "Nothing was changed." in again
    assert Job.objects.filter(type="verify").count() == 1


def test_who_may_only_look_at_vaults_proves_none(machine: Machine) -> None:
    vault = rig.vault(rig.plan(pool=machine.pool), machine)
    viewer = make_person()
    access.grant(as_admin(), viewer, VaultPermission.VIEW, vault)
    browser = rig.browser(viewer)

    assert 'name="selected"' not in text_of(browser.get(VAULTS))
    given = {"action": "verify", "selected": [str(vault.number)]}
    assert "Your roles do not allow it." in text_of(browser.post(VAULTS, given))
    assert not Job.objects.exists()


def test_an_endpoint_that_was_stopped_is_started_by_the_notice(
    admin: Client, machine: Machine
) -> None:
    url = f"/storage/endpoints/{machine.number}/switch/"

    told = text_of(admin.post(url, {"on": "0"}, follow=True))
    notice = told.split("<toast-notice")[1].split("</toast-notice>")[0]
    assert f'action="{url}"' in notice and 'name="on" value="1"' in notice
    assert not Machine.objects.get(pk=machine.pk).enabled
    told = text_of(admin.post(url, {"on": "1", "undo": "1"}, follow=True))

    assert Machine.objects.get(pk=machine.pk).enabled
    assert "It is being started." in told and 'name="undo"' not in told
