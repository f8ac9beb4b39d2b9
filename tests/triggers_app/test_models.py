"""The tables refuse rows that make no sense."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.triggers_app.factories import make_invocation, make_subscription
from triggers_app.models import Invocation, Subscription

pytestmark = pytest.mark.django_db


def test_what_is_stored_of_a_subscription_shows_no_secret() -> None:
    made = make_subscription(authentication="BASIC_AUTH", user_name="vault", credential="pa55word")

    row = Subscription.objects.filter(pk=made.pk).values().get()

    assert Subscription.objects.get(pk=made.pk).credential == "pa55word"
    assert made.signing_secret.startswith("whsec_")
    assert "pa55word" not in repr(row)
    assert made.signing_secret not in repr(row)


def test_a_question_has_one_who_answers() -> None:
    make_subscription(trigger="vault:secret-read-approval", kind="REQUEST_RESPONSE")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_subscription(trigger="vault:secret-read-approval", kind="REQUEST_RESPONSE")


def test_an_event_reaches_a_subscription_once() -> None:
    first = make_invocation(event_id="01948f2a-0000-7000-8000-000000000001")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_invocation(event_id=first.event_id, subscription=first.subscription)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "completed"},
        {"state": "failed", "due_at": None, "completed_at": timezone.now()},
        {"state": "queued", "due_at": None},
        {"state": "waiting"},
    ],
    ids=["no time", "no reason", "never due", "due though waiting"],
)
def test_a_state_goes_with_what_it_means(wrong: dict[str, Any]) -> None:
    row = make_invocation()

    with pytest.raises(IntegrityError), transaction.atomic():
        Invocation.objects.filter(pk=row.pk).update(**wrong)


def test_a_claim_is_one_update_and_an_outcome_drops_the_secret() -> None:
    row = make_invocation(secret="5f0c9a41")
    until = timezone.now() + timedelta(seconds=30)
    queued = Invocation.objects.filter(pk=row.pk, state="queued", due_at__lte=timezone.now())

    assert queued.update(due_at=until, lease_until=until, attempts=1) == 1
    assert queued.update(due_at=until, lease_until=until, attempts=2) == 0
    Invocation.objects.filter(pk=row.pk).update(
        state="completed", due_at=None, lease_until=None, completed_at=until, secret=None
    )

    assert Invocation.objects.get(pk=row.pk).secret is None
