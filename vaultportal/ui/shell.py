"""The kit's own panel of the overview."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vaultportal.identity.actor import Actor
from vaultportal.ui import activity, panels

LATEST = 8


def _latest(actor: Actor) -> Mapping[str, Any]:
    return {"happenings": activity.own(actor, LATEST)}


panels.register(panels.Panel(10, "ui/panels/activity.html", _latest, side=True))
