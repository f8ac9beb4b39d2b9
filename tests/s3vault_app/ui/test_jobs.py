"""The page of a job: what it says of machines, what it lets do, and that it stops asking."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from s3vault_app.models import Job, JobEvent, Machine, Vault
from tests.s3vault_app.ui import rig
from vaultportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return rig.browser(rig.administrator())


@pytest.fixture
def machine() -> Machine:
    return rig.endpoint_of(rig.pool())


@pytest.fixture
def vault(machine: Machine) -> Vault:
    assert machine.pool is not None
    return rig.vault(rig.plan(pool=machine.pool), machine)


def page(client: Client, job: Job, query: str = "") -> str:
    return str(client.get(f"/storage/jobs/{job.pk}/{query}").content.decode())


def state_url(text: str) -> str:
    """Where the page asks for its state again."""
    return text.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")


def test_a_running_job_asks_again_until_it_is_over(
    admin: Client, vault: Vault, machine: Machine
) -> None:
    job = rig.job(vault, machine, percent=40)
    rig.step(job, "preflight", "ok", machine, "fit")
    rig.step(job, "ship", "running", machine)
    before = page(admin, job)
    url = state_url(before.split('id="job"')[1])

    assert "Copying the program" in before
    assert admin.get(url).status_code == 204
    JobEvent.objects.create(job=job, text="ship: half")
    assert admin.get(url).status_code == 200

    Job.objects.filter(pk=job.pk).update(state="Completed", percent=100)
    over = str(admin.get(f"/storage/jobs/{job.pk}/?part=state&v=0").content.decode())
    assert "every" not in over
    assert 'id="job-side" hx-swap-oob="outerHTML"' in over
    assert "vp-tail" not in page(admin, job)


def test_how_a_job_goes_is_said_aloud_each_ten_seconds_at_most(
    admin: Client, vault: Vault, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = rig.job(vault, machine)
    url = state_url(page(admin, job).split('id="job"')[1])

    def spoken(text: str) -> str:
        return text.partition('id="told" hx-swap-oob="innerHTML">')[2].partition("<")[0]

    rig.step(job, "ship", "running", machine)
    JobEvent.objects.create(job=job, text="ship: half")
    soon = str(admin.get(url).content.decode())
    url = state_url(soon)
    assert spoken(soon) == ""
    assert admin.get(url).status_code == 204

    now = timezone.now() + timedelta(seconds=11)
    monkeypatch.setattr("s3vault_app.ui.voice.timezone.now", lambda: now)
    later = str(admin.get(url).content.decode())
    assert spoken(later) == "1 at work"
    assert admin.get(state_url(later)).status_code == 204  # not twice

    Job.objects.filter(pk=job.pk).update(state="Failed")
    job.steps.update(state="failed")
    JobEvent.objects.create(job=job, text="ship: broken")
    assert spoken(str(admin.get(state_url(later)).content.decode())) == "1 stopped"


def test_the_parts_of_an_old_job_look_less_often(
    admin: Client, vault: Vault, machine: Machine
) -> None:
    job = rig.job(vault, machine)
    text = page(admin, job)
    url = state_url(text.split('id="job"')[1])
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=3))

    assert "every 1500ms" in text and "load delay:1500ms" in text
    assert "every 5000ms" in str(admin.get(url).content.decode())
    assert "load delay:5000ms" in page(admin, job, "?part=log&after=0")


def test_a_changed_host_key_stops_with_its_cause_and_one_way_on(
    admin: Client, vault: Vault, machine: Machine
) -> None:
    Machine.objects.filter(pk=machine.pk).update(state=Machine.State.KEY_CHANGED)
    why = "The machine shows another host key than the one that was accepted."
    job = rig.job(vault, machine, state="Failed", reason=why)
    rig.step(job, "preflight", "failed", machine, why)

    text = page(admin, job)

    assert f"{machine.name} shows a different SSH host key." in text
    back = f"/storage/jobs/{job.pk}/"
    assert f"/storage/endpoints/{machine.number}/host-key/?next={back}" in text
    assert "Try again" in text
    assert "Pause" not in text


def test_what_a_machine_lacks_leads_to_its_form(
    admin: Client, vault: Vault, machine: Machine
) -> None:
    job = rig.job(vault, machine, state="Failed")
    rig.step(job, "preflight", "failed", machine, "Ports in use: 9443.")

    text = page(admin, job)

    assert "Ports in use: 9443." in text
    assert f"/storage/endpoints/{machine.number}/edit/" in text


@pytest.mark.parametrize(
    ("action", "told"),
    [("kill", "It finishes its present step"), ("pause", "It pauses")],
)
def test_a_job_is_steered(admin: Client, vault: Vault, action: str, told: str) -> None:
    job = rig.job(vault)

    answer = admin.post(f"/storage/jobs/{job.pk}/{action}/", follow=True)

    assert told in str(answer.content.decode())
    assert AuditEntry.objects.filter(target_id=str(job.pk), action=f"s3_job.{action}").exists()


def test_a_finished_job_is_asked_for_again_once(admin: Client, vault: Vault) -> None:
    job = rig.job(vault, state="Failed")

    first = admin.post(f"/storage/jobs/{job.pk}/resubmit/")
    again = Job.objects.get(resubmit_of=job)
    second = admin.post(f"/storage/jobs/{job.pk}/resubmit/", follow=True)

    assert first["Location"] == f"/storage/jobs/{again.pk}/"
    assert "Another job works on the vault." in str(second.content.decode())
    text = page(admin, job)
    assert f"job {again.pk}" in text
    assert "Try again" not in text


def test_what_stopped_is_tried_again_without_the_others(
    admin: Client, vault: Vault, machine: Machine
) -> None:
    other, foreign = rig.machine(), rig.machine()
    job = rig.job(vault, machine, other, state="Completed w/ one or more errors")
    rig.step(job, "preflight", "ok", machine, "fit")
    rig.step(job, "preflight", "failed", other, "The machine refuses the login.")
    text = page(admin, job)
    assert "Only what stopped" in text
    assert f"Try again on {other.name} alone" in text
    assert f"Try again on {machine.name} alone" not in text
    url = f"/storage/jobs/{job.pk}/resubmit/"

    wrong = admin.post(url, {"machine": foreign.number}, follow=True)
    assert "The job did not work on this machine." in str(wrong.content.decode())
    admin.post(url, {"machine": other.number})

    again = Job.objects.get(resubmit_of=job)
    assert (again.options, list(again.machines.all())) == ({"only": [other.number]}, [other])
    whole = rig.job(vault, machine, state="Failed", options={"only": [machine.number]})
    Job.objects.filter(pk=again.pk).update(state="Failed")
    admin.post(f"/storage/jobs/{whole.pk}/resubmit/")
    assert Job.objects.get(resubmit_of=whole).options == {}


def test_what_takes_away_is_not_repeated_from_its_page(admin: Client, vault: Vault) -> None:
    assert "Try again" not in page(admin, rig.job(vault, type="delete", state="Failed"))


def test_the_log_by_machine_by_level_and_in_parts(
    admin: Client, vault: Vault, machine: Machine
) -> None:
    other = rig.machine()
    job = rig.job(vault, machine, other)
    JobEvent.objects.create(job=job, machine=machine, text="of the first")
    bad = JobEvent.objects.create(job=job, machine=other, severity=6, text="of the other")

    assert "of the other" not in page(admin, job, f"?machine={machine.number}").split("vp-con")[1]
    assert "of the first" not in page(admin, job, "?level=6").split("vp-con")[1]
    tail = page(admin, job, f"?part=log&after={bad.pk}")
    assert "<time" not in tail
    assert f"after={bad.pk}" in tail
    whole = admin.get(f"/storage/jobs/{job.pk}/log/")
    assert whole["Content-Disposition"] == f'attachment; filename="job-{job.pk}.log"'
    assert "of the other" in b"".join(whole.streaming_content).decode()  # type: ignore[attr-defined]  # it streams


def test_a_long_log_shows_its_end_and_the_way_back(admin: Client, vault: Vault) -> None:
    job = rig.job(vault)
    JobEvent.objects.bulk_create(JobEvent(job=job, text=f"line {n} end") for n in range(600))

    text = page(admin, job)

    assert "line 599 end" in text
    assert "line 3 end" not in text
    older = text.split('href="?before=')[1].split("#")[0]
    assert "line 3 end" in page(admin, job, f"?before={older}")


def test_the_page_of_a_job_has_a_fixed_price(
    admin: Client, vault: Vault, machine: Machine, django_assert_max_num_queries: Any
) -> None:
    job = rig.job(vault, machine, *(rig.machine() for _ in range(4)))
    for each in job.machines.all():
        rig.step(job, "preflight", "ok", each, "fit")

    with django_assert_max_num_queries(16):
        page(admin, job)
    with django_assert_max_num_queries(10):
        page(admin, job, "?part=log&after=1")
