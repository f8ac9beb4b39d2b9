"""What may happen to secrets, as types of the outbox. Payloads carry identifiers, never values."""

from __future__ import annotations

from typing import Any

from secrets_app.records import SecretInfo, Written
from vaultportal.events.catalog import CHANGES, CLIENT, NUMBER, TEXT, VAULT, EventType
from vaultportal.identity.actor import Actor

_PLACE = {"vault": VAULT, "version": NUMBER}
_SAMPLE: dict[str, Any] = {"vault": {"id": "shared", "name": "Shared secrets"}, "version": 3}
_CLIENT_SAMPLE = {"ip": "192.0.2.7", "userAgent": "curl/8.5.0"}

SECRET_CREATED = EventType(
    id="vault:secret-created",
    name="Secret created",
    description="A secret was stored for the first time.",
    subject="SECRET",
    connector="kv",
    moment="created",
    further=_PLACE,
    sample=_SAMPLE | {"version": 1},
)
SECRET_READ = EventType(
    id="vault:secret-read",
    name="Secret read",
    description="Somebody uncovered the data of a secret.",
    subject="SECRET",
    connector="kv",
    moment="created",
    further=_PLACE | {"client": CLIENT},
    sample=_SAMPLE | {"client": _CLIENT_SAMPLE},
)
SECRET_UPDATED = EventType(
    id="vault:secret-updated",
    name="Secret updated",
    description="The data of a secret, or who may open it, was replaced.",
    subject="SECRET",
    connector="kv",
    moment="modified",
    further=_PLACE | {"changes": CHANGES},
    sample=_SAMPLE | {"changes": [{"attribute": "data"}]},
)
SECRET_DELETED = EventType(
    id="vault:secret-deleted",
    name="Secret deleted",
    description="A secret was erased with all its versions.",
    subject="SECRET",
    connector="kv",
    moment="deleted",
    further=_PLACE,
    sample=_SAMPLE,
)
SECRET_READ_APPROVAL = EventType(
    id="vault:secret-read-approval",
    name="Secret read approval",
    description="Somebody asks to uncover the data of a secret, and waits for a decision.",
    subject="SECRET",
    connector="kv",
    moment="created",
    kind="REQUEST_RESPONSE",
    further=_PLACE | {"reason": TEXT},
    sample=_SAMPLE | {"reason": "Incident response"},
)

TYPES = (
    SECRET_CREATED,
    SECRET_READ,
    SECRET_UPDATED,
    SECRET_DELETED,
    SECRET_READ_APPROVAL,
)


def subject(secret: SecretInfo | Written) -> dict[str, Any]:
    """The keys that every payload about ``secret`` has."""
    if secret.owner_id is None:
        vault = {"id": "shared", "name": "Shared secrets"}
    else:
        vault = {"id": str(secret.owner_id), "name": "Personal secrets"}
    return {"id": str(secret.id), "name": secret.name, "vault": vault, "version": secret.version}


def client_of(actor: Actor) -> dict[str, str]:
    """Where a call came from."""
    return {"ip": actor.address, "userAgent": actor.user_agent}
