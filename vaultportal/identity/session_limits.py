"""How long a browser stays signed in: in all, and without a sign of life.

They are expressions, so that the statement that reads a session knows them without another one.
Whoever keeps the settings says what they are (``use``); until then they are the defaults.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db.models import DurationField, ExpressionWrapper, F, IntegerField, Q, Value
from django.db.models.expressions import Combinable, CombinedExpression
from django.db.models.functions import Now

ABSOLUTE_MINUTES = 480
IDLE_MINUTES = 60
MOST_MINUTES = 720  # as long as the cookie lives
_MINUTE = Value(timedelta(minutes=1), output_field=DurationField())

Minutes = Callable[[], Combinable]


def _constant(minutes: int) -> Minutes:
    return lambda: Value(minutes, output_field=IntegerField())


_absolute: Minutes = _constant(ABSOLUTE_MINUTES)
_idle: Minutes = _constant(IDLE_MINUTES)


def use(*, absolute: Minutes, idle: Minutes) -> None:
    """Take the limits from elsewhere; an idle limit of 0 is none."""
    global _absolute, _idle
    _absolute, _idle = absolute, idle


def ends_at() -> CombinedExpression:
    """When a session that begins now ends, however much it is used."""
    return Now() + ExpressionWrapper(_absolute() * _MINUTE, DurationField())


def idle_minutes() -> Combinable:
    """For ``alias(idle=…)`` beside ``is_awake``."""
    return _idle()


def is_awake() -> Q:
    """Of a session row with the alias ``idle``: it was seen within the limit."""
    since = Now() - ExpressionWrapper(F("idle") * _MINUTE, DurationField())
    return Q(idle=0) | Q(last_seen_at__gt=since)
