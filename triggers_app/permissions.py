"""What may be asked of triggers, and what the wire calls it."""

from __future__ import annotations

from collections.abc import Mapping

from vaultportal.identity.permissions import PermissionEnum


class SubscriptionPermission(PermissionEnum):
    """Rights on subscriptions. OWN comes with making one, as a grant on the row."""

    VIEW = "view_subscription"
    ADD = "add_subscription"
    CHANGE = "change_subscription"
    DELETE = "delete_subscription"
    OWN = "own_subscription"


class InvocationPermission(PermissionEnum):
    """Rights on what is delivered. Completing one needs none: its secret decides."""

    VIEW = "view_invocation"
    TEST = "test_invocation"
    REPLAY = "replay_invocation"


class GatePermission(PermissionEnum):
    """Rights on gates, and on seeing what everybody waits for."""

    VIEW = "view_gate"
    ADD = "add_gate"
    CHANGE = "change_gate"
    DELETE = "delete_gate"
    VIEW_PENDING = "view_pending"


IMPLIED_BY = {
    SubscriptionPermission.VIEW: {
        SubscriptionPermission.ADD,
        SubscriptionPermission.CHANGE,
        SubscriptionPermission.DELETE,
        SubscriptionPermission.OWN,
    },
    SubscriptionPermission.CHANGE: {SubscriptionPermission.OWN},
    SubscriptionPermission.DELETE: {SubscriptionPermission.OWN},
    InvocationPermission.VIEW: {InvocationPermission.TEST, InvocationPermission.REPLAY},
    GatePermission.VIEW: {GatePermission.ADD, GatePermission.CHANGE, GatePermission.DELETE},
}
MODEL_WIDE = {
    SubscriptionPermission.VIEW,
    SubscriptionPermission.ADD,
    SubscriptionPermission.CHANGE,
    SubscriptionPermission.DELETE,
    *InvocationPermission,
    *GatePermission,
}

# Scopes that a token may be narrowed to, in the words of the wire.
SCOPES: Mapping[str, frozenset[PermissionEnum]] = {
    "sp:trigger-service-subscriptions:read": frozenset({SubscriptionPermission.VIEW}),
    "sp:trigger-service-subscriptions:manage": frozenset(SubscriptionPermission),
    "sp:trigger-service-invocation-status:read": frozenset({InvocationPermission.VIEW}),
    "sp:trigger-service-invocation-status:manage": frozenset(InvocationPermission),
}
