"""The tables of triggers: one module a subject, all of them importable from here."""

from __future__ import annotations

from triggers_app.models.gate import Gate, GateObject, Pending
from triggers_app.models.grants import SubscriptionRoleGrant, SubscriptionUserGrant
from triggers_app.models.invocation import Attempt, Invocation
from triggers_app.models.replay import ReplayJob
from triggers_app.models.subscription import (
    Kind,
    Mode,
    SigningKey,
    Subscription,
    SubscriptionHealth,
)

__all__ = [
    "Attempt",
    "Gate",
    "GateObject",
    "Invocation",
    "Kind",
    "Mode",
    "Pending",
    "ReplayJob",
    "SigningKey",
    "Subscription",
    "SubscriptionHealth",
    "SubscriptionRoleGrant",
    "SubscriptionUserGrant",
]
