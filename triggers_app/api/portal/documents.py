"""Rows as the documents of our own API. Secrets and credentials are in none."""

from __future__ import annotations

from typing import Any

from triggers_app.models import Attempt, Invocation, ReplayJob, Subscription
from triggers_app.wire import timestamp

_ATTEMPT = (
    "number",
    "outcome",
    "url",
    "request_headers",
    "status",
    "response_headers",
    "response_body",
    "duration_ms",
    "error",
)


def subscription(row: Subscription) -> dict[str, Any]:
    """How a subscription is delivered to, and how that goes."""
    health = row.health
    return {
        "id": str(row.pk),
        "version": row.version,
        "ed25519": row.ed25519,
        "most_at_once": row.most_at_once,
        "most_per_second": row.most_per_second,
        "disabled_reason": row.disabled_reason or None,
        "disabled_at": timestamp(row.disabled_at),
        "previous_secret_until": timestamp(row.previous_until),
        "health": {
            "circuit": health.circuit,
            "open_until": timestamp(health.open_until),
            "consecutive_failures": health.consecutive_failures,
            "failing_since": timestamp(health.failing_since),
            "last_success_at": timestamp(health.last_success_at),
            "last_failure_at": timestamp(health.last_failure_at),
        },
    }


def log_row(row: Invocation) -> dict[str, Any]:
    """An invocation in the log."""
    return {
        "id": str(row.pk),
        "event_id": _id(row.event_id),
        "trigger": row.trigger,
        "subscription_id": _id(row.subscription_id),
        "subscription_name": row.subscription_name,
        "state": row.state,
        "is_test": row.is_test,
        "is_gate": row.is_gate,
        "replay_of": _id(row.replay_of),
        "attempts": row.attempts,
        "created_at": timestamp(row.created_at),
        "due_at": timestamp(row.due_at),
        "deadline": timestamp(row.deadline),
        "completed_at": timestamp(row.completed_at),
        "error": row.error_message,
    }


def log_entry(row: Invocation, tries: list[Attempt]) -> dict[str, Any]:
    """An invocation with what was sent and each attempt to do so."""
    return log_row(row) | {
        "input": row.input,
        "output": row.output,
        "tries": [
            {name: getattr(each, name) for name in _ATTEMPT} | {"at": timestamp(each.at)}
            for each in tries
        ],
    }


def replay(job: ReplayJob) -> dict[str, Any]:
    """A replay and how far it is."""
    return {
        "id": str(job.pk),
        "state": job.state,
        "since": timestamp(job.since),
        "until": timestamp(job.until),
        "trigger": job.trigger,
        "subscription_id": _id(job.subscription_id),
        "states": job.states,
        "least_attempts": job.least_attempts,
        "least_ms": job.least_ms,
        "total": job.total,
        "done": job.done,
        "failure": job.failure,
        "created_at": timestamp(job.created_at),
        "started_at": timestamp(job.started_at),
        "finished_at": timestamp(job.finished_at),
    }


def _id(value: object) -> str | None:
    return None if value is None else str(value)
