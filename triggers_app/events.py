"""What the triggers themselves tell, as types of the outbox."""

from __future__ import annotations

from vaultportal.events.catalog import NUMBER, TEXT, TIME, EventType

SUBSCRIPTION_DISABLED = EventType(
    id="vault:subscription-disabled",
    name="Subscription disabled",
    description="The portal switched a subscription off: its endpoint is gone, or failed for long.",
    subject="SUBSCRIPTION",
    connector="system",
    moment="modified",
    further={
        "trigger": TEXT,
        "reason": {"enum": ["gone", "failing"]},
        "failingSince": TIME,
        "consecutiveFailures": NUMBER,
    },
    sample={
        "trigger": "vault:secret-created",
        "reason": "failing",
        "failingSince": "2026-03-04T07:41:05.218Z",
        "consecutiveFailures": 112,
    },
)

TYPES = (SUBSCRIPTION_DISABLED,)
