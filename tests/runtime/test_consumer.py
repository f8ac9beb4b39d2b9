"""Every task's request tells the consumer when it cannot be acknowledged."""

from __future__ import annotations

from celery.utils.imports import symbol_by_name

from vaultportal.celery import app
from vaultportal.runtime.consumer import AnsweredRequest


def test_no_task_is_acknowledged_into_the_void() -> None:
    app.loader.import_default_modules()

    ours = {
        name for name, task in app.tasks.items() if symbol_by_name(task.Request) is AnsweredRequest
    }

    assert len(ours) > 20
    assert ours == set(app.tasks)
