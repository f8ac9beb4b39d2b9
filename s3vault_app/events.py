"""What may happen to S3 vaults, as types of the outbox. Payloads carry identifiers, no secrets."""

from __future__ import annotations

from typing import Any

from s3vault_app.models import Vault
from vaultportal.events.catalog import NUMBER, TEXT, TIME, EventType

_PLAN = {"type": "object", "properties": {"id": NUMBER, "name": TEXT}}
_JOB = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "status": TEXT,
        "startedAt": TIME,
        "hostsTotal": NUMBER,
        "hostsFailed": NUMBER,
    },
}
_ENDPOINTS = {
    "type": "array",
    "items": {"type": "object", "properties": {"name": TEXT, "url": TEXT, "status": TEXT}},
}
_SAMPLE: dict[str, Any] = {"number": 204, "plan": {"id": 7, "name": "gold"}}

S3_VAULT_CREATED = EventType(
    id="vault:s3-vault-created",
    name="S3 vault created",
    description="An S3 vault was made, and its endpoints were asked for.",
    subject="S3_VAULT",
    connector="s3",
    moment="created",
    further={"bucket": TEXT, "region": TEXT, "number": NUMBER, "plan": _PLAN, "job": NUMBER},
    sample=_SAMPLE | {"bucket": "archive-eu", "region": "us-east-1", "job": 5117},
)
ENDPOINT_INSTALL_FINISHED = EventType(
    id="vault:endpoint-install-finished",
    name="Endpoint install finished",
    description="A job that installs endpoints came to its end, well or not.",
    subject="JOB",
    connector="endpoint",
    moment="created",
    further={"job": _JOB, "endpoints": _ENDPOINTS},
    sample={
        "job": {
            "id": "5117",
            "status": "Completed",
            "startedAt": "2026-03-09T07:41:05.218Z",
            "hostsTotal": 2,
            "hostsFailed": 0,
        },
        "endpoints": [
            {"name": "ep1", "url": "https://ep1.example.org:9443", "status": "ONLINE"},
        ],
    },
)
S3_VAULT_DEGRADED = EventType(
    id="vault:s3-vault-degraded",
    name="S3 vault degraded",
    description="A vault or one of its endpoints failed the proof, or does not answer.",
    subject="S3_VAULT",
    connector="s3",
    moment="modified",
    further={"number": NUMBER, "reason": TEXT},
    sample={"number": 204, "reason": "ep1 does not answer."},
)
ENDPOINT_INSTALL_APPROVAL = EventType(
    id="vault:endpoint-install-approval",
    name="Endpoint install approval",
    description="Somebody asks to install S3 endpoints on machines, and waits for a decision.",
    subject="S3_VAULT",
    connector="endpoint",
    moment="created",
    kind="REQUEST_RESPONSE",
    further={"machines": {"type": "array", "items": NUMBER}, "reason": TEXT},
    sample={"machines": [12, 13], "reason": "New backup site"},
)

TYPES = (
    S3_VAULT_CREATED,
    ENDPOINT_INSTALL_FINISHED,
    S3_VAULT_DEGRADED,
    ENDPOINT_INSTALL_APPROVAL,
)


def subject(vault: Vault) -> dict[str, Any]:
    """The keys that every payload about ``vault`` has."""
    return {"id": str(vault.pk), "name": vault.name, "number": vault.number}
