"""Trying a filter before it is saved, with the code that the dispatch uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from triggers_app import rights
from triggers_app.filters import Filter, InvalidFilter, compile_filter
from triggers_app.filters.budget import Budget
from triggers_app.filters.evaluator import evaluate
from triggers_app.permissions import SubscriptionPermission
from vaultportal.identity import access
from vaultportal.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class Trial:
    """What a filter makes of a payload.

    problem: why it is no filter, or cannot be evaluated here, as the rest of a sentence; "" else.
    at: where in the text the problem is, from 0.
    nodes: how many places it finds.
    fired, of: of how many of the latest events it would have been delivered.
    """

    matches: bool = False
    nodes: int = 0
    problem: str = ""
    at: int | None = None
    path_exists: bool = True
    fired: int = 0
    of: int = 0


def try_out(
    actor: Actor, text: str, payload: Mapping[str, Any], recent: Iterable[Mapping[str, Any]]
) -> Trial:
    """What ``text`` does with ``payload``, and would have done with ``recent``.

    An empty text passes everything, as in a subscription. Forbidden for who may make and change no
    subscription.
    """
    if not access.holds(actor, SubscriptionPermission.ADD):
        rights.reach(actor, SubscriptionPermission.CHANGE)
    latest = list(recent)
    if not text:
        return Trial(matches=True, fired=len(latest), of=len(latest))
    try:
        compiled = compile_filter(text)
        matches, nodes = compiled.matches(payload), _nodes(compiled, payload)
        path_exists = compiled.path_exists(payload)
    except InvalidFilter as refused:
        return Trial(problem=refused.problem, at=refused.at, of=len(latest))
    fired = sum(_fires(compiled, each) for each in latest)
    return Trial(matches, nodes, path_exists=path_exists, fired=fired, of=len(latest))


def _nodes(compiled: Filter, payload: Mapping[str, Any]) -> int:
    document = dict(payload)
    return len(evaluate(compiled.path, document, document, Budget()).values)


def _fires(compiled: Filter, payload: Mapping[str, Any]) -> bool:
    try:
        return compiled.matches(payload)
    except InvalidFilter:  # the dispatch would have skipped it, and said so in the log
        return False
