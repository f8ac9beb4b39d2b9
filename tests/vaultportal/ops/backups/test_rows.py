"""When the schedule asks for a backup, and what was lost is found."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from tests import factories
from tests.vaultportal.ops.backups.conftest import made
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Disabled, Forbidden, NotFound
from vaultportal.identity.actor import system
from vaultportal.ops import tasks
from vaultportal.ops.backups import finding, jobs, line, scratch
from vaultportal.ops.backups.making import PREFIX
from vaultportal.ops.models import Backup
from vaultportal.ops.services import backups

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("backups")]
State = Backup.State


def test_the_schedule_asks_for_one_when_the_last_is_old(place: Path, settings: Settings) -> None:
    assert jobs.is_due()  # there is none
    made(place, hours=25)
    assert jobs.is_due()
    made(place, hours=23)
    assert not jobs.is_due()
    made(place / "elsewhere", hours=1)
    made(place, hours=2, state=State.FAILED)
    assert jobs.is_due()
    made(place, hours=0.5, state=State.FAILED)
    assert not jobs.is_due()
    Backup.objects.all().delete()
    settings.PORTAL_BACKUP_HOURS = 0
    assert not jobs.is_due()


def test_what_died_is_ended_and_what_waits_is_rung_for(place: Path) -> None:
    dead = made(place, state=State.RUNNING, test_state=Backup.Test.NONE)
    tested = made(place, name="a", test_state=Backup.Test.RUNNING)
    asleep = jobs.Waiting((made(place, state=State.WAITING).pk,), (made(place, name="b").pk,))
    Backup.objects.filter(pk=asleep.tests[0]).update(test_state=Backup.Test.WAITING)

    with line.alone():
        assert jobs.waiting() == jobs.Waiting()  # somebody is at work
    dead.refresh_from_db()
    assert dead.state == State.RUNNING
    assert jobs.waiting() == asleep

    for row in (dead, tested):
        row.refresh_from_db()
    assert (dead.state, dead.detail) == (State.FAILED, jobs.CUT_OFF)
    assert (tested.test_state, tested.test_detail) == (Backup.Test.FAILED, jobs.CUT_OFF)
    assert tested.state == State.DONE


def test_the_pump_asks_once_and_rings_until_it_is_taken(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[tuple[str, ...]] = []
    monkeypatch.setattr(tasks.back_up, "apply_async", lambda ids, **_: rung.append(ids))

    tasks.pump_backups()
    tasks.pump_backups()

    row = Backup.objects.get()
    assert (row.state, row.is_scheduled, row.place) == (State.WAITING, True, str(place))
    assert rung == [(str(row.pk),)] * 2
    assert AuditEntry.objects.filter(action="backup.make").count() == 1


@pytest.mark.parametrize("state", [State.RUNNING, State.WAITING])
def test_an_open_row_that_is_old_does_not_end_the_schedule(
    place: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    rung: list[tuple[str, ...]] = []
    monkeypatch.setattr(tasks.back_up, "apply_async", lambda ids, **_: rung.append(ids))
    old = made(place, hours=25, state=state)

    tasks.pump_backups()
    tasks.pump_backups()

    old.refresh_from_db()
    row = Backup.objects.get(state=State.WAITING)
    if state == State.RUNNING:
        assert (old.state, old.detail) == (State.FAILED, jobs.CUT_OFF)
        assert rung == [(str(row.pk),)]
    else:
        assert rung == [(str(old.pk),)] * 2


def test_a_copy_that_a_killed_test_left_goes_with_its_row(
    place: Path, settings: Settings, tmp_path: Path
) -> None:
    settings.PORTAL_DATA_DIR = tmp_path / "data"
    settings.PORTAL_DATA_DIR.mkdir(mode=0o700)
    with scratch._folder() as home:
        left = home.with_name(home.name + "x")
    (left / "server").mkdir(parents=True)
    (foreign := settings.PORTAL_DATA_DIR / "of somebody else").mkdir()
    made(place, name="a", test_state=Backup.Test.NONE)
    tasks.pump_backups()
    assert left.is_dir()  # no test was cut off

    Backup.objects.update(test_state=Backup.Test.RUNNING)
    with line.alone():
        tasks.pump_backups()
    assert left.is_dir()  # it is under way
    tasks.pump_backups()

    assert not left.exists()
    assert foreign.is_dir()


def test_rows_whose_folders_are_to_be_swept_outlive_the_others(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "KEPT_ROWS", 1)
    whole = made(place, hours=9, name=f"{PREFIX}a")
    made(place, hours=9, state=State.FAILED)
    made(place, hours=9, gone_at=timezone.now())
    made(place / "elsewhere", hours=9)
    last = made(place, state=State.RUNNING)

    jobs._end(last, State.FAILED, "")

    assert set(Backup.objects.values_list("pk", flat=True)) == {whole.pk, last.pk}


def test_who_may_ask_and_what_for(place: Path, settings: Settings) -> None:
    admin, nobody = factories.as_admin(), factories.as_stranger()
    whole, gone = made(place, name="a"), made(place, name="b", gone_at=timezone.now())
    failed = made(place, state=State.FAILED)

    for refused in (
        lambda: backups.back_up(nobody),
        lambda: backups.test_restore(nobody, whole.pk),
        lambda: backups.list_backups(nobody),
    ):
        with pytest.raises(Forbidden):
            refused()
    for row_id in (gone.pk, failed.pk, uuid4()):
        with pytest.raises(NotFound):
            backups.test_restore(admin, row_id)
    backups.back_up(admin)
    backups.test_restore(admin, whole.pk)
    entries = AuditEntry.objects.filter(action__startswith="backup.")
    assert set(entries.values_list("action", "target_id")) >= {("backup.test", str(whole.pk))}
    assert sorted(entry.action for entry in entries) == ["backup.make", "backup.test"]
    settings.PORTAL_BACKUP_DIR = ""
    with pytest.raises(Disabled):
        backups.back_up(admin)


def test_what_is_amiss_with_the_schedule(
    place: Path, settings: Settings, django_assert_num_queries: Any
) -> None:
    admin = factories.as_admin()
    assert kind_of(admin) == "none"
    made(place, hours=49)
    assert kind_of(admin) == "old"
    made(place, hours=47)
    assert kind_of(admin) == ""
    made(place, state=State.FAILED, detail="The disk is full.")
    with django_assert_num_queries(1):
        found = backups.trouble(admin)
    assert found is not None
    assert (found.kind, found.detail) == ("failed", "The disk is full.")
    assert kind_of(factories.as_stranger()) == ""
    settings.PORTAL_BACKUP_HOURS = 0
    with django_assert_num_queries(0):
        assert kind_of(admin) == ""


def kind_of(actor: Any) -> str:
    found = backups.trouble(actor)
    return found.kind if found else ""


def test_a_command_without_a_folder_says_what_is_missing(settings: Settings) -> None:
    with pytest.raises(CommandError, match="PORTAL_BACKUP_DIR"):
        call_command("backup")
    with pytest.raises(CommandError, match="not a backup"):
        call_command("restore", "--check", "/nonexistent")
    with pytest.raises(CommandError, match="its own keys"):
        call_command("restore", "--check", "--keys", "/a", "/b")
    assert not Backup.objects.filter(asked_by=system().user_id).exists()
