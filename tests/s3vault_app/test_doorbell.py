"""A broker that is away: what was saved stays saved, and nobody who saved it meets a fault."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from kombu.exceptions import OperationalError

from s3vault_app.models import Job
from s3vault_app.services import doorbell


@pytest.mark.django_db
def test_a_bell_that_nobody_hears_fails_nothing(
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("the broker is away")

    monkeypatch.setattr(current_app, "send_task", away)

    with django_capture_on_commit_callbacks(execute=True) as told:
        doorbell.job_waits(Job(pk=1))
        doorbell.identities_changed([uuid4()])

    assert len(told) == 2
    assert [record.levelname for record in caplog.records].count("ERROR") == 2
