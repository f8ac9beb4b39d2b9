"""The id of the request, or of the request that a task was sent by, for logs and trails."""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import Any

from celery import Task, signals

from vaultportal.identity.ids import uuid7

_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_TASK_HEADER = "portal_request_id"

_current: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """The id that belongs to what is being done now; "" outside of requests and tasks."""
    return _current.get()


def enter(request_id: str) -> None:
    """What follows in this thread belongs to this request; "" ends it."""
    _current.set(request_id)


def accepted(*offered: str | None) -> str:
    """The first of the offered ids that is 8 to 64 plain characters, else a new one."""
    for text in offered:
        if text and _SANE.fullmatch(text):
            return text
    return uuid7().hex


def follow_tasks() -> None:
    """Let each task know the request that sent it."""
    signals.before_task_publish.connect(_send, weak=False, dispatch_uid="ops.request_id.send")
    signals.task_prerun.connect(_receive, weak=False, dispatch_uid="ops.request_id.receive")
    signals.task_postrun.connect(_leave, weak=False, dispatch_uid="ops.request_id.leave")


def _send(headers: dict[str, Any] | None = None, **_signal: object) -> None:
    if headers is not None and (current := _current.get()):
        headers.setdefault(_TASK_HEADER, current)


def _receive(task: Task[Any, Any] | None = None, **_signal: object) -> None:
    sent = getattr(task.request, _TASK_HEADER, None) if task is not None else None
    _current.set(accepted(sent))


def _leave(**_signal: object) -> None:
    _current.set("")
