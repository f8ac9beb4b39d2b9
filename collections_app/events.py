"""What may happen to objects of a collection and to actions. No payload holds a value."""

from __future__ import annotations

from vaultportal.events.catalog import CHANGES, NUMBER, TARGETS, TEXT, TIME, VAULT, EventType

_VAULT = {"id": "01948f2a-0000-7000-8000-0000000000c1", "name": "patients"}
_PATH = "patients/3f0c2a51-8a0b-4a63-9f43-0d6f4d0f2b11"

OBJECT_ADDED = EventType(
    id="vault:object-added",
    name="Object added",
    description="An object was added to a collection.",
    subject="OBJECT",
    connector="kv",
    moment="created",
    further={"vault": VAULT, "path": TEXT, "size": NUMBER},
    sample={"vault": _VAULT, "path": _PATH, "size": 412},
)
OBJECT_UPDATED = EventType(
    id="vault:object-updated",
    name="Object updated",
    description="Properties of an object, or its expiration, were changed.",
    subject="OBJECT",
    connector="kv",
    moment="modified",
    further={"vault": VAULT, "path": TEXT, "changes": CHANGES},
    sample={"vault": _VAULT, "path": _PATH, "changes": [{"attribute": "mail"}]},
)
OBJECT_DELETED = EventType(
    id="vault:object-deleted",
    name="Object deleted",
    description="An object was erased with its key.",
    subject="OBJECT",
    connector="kv",
    moment="deleted",
    further={"vault": VAULT, "path": TEXT},
    sample={"vault": _VAULT, "path": _PATH},
)
OBJECT_EXPIRED = EventType(
    id="vault:object-expired",
    name="Object expired",
    description="The time of an object has come: it is archived and no longer found.",
    subject="OBJECT",
    connector="kv",
    moment="modified",
    further={"vault": VAULT, "path": TEXT, "expiredAt": TIME},
    sample={"vault": _VAULT, "path": _PATH, "expiredAt": "2026-03-09T07:00:00Z"},
)

ACTION_INVOKED = EventType(
    id="vault:action-invoked",
    name="Action invoked",
    description="Somebody has run an action; what went in and came out is not told.",
    subject="ACTION",
    connector="action",
    moment="created",
    # targets: the hosts that the action spoke to.
    further={
        "action": TEXT,
        "targets": TARGETS,
        "function": TEXT,
        "role": TEXT,
        "outcome": TEXT,
        "reason": TEXT,
    },
    sample={
        "action": "notify",
        "targets": ["mail.example.org"],
        "function": "mailing.notify",
        "role": "MailerRole",
        "outcome": "success",
        "reason": "Notifications",
    },
)

OBJECT_DELETE_APPROVAL = EventType(
    id="vault:object-delete-approval",
    name="Object delete approval",
    description="Somebody asks to erase objects of a collection, and waits for a decision.",
    subject="OBJECT",
    connector="kv",
    moment="created",
    kind="REQUEST_RESPONSE",
    further={"vault": VAULT, "path": TEXT, "reason": TEXT},
    sample={"vault": _VAULT, "path": _PATH, "reason": "The person asked to be forgotten"},
)
DETOKENIZE_APPROVAL = EventType(
    id="vault:object-read-approval",
    name="Detokenize approval",
    description="Somebody asks for the values behind tokens, and waits for a decision.",
    subject="OBJECT",
    connector="kv",
    moment="created",
    kind="REQUEST_RESPONSE",
    further={"vault": VAULT, "reason": TEXT},
    sample={"vault": _VAULT, "reason": "Customer support"},
)
ACTION_APPROVAL = EventType(
    id="vault:action-approval",
    name="Action approval",
    description="Somebody asks to run an action, and waits for a decision.",
    subject="ACTION",
    connector="action",
    moment="created",
    kind="REQUEST_RESPONSE",
    further={"action": TEXT, "targets": TARGETS, "reason": TEXT},
    sample={"action": "mailing.notify", "targets": [], "reason": "Notifications"},
)

TYPES = (
    OBJECT_ADDED,
    OBJECT_UPDATED,
    OBJECT_DELETED,
    OBJECT_EXPIRED,
    ACTION_INVOKED,
    OBJECT_DELETE_APPROVAL,
    DETOKENIZE_APPROVAL,
    ACTION_APPROVAL,
)
