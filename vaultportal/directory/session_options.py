"""The limits of sessions as settings: read by the very statement that reads a session."""

from __future__ import annotations

from django.db.models import IntegerField, Subquery, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from vaultportal.directory.models import Setting
from vaultportal.directory.options import Option, register
from vaultportal.identity import session_limits
from vaultportal.identity.session_limits import ABSOLUTE_MINUTES, IDLE_MINUTES, MOST_MINUTES

SESSION_MINUTES = register(
    Option(
        "session.minutes",
        default=ABSOLUTE_MINUTES,
        env="PORTAL_SESSION_MINUTES",
        help="A browser is signed out so long after the sign-in, however busy it is.",
        least=5,
        most=MOST_MINUTES,
    )
)
SESSION_IDLE_MINUTES = register(
    Option(
        "session.idle_minutes",
        default=IDLE_MINUTES,
        env="PORTAL_SESSION_IDLE_MINUTES",
        help="A browser is signed out after so many minutes without a request; 0 for never.",
        least=5,  # use is noted once a minute: less would end sessions that are in use
        most=MOST_MINUTES,
        or_none=True,
    )
)


def minutes(option: Option[int]) -> Combinable:
    """The value in force, as an expression."""
    if option.overruled():
        return Value(option.from_env(), output_field=IntegerField())
    row = Setting.objects.filter(name=option.name).values("value")[:1]
    return Coalesce(Cast(Subquery(row), IntegerField()), Value(option.default))


def connect() -> None:
    """Have sessions obey the settings."""
    session_limits.use(
        absolute=lambda: minutes(SESSION_MINUTES), idle=lambda: minutes(SESSION_IDLE_MINUTES)
    )
