"""The log by all that it is filtered by; how much a replay takes, and of which window."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import as_admin
from tests.triggers_app.factories import make_invocation, make_subscription
from tests.triggers_app.ui.conftest import holder_of
from triggers_app.engine import replaying
from triggers_app.models import Invocation, ReplayJob
from triggers_app.permissions import InvocationPermission
from triggers_app.ui.views import invocations as log
from vaultportal.errors import Invalid

pytestmark = pytest.mark.django_db

LOG = "/events/invocations/"
REPLAY = f"{LOG}replay/"
HTMX = {"HX-Request": "true"}


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def done(seconds: float = 1, **fields: Any) -> Invocation:
    """One that failed, ``seconds`` after its event."""
    now = timezone.now()
    valid = {
        "state": "failed",
        "due_at": None,
        "error_message": "x",
        "attempts": 1,
        "created_at": now - timedelta(seconds=seconds),
        "completed_at": now,
    }
    return make_invocation(**{**valid, **fields})


def listed(client: Client, query: str) -> set[str]:
    page = text_of(client.get(f"{LOG}?{query}"))
    return {str(row.pk) for row in Invocation.objects.all() if str(row.pk) in page}


def test_it_is_filtered_by_subscription_attempts_and_duration(admin: Client) -> None:
    row = make_subscription(name="billing-sync")
    quick, slow = done(subscription=row), done(90, attempts=4)
    running = make_invocation(attempts=2)

    page = text_of(admin.get(LOG))
    assert f'<option value="{row.pk}">billing-sync</option>' in page
    assert listed(admin, f"subscription={row.pk}") == {str(quick.pk)}
    assert listed(admin, "attempts=2") == {str(slow.pk), str(running.pk)}
    assert listed(admin, "attempts=3") == {str(slow.pk)}
    assert listed(admin, "took=60000") == {str(slow.pk)}
    assert listed(admin, "took=10000&attempts=5") == set()
    everything = {str(each.pk) for each in (quick, slow, running)}
    assert listed(admin, "took=nonsense&attempts=-1&subscription=x") == everything


def test_what_a_deleted_subscription_left_is_found_by_its_id(admin: Client) -> None:
    gone = uuid4()
    left = done(subscription=make_subscription(name="gone"))
    Invocation.objects.filter(pk=left.pk).update(subscription_id=gone)
    done()

    assert listed(admin, f"subscription={gone}") == {str(left.pk)}


def test_the_button_says_how_many_it_is(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for attempts in (1, 1, 3):
        done(attempts=attempts)
    done(is_test=True)
    assert "part=count" in text_of(admin.get(LOG))

    def told(query: str) -> str:
        return text_of(admin.get(f"{REPLAY}?{query}part=count", headers=HTMX)).strip()

    assert told("") == "Replay all 3"
    assert told("state=failed&") == "Replay all 3 that match"
    assert told("attempts=2&") == "Replay the 1 that matches"
    assert told("state=open&") == "Replay all 0 that match"
    monkeypatch.setattr(log, "MOST_COUNTED", 2)
    assert told("") == "Replay all, more than 2"


def test_a_replay_takes_what_the_filter_shows(admin: Client) -> None:
    row = make_subscription()
    wanted = done(120, attempts=3, subscription=row)
    done(120, attempts=1, subscription=row)
    done(1, attempts=3, subscription=row)

    url = f"{REPLAY}?attempts=2&took=60000"
    page = text_of(admin.get(url))
    assert "Deliver 1 event once more" in page and "1 min or more" in page
    assert admin.post(url).status_code == 302

    job = ReplayJob.objects.get()
    replaying.run(job.pk)
    assert [each.replay_of for each in Invocation.objects.exclude(replay_of=None)] == [wanted.pk]
    assert "1 min or more" in text_of(admin.get(f"{LOG}replays/{job.pk}/"))


def test_the_window_is_narrowed_counted_and_kept(admin: Client) -> None:
    now = timezone.now()
    for hours in (1, 5, 30):
        done(3600 * hours, completed_at=now)

    def window(since: timedelta, until: timedelta) -> dict[str, str]:
        ends = {"since": now - since, "until": now - until}
        return {
            name: timezone.localtime(at).strftime("%Y-%m-%dT%H:%M:%S") for name, at in ends.items()
        }

    query = window(timedelta(hours=6), timedelta(hours=2)) | {"state": "failed"}
    page = text_of(admin.get(REPLAY, query))
    assert "Deliver 1 event once more" in page
    assert '<input type="hidden" name="state" value="failed">' in page
    hidden = {
        name: page.split(f'type="hidden" name="{name}" value="')[1].split('"')[0] for name in query
    }
    assert admin.post(f"{REPLAY}?state=failed", hidden).status_code == 302

    job = ReplayJob.objects.get()
    assert job.since is not None and abs(job.since - (now - timedelta(hours=6))).total_seconds() < 2
    replaying.run(job.pk)
    job.refresh_from_db()
    assert job.total == 1


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"since": "2026-05-02T10:00:00", "until": "2026-05-01T10:00:00"}, 422),
        ({"since": "0001-01-01T00:00:00"}, 422),
        ({"until": "0001-01-01T00:00:00+14:00"}, 422),
        ({"since": "9999-12-31T23:59:59-14:00"}, 422),
        ({"until": "yesterday"}, 422),
        ({"until": "9999-12-31T23:59:59"}, 200),
        ({"since": "", "until": ""}, 200),
    ],
    ids=[
        "ends before",
        "before time",
        "ends before time",
        "begins after time",
        "no time",
        "after time",
        "open",
    ],
)
def test_a_window_is_checked(admin: Client, query: dict[str, str], status: int) -> None:
    done()

    assert admin.get(REPLAY, query).status_code == status


@pytest.mark.parametrize(
    "posted",
    [
        {"until": "2020-01-01T00:00:00+00:00", "since": "2021-01-01T00:00:00+00:00"},
        {"until": "1999-01-01T00:00:00+00:00", "since": "2000-01-01T00:00:00+14:00"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"until": "0001-01-01T00:00:00+14:00"},
        {"since": "9999-12-31T23:59:59-14:00"},
        {"since": "2999-01-01T00:00:00+00:00"},
        {"since": "yesterday"},
    ],
)
def test_ends_that_no_page_has_offered_start_nothing(admin: Client, posted: dict[str, str]) -> None:
    done()

    assert admin.post(REPLAY, posted).status_code == 422
    assert not ReplayJob.objects.exists()


def test_who_may_only_look_counts_and_replays_nothing() -> None:
    done()
    viewer = holder_of(InvocationPermission.VIEW)

    assert "Replay all" not in text_of(viewer.get(LOG))
    for answer in (
        viewer.get(f"{REPLAY}?part=count", headers=HTMX),
        viewer.get(REPLAY),
        viewer.post(REPLAY),
    ):
        assert answer.status_code == 403


@pytest.mark.parametrize("end", ["since", "until"])
@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_that_not_all_can_tell_starts_nothing(end: str, text: str) -> None:
    at = datetime.fromisoformat(text)
    choice = replaying.Choice(since=at) if end == "since" else replaying.Choice(until=at)

    with pytest.raises(Invalid) as refused:
        replaying.start(as_admin(), choice)

    assert [fault.property for fault in refused.value.faults] == [end]
    assert not ReplayJob.objects.exists()


def test_a_job_keeps_what_it_was_asked_for() -> None:
    choice = replaying.Choice(until=timezone.now(), least_attempts=2, least_ms=5000)

    job = replaying.start(as_admin(), choice)

    job.refresh_from_db()
    assert (job.least_attempts, job.least_ms) == (2, 5000)
