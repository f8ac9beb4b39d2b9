"""Of any number of schedulers one sends; the next takes over when it is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery

from vaultportal.runtime import paths
from vaultportal.runtime.beat import DatabaseLock, SingleScheduler
from vaultportal.runtime.paths import Layout

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> Celery:
    app = Celery("test", broker="memory://", set_as_current=False)
    app.conf.beat_schedule = {"sweep": {"task": "test.sweep", "schedule": timedelta(hours=1)}}
    return app


def test_one_holds_the_lock_until_it_lets_go() -> None:
    first, second = DatabaseLock(), DatabaseLock()

    assert first.hold()
    assert first.hold()
    assert not second.hold()

    first.release()
    assert second.hold()
    second.release()


def test_a_lost_connection_is_a_lost_lock() -> None:
    first, second = DatabaseLock(), DatabaseLock()
    assert first.hold()
    assert first._session is not None
    first._session.close()

    assert not first.hold()
    assert second.hold()
    assert not first.hold()
    second.release()


def test_the_second_scheduler_sends_nothing_while_the_first_runs(
    app: Celery, layout: Layout
) -> None:
    first, second = SingleScheduler(app), SingleScheduler(app)
    for scheduler in (first, second):
        scheduler.schedule["sweep"].last_run_at = datetime.now(UTC) - timedelta(hours=2)

    first.tick()
    second.tick()
    assert (first.schedule["sweep"].total_run_count, second.schedule["sweep"].total_run_count) == (
        1,
        0,
    )

    first.close()
    second.tick()
    assert second.schedule["sweep"].total_run_count == 1
    second.close()


def test_last_runs_outlive_a_restart(app: Celery, layout: Layout) -> None:
    moment = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    first = SingleScheduler(app)
    first.schedule["sweep"].last_run_at = moment
    first.close()

    again = SingleScheduler(app)

    assert again.schedule["sweep"].last_run_at == moment


def test_a_memory_that_cannot_be_read_is_no_memory(app: Celery, layout: Layout) -> None:
    SingleScheduler(app).close()
    paths.beat_memory().write_text("[]")

    assert SingleScheduler(app).schedule["sweep"].last_run_at is not None
