"""Rotations as jobs: to the end, in pieces, beside themselves, and what cannot be done is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from tests.vaultportal.crypto.conftest import start_over
from tests.vaultportal.crypto.test_rotation import SCOPE, all_readable, store
from vaultportal.crypto import jobs, rewrap, rotation
from vaultportal.crypto.models import DataKey, KeyJob, KeyState, ObjectKey, RootKeyVersion
from vaultportal.crypto.providers.keyfile import FILE_NAME
from vaultportal.errors import Conflict

pytestmark = pytest.mark.usefixtures("tables")
State, Kind = KeyJob.State, KeyJob.Kind


@pytest.fixture(autouse=True)
def no_jobs(tables: None) -> None:
    KeyJob.objects.all().delete()


def begin(kind: str) -> KeyJob:
    return jobs.begin(kind, uuid4(), "ada")


def to_the_end(job: KeyJob, *, seconds: float = 60.0) -> int:
    """In how many pieces."""
    pieces = 1
    while (now := jobs.go_on(job.pk, seconds=seconds)) is not None:
        if now.state != State.RUNNING:
            break
        pieces += 1
    job.refresh_from_db()
    return pieces


def test_a_new_root_key_wraps_all(keys_of_a_few: list[UUID]) -> None:
    job = begin(Kind.ROOT)

    to_the_end(job)

    assert (job.state, job.found) == (State.DONE, 0)
    assert job.ended_at is not None
    assert RootKeyVersion.objects.get(state=KeyState.ACTIVE).version == 2
    assert not rewrap.data_keys_to_rewrap().exists()
    assert all_readable(keys_of_a_few)


def test_new_data_keys_in_pieces_leave_nothing_under_the_old(keys_of_a_few: list[UUID]) -> None:
    job = begin(Kind.DATA)

    pieces = to_the_end(job, seconds=0)

    assert job.state == State.DONE
    assert pieces > 1
    assert set(ObjectKey.objects.values_list("data_key_version", flat=True)) == {2}
    assert job.done >= len(keys_of_a_few)
    assert all_readable(keys_of_a_few)
    assert jobs.go_on(job.pk, seconds=1) is None
    assert DataKey.objects.filter(scope=SCOPE).count() == 2


def test_one_runs_at_a_time_and_a_lost_one_is_found() -> None:
    job = begin(Kind.DATA)
    with pytest.raises(Conflict):
        begin(Kind.ROOT)
    assert jobs.lost() == []

    time_goes_by(job)

    assert jobs.lost() == [job.pk]
    assert jobs.lost() == []


def time_goes_by(job: KeyJob) -> None:
    long_ago = timezone.now() - jobs.LOST_AFTER - timedelta(minutes=1)
    KeyJob.objects.filter(pk=job.pk).update(touched_at=long_ago)


def test_one_worker_has_it_at_a_time(keys_of_a_few: list[UUID]) -> None:
    job = begin(Kind.DATA)
    KeyJob.objects.filter(pk=job.pk).update(worker=uuid4())

    assert jobs.go_on(job.pk, seconds=60) is None

    time_goes_by(job)
    jobs.lost()
    to_the_end(job)
    assert job.state == State.DONE


def test_a_worker_that_was_taken_for_lost_does_not_bring_an_ended_job_back(
    keys_of_a_few: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = begin(Kind.DATA)
    rotate = rotation.rotate_data_key

    def while_another_ends_it(scope: str) -> int:
        KeyJob.objects.filter(pk=job.pk).update(worker=None, state=State.DONE)
        return rotate(scope)

    monkeypatch.setattr(rotation, "rotate_data_key", while_another_ends_it)

    assert jobs.go_on(job.pk, seconds=60) is None
    job.refresh_from_db()
    assert (job.state, job.worker) == (State.DONE, None)


def test_what_is_cut_off_again_and_again_is_given_up(keys_of_a_few: list[UUID]) -> None:
    job = begin(Kind.DATA)
    KeyJob.objects.filter(pk=job.pk).update(tries=jobs.MOST_TRIES)

    jobs.go_on(job.pk, seconds=60)

    job.refresh_from_db()
    assert job.state == State.FAILED
    assert "again and again" in job.detail


def test_what_is_said_of_the_end_is_there_if_and_only_if_the_job_is_over(
    keys_of_a_few: list[UUID],
) -> None:
    job = begin(Kind.ROOT)
    said: list[tuple[UUID, str]] = []

    def say_nothing(row: KeyJob) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        jobs.go_on(job.pk, seconds=60, at_end=say_nothing)
    job.refresh_from_db()
    assert (job.state, job.ended_at) == (State.RUNNING, None)

    KeyJob.objects.update(touched_at=timezone.now() - 2 * jobs.LOST_AFTER)
    assert jobs.lost() == [job.pk]
    jobs.go_on(job.pk, seconds=60, at_end=lambda row: said.append((row.pk, row.state)))
    assert said == [(job.pk, State.DONE)]
    assert jobs.go_on(job.pk, seconds=60, at_end=lambda row: said.append((row.pk, ""))) is None
    assert len(said) == 1


def test_what_the_provider_cannot_do_is_told(keys: Path) -> None:
    (keys / FILE_NAME).unlink()
    start_over()
    job = begin(Kind.ROOT)

    to_the_end(job)

    assert job.state == State.FAILED
    assert "is missing" in job.detail


def test_what_does_not_open_is_named_and_stays(keys_of_a_few: list[UUID]) -> None:
    damaged = ObjectKey.objects.first()
    assert damaged is not None
    wrapped = bytes(damaged.wrapped)
    ObjectKey.objects.filter(pk=damaged.pk).update(wrapped=wrapped[:-1] + bytes([wrapped[-1] ^ 1]))
    job = begin(Kind.DATA)

    to_the_end(job)

    assert (job.state, job.found) == (State.BROKEN, 1)
    assert job.broken == [str(damaged.pk)]


@pytest.fixture
def keys_of_a_few(tables: None) -> list[UUID]:
    return store(3)
