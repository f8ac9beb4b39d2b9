"""The catalogue of events: each is declared in its app's ``events.py`` and registered at start.

::

    SECRET_READ = EventType(
        id="vault:secret-read",
        name="Secret read",
        description="Somebody uncovered the data of a secret.",
        subject="SECRET",
        connector="kv",
        moment="created",
        further={"vault": VAULT, "version": {"type": "integer"}, "client": CLIENT},
        sample={"vault": {"id": "12", "name": "finance"}, "version": 3, "client": {...}},
    )

The envelope is the same for all: ``id``, ``name``, ``type``, ``connector``, ``actor`` and exactly
one of ``created``, ``modified``, ``deleted``. A payload without it, with a null in it or with two
of the times makes the published Python client fail as a whole when it lists triggers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final, Literal

import orjson
from django.core.exceptions import ImproperlyConfigured

from vaultportal.identity.actor import Actor

Schema = Mapping[str, Any]
Kind = Literal["FIRE_AND_FORGET", "REQUEST_RESPONSE"]
Moment = Literal["created", "modified", "deleted"]

TEXT: Final[Schema] = {"type": "string"}
NUMBER: Final[Schema] = {"type": "integer"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
VAULT: Final[Schema] = {"type": "object", "properties": {"id": TEXT, "name": TEXT}}
CLIENT: Final[Schema] = {"type": "object", "properties": {"ip": TEXT, "userAgent": TEXT}}
TARGETS: Final[Schema] = {"type": "array", "items": TEXT}
# Attributes and, where they are no vault values, what they were and are.
CHANGES: Final[Schema] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["attribute"],
        "properties": {"attribute": TEXT, "oldValue": {}, "newValue": {}},
    },
}
_ACTOR: Final[Schema] = {
    "type": "object",
    "required": ["type", "id", "name"],
    "properties": {"type": {"const": "IDENTITY"}, "id": TEXT, "name": TEXT},
}
_ANSWER: Final[Schema] = {
    "type": "object",
    "required": ["approved"],
    "properties": {"approved": {"type": "boolean"}, "comment": TEXT, "approver": TEXT},
}
# All three keys: with fewer, clients cannot tell which model of theirs it is.
_SAMPLE_ANSWER: Final = {
    "approved": True,
    "comment": "Approved for the night shift.",
    "approver": "mara.voss",
}


@dataclass(frozen=True)
class EventType:
    """What may have happened, or what others may be asked before it happens.

    id: "vault:secret-read"; subject: the payload's ``type``, upper-case.
    moment: which of the three time words holds the time of the event.
    kind: FIRE_AND_FORGET tells; REQUEST_RESPONSE asks, and is answered with ``approved``.
    further: JSON Schema of each key beside the envelope; sample: a value for each in examples.
    """

    id: str
    name: str
    description: str
    subject: str
    connector: str
    moment: Moment
    kind: Kind = "FIRE_AND_FORGET"
    further: Mapping[str, Schema] = field(default_factory=dict)
    sample: Mapping[str, Any] = field(default_factory=dict)

    def payload(self, actor: Actor, *, id: str, name: str, **further: Any) -> dict[str, Any]:
        """The payload of one event of now: the envelope, and the further keys that are given.

        id, name: of the subject, never empty of meaning and never a vault value.

        Raises:
            ValueError: a key that the type does not declare.
        """
        if unknown := further.keys() - self.further.keys():
            raise ValueError(f"{self.id} has no {', '.join(sorted(unknown))} in its payload.")
        return self._enveloped(_identity(actor), id, name, datetime.now(UTC)) | further

    @cached_property
    def input_schema(self) -> str:
        """JSON Schema of the payload, as text. Further keys stay open."""
        required = ["id", "name", "type", "connector", "actor", self.moment]
        properties = {
            "id": TEXT,
            "name": TEXT,
            "type": {"const": self.subject},
            "connector": TEXT,
            "actor": _ACTOR,
            self.moment: TIME,
            **self.further,
        }
        return _text({"type": "object", "required": required, "properties": properties})

    @property
    def example(self) -> dict[str, Any]:
        """A payload as it may look."""
        somebody = {
            "type": "IDENTITY",
            "id": "01948f2a-0000-7000-8000-000000000001",
            "name": "mara.voss",
        }
        at = datetime(2026, 3, 9, 7, 41, 5, 218_000, UTC)
        envelope = self._enveloped(
            somebody, "01948f2a-0000-7000-8000-00000000000c", "payroll-db", at
        )
        return envelope | dict(self.sample)

    @property
    def output_schema(self) -> str | None:
        """JSON Schema of the answer, as text; None where no answer is asked for."""
        return _text(_ANSWER) if self.kind == "REQUEST_RESPONSE" else None

    @property
    def output_example(self) -> dict[str, Any] | None:
        """An answer as it may look; None where none is asked for."""
        return dict(_SAMPLE_ANSWER) if self.kind == "REQUEST_RESPONSE" else None

    def _enveloped(
        self, actor: Mapping[str, str], subject_id: str, name: str, at: datetime
    ) -> dict[str, Any]:
        return {
            "id": subject_id,
            "name": name,
            "type": self.subject,
            "connector": self.connector,
            "actor": dict(actor),
            self.moment: at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }


_types: dict[str, EventType] = {}


def register(event_type: EventType) -> None:
    """Add a type to the catalogue; called from ``AppConfig.ready``."""
    known = _types.setdefault(event_type.id, event_type)
    if known is not event_type:
        raise ImproperlyConfigured(f"The event {event_type.id} is declared twice.")


def get(type_id: str) -> EventType | None:
    """The type with this id, if there is one."""
    return _types.get(type_id)


def every() -> list[EventType]:
    """The whole catalogue, by id."""
    return [_types[type_id] for type_id in sorted(_types)]


def _identity(actor: Actor) -> dict[str, str]:
    if actor.kind == "system":
        return {"type": "IDENTITY", "id": "system", "name": "system"}
    return {"type": "IDENTITY", "id": str(actor.user_id), "name": actor.name}


def _text(schema: Schema) -> str:
    return orjson.dumps(schema).decode()
