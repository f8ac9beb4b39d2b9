"""Points in time of one thing: attempts, versions, the course of a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Point:
    """One point of ``components/timeline.html``.

    at: when, or None for what is yet to come.
    state: ok, warn, bad, run, plain, idle or line, as for a tag.
    body_template: shown when the point is opened, with ``body`` as its ``body``; "" for none.
    """

    at: datetime | None
    title: str | Promise
    state: str
    detail: str | Promise = ""
    body_template: str = ""
    body: Any = None
