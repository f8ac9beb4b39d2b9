"""Switch an action off when it runs out of time again and again; new code switches it on."""

from __future__ import annotations

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from collections_app.code_errors import OutOfTime, action_off
from collections_app.models import Action
from collections_app.services import actions
from vaultportal import trail
from vaultportal.identity import actor as actors


def require_on(row: Action) -> None:
    """PV1003 for an action that is off."""
    if row.disabled_at is not None:
        raise action_off(row.name)


def note(row: Action, fault: Exception | None) -> None:
    """Count a run that ran out of its own time; any other run begins the count anew.

    In the unit of work that accounts for the run. A run of an action that is well costs nothing.
    """
    same = Action.objects.filter(pk=row.pk)
    if not _is_its_own(row, fault):
        if row.timeouts:
            same.update(timeouts=0)
        return
    same.update(timeouts=F("timeouts") + 1)
    most = settings.PORTAL_ACTIONS_TIMEOUTS
    if most and same.filter(timeouts__gte=most, disabled_at=None).update(
        disabled_at=timezone.now()
    ):
        trail.record(actors.system(), "action.disable", actions.target_of(row), timeouts=most)


def _is_its_own(row: Action, fault: Exception | None) -> bool:
    """A transformer that the action asked for may be what took so long."""
    return isinstance(fault, OutOfTime) and fault.context.get("function") == row.function
