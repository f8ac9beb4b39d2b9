"""The triggers that can be subscribed to, and whether a filter fits one's events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from triggers_app import rights
from triggers_app.filters import InvalidFilter, compile_filter
from triggers_app.permissions import SubscriptionPermission
from vaultportal.events import catalog
from vaultportal.events.catalog import EventType
from vaultportal.identity import access
from vaultportal.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a filter makes of an input.

    compiles: it is a filter. path_exists: no place that it names is missing in the input.
    matches: an event with this payload would be delivered.
    """

    compiles: bool
    path_exists: bool
    matches: bool


def list_triggers(actor: Actor) -> list[EventType]:
    """The whole catalogue, by id; Forbidden for who may see no subscription."""
    rights.reach(actor, SubscriptionPermission.VIEW)
    return catalog.every()


def try_filter(actor: Actor, text: str, payload: Mapping[str, Any]) -> Verdict:
    """What ``text`` would do as a filter; Forbidden for who may make and change no subscription."""
    if not access.holds(actor, SubscriptionPermission.ADD):
        rights.reach(actor, SubscriptionPermission.CHANGE)
    try:
        compiled = compile_filter(text)
    except InvalidFilter:
        return Verdict(compiles=False, path_exists=False, matches=False)
    try:
        return Verdict(True, compiled.path_exists(payload), compiled.matches(payload))  # noqa: FBT003 named above
    except InvalidFilter:  # more work than a filter may do
        return Verdict(compiles=True, path_exists=False, matches=False)
