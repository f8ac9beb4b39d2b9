"""The events that belong to no single app."""

from __future__ import annotations

from vaultportal.events.catalog import CLIENT, TEXT, EventType

ACCESS_DENIED = EventType(
    id="vault:access-denied",
    name="Access denied",
    description="A request was refused: no valid credential, or not enough rights.",
    subject="ACCESS",
    connector="system",
    moment="created",
    further={"operation": TEXT, "reason": TEXT, "client": CLIENT},
    sample={
        "operation": "GET secrets:personal_secret",
        "reason": "forbidden",
        "client": {"ip": "192.0.2.7", "userAgent": "curl/8.5.0"},
    },
)

TYPES = (ACCESS_DENIED,)
