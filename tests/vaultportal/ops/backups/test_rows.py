"""When the schedule asks for a backup, what was lost is found, and what is old goes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from tests import factories
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Disabled, Forbidden, NotFound
from vaultportal.identity.actor import system
from vaultportal.ops import tasks
from vaultportal.ops.backups import jobs, keeping, line, scratch
from vaultportal.ops.backups.making import PREFIX
from vaultportal.ops.backups.manifest import DATA, KEYS, MANIFEST
from vaultportal.ops.models import Backup
from vaultportal.ops.services import backups

pytestmark = pytest.mark.django_db
State = Backup.State


@pytest.fixture
def place(settings: Settings, tmp_path: Path) -> Path:
    """PORTAL_BACKUP_DIR, with a backup each day."""
    settings.PORTAL_BACKUP_DIR, settings.PORTAL_BACKUP_HOURS = str(tmp_path), 24
    return tmp_path


def made(place: Path, *, hours: float = 0, state: str = State.DONE, **fields: Any) -> Backup:
    """A row of so many hours ago."""
    at = timezone.now() - timedelta(hours=hours)
    given = {"asked_by": uuid4(), "asked_name": "ada", "ended_at": at, **fields}
    return Backup.objects.create(place=str(place), state=state, created_at=at, **given)


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


def on_disk(row: Backup) -> Path:
    folder = Path(row.place) / row.name
    folder.mkdir()
    for name in (DATA, KEYS, MANIFEST):
        (folder / name).touch()
    return folder


def test_old_backups_go_and_old_keys_before_them(place: Path, settings: Settings) -> None:
    settings.PORTAL_BACKUP_KEEP, settings.PORTAL_BACKUP_KEYS_DAYS = 2, 1
    rows = [made(place, hours=hours, name=f"{PREFIX}{hours}") for hours in (1, 30, 60, 90)]
    folders = [on_disk(row) for row in rows[:3]]  # somebody has removed the last one already
    other = made(place / "elsewhere", hours=200, name=f"{PREFIX}other")
    (place / "of somebody else").mkdir()

    keeping.sweep()
    keeping.sweep()

    assert sorted(path.name for path in place.iterdir()) == sorted(
        ["of somebody else", rows[0].name, rows[1].name]
    )
    assert {path.name for path in folders[0].iterdir()} == {DATA, KEYS, MANIFEST}
    assert {path.name for path in folders[1].iterdir()} == {DATA, MANIFEST}
    for row in (*rows, other):
        row.refresh_from_db()
    assert [row.gone_at is None for row in (*rows, other)] == [True, True, False, False, True]
    assert [row.keys_gone_at is None for row in rows[:2]] == [True, False]
    assert AuditEntry.objects.filter(action="backup.remove").count() == 3


def test_a_name_that_leaves_the_folder_removes_nothing_outside(
    place: Path, settings: Settings
) -> None:
    settings.PORTAL_BACKUP_DIR, settings.PORTAL_BACKUP_KEEP = str(place / "in"), 1
    outside = place / f"{PREFIX}x"
    outside.mkdir()
    (place / "in").mkdir()
    on_disk(made(place / "in", name=f"{PREFIX}now"))
    made(place / "in", hours=9, name=f"{PREFIX}x/../../{PREFIX}x")

    keeping.sweep()

    assert Backup.objects.filter(gone_at__isnull=False).exists()
    assert outside.is_dir()


def test_old_keys_go_although_no_backups_are_made_any_more(
    place: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PORTAL_BACKUP_HOURS, settings.PORTAL_BACKUP_KEYS_DAYS = 0, 1
    rounds: list[bool] = []

    def tidy(**_: Any) -> None:
        rounds.append(True)
        tasks.tidy_backups()

    monkeypatch.setattr(tasks.tidy_backups, "apply_async", tidy)
    row = made(place, hours=23, name=f"{PREFIX}a")
    folder = on_disk(row)
    tasks.pump_backups()
    assert rounds == []
    Backup.objects.update(created_at=timezone.now() - timedelta(hours=25))

    with line.alone():
        tasks.pump_backups()
    assert (folder / KEYS).exists()  # somebody is at work
    hidden = folder.rename(place / "hidden")
    tasks.pump_backups()
    assert Backup.objects.filter(keys_gone_at=None).exists()  # the disk is not there
    hidden.rename(folder)
    tasks.pump_backups()
    tasks.pump_backups()

    row.refresh_from_db()
    assert row.keys_gone_at is not None
    assert {path.name for path in folder.iterdir()} == {DATA, MANIFEST}
    assert len(rounds) == 3


def test_what_cannot_be_removed_does_not_hold_up_the_others(
    place: Path, settings: Settings
) -> None:
    settings.PORTAL_BACKUP_KEEP = 1
    rows = [made(place, hours=hours, name=f"{PREFIX}{hours}") for hours in (1, 30, 60, 90)]
    for row in (rows[0], rows[1], rows[3]):
        on_disk(row)
    (moved := place / "moved").mkdir()
    (place / rows[2].name).symlink_to(moved)
    (place / f".{rows[1].name}.part" / "full").mkdir(parents=True)  # in the way of the rename

    keeping.sweep()

    for row in rows:
        row.refresh_from_db()
    assert [row.gone_at is None for row in rows] == [True, True, False, False]
    assert sorted(path.name for path in place.iterdir()) == sorted(
        ["moved", rows[0].name, rows[1].name, f".{rows[1].name}.part"]
    )


def test_rows_whose_folders_are_to_be_swept_outlive_the_others(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "KEPT_ROWS", 1)
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
