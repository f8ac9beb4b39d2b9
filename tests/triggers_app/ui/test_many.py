"""Deliveries of the log that are hurried, or made once more, many at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.triggers_app.factories import make_invocation, make_subscription
from tests.triggers_app.ui.conftest import holder_of
from triggers_app.models import Invocation
from triggers_app.permissions import InvocationPermission
from vaultportal.audit.models import AuditEntry

pytestmark = pytest.mark.django_db
LOG = "/events/invocations/"


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def waiting(**fields: Any) -> Invocation:
    """One that is tried again in an hour."""
    later = timezone.now() + timedelta(hours=1)
    return make_invocation(**{"state": "queued", "attempts": 1, "due_at": later, **fields})


def failed(**fields: Any) -> Invocation:
    now = timezone.now()
    over = {"state": "failed", "due_at": None, "error_message": "x", "completed_at": now}
    return make_invocation(**{**over, **fields})


def chosen(action: str, *rows: Invocation) -> dict[str, Any]:
    return {"action": action, "selected": [str(each.pk) for each in rows]}


def is_due(row: Invocation) -> bool:
    due = Invocation.objects.get(pk=row.pk).due_at
    return due is not None and due <= timezone.now()


def test_what_waits_is_hurried_and_the_rest_is_told(admin: Client) -> None:
    row, over, other = waiting(), failed(), waiting()
    assert f'name="selected" value="{row.pk}"' in text_of(admin.get(LOG))

    told = text_of(admin.post(LOG, chosen("retry", row, over)))

    assert "Done for 1." in told and "There is no attempt to hurry" in told
    assert is_due(row) and not is_due(other)
    entries = AuditEntry.objects.filter(action="invocation.retry")
    assert [each.target_id for each in entries] == [str(row.pk)]


def test_all_that_match_and_wait_are_hurried(admin: Client) -> None:
    subscription = make_subscription()
    row, other = waiting(subscription=subscription), waiting()
    failed(subscription=subscription)
    every = {"action": "retry", "all_matching": "1"}

    told = text_of(admin.post(f"{LOG}?subscription={subscription.pk}", every, follow=True))

    assert "Retry now: done for 1." in told
    assert is_due(row) and not is_due(other)


def test_some_are_delivered_once_more_and_all_by_their_job(admin: Client) -> None:
    row, running = failed(), waiting()

    told = text_of(admin.post(LOG, chosen("replay", row, running)))

    assert "Done for 1." in told and "cannot be delivered once more" in told
    assert Invocation.objects.filter(replay_of=row.pk).count() == 1
    answer = admin.post(f"{LOG}?state=failed", {"action": "replay", "all_matching": "1"})
    assert answer["Location"] == f"{LOG}replay/?state=failed"


def test_who_may_only_look_hurries_nothing(stranger: Client) -> None:
    row = waiting()
    viewer = holder_of(InvocationPermission.VIEW)

    assert 'name="selected"' not in text_of(viewer.get(LOG))
    assert "Your roles do not allow it." in text_of(viewer.post(LOG, chosen("retry", row)))
    assert stranger.post(LOG, chosen("retry", row)).status_code == 403
    assert not is_due(row)
