"""What one entry of the audit trail says: fixed fields of an allow-list, as canonical bytes.

The bytes are what the chain covers and what is kept; the columns beside them are copies to search
by, and ``columns`` is the one place that says how they follow from the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from vaultportal.identity.actor import Actor

Plain = str | int | bool | None
Detail = Plain | list[Plain]
Document = dict[str, Any]

MAX_NAME = 255
MAX_TEXT = 1000
MAX_ITEMS = 100
MAX_DETAILS = 32
_DETAIL_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
OUTCOMES = frozenset({"success", "failure", "refused", "pending"})


@dataclass(frozen=True, slots=True)
class Target:
    """What was acted upon: ``kind`` as in "secret", id, and name and version at that time."""

    kind: str
    id: str
    name: str = ""
    version: int | None = None


NO_TARGET = Target("", "")


@dataclass(frozen=True, slots=True)
class Note:
    """An entry before it has its id, time and place in a chain."""

    actor: Actor
    action: str
    target: Target = NO_TARGET
    outcome: str = "success"
    detail: Mapping[str, Detail] = field(default_factory=dict)

    def document(self, entry_id: UUID, at: datetime, *, spooled: bool = False) -> Document:
        """The entry as it is kept. ``spooled``: it reaches its chain later than it happened."""
        actor, target = self.actor, self.target
        credential = actor.credential
        return {
            "v": 1,
            "id": str(entry_id),
            "at": timestamp(at),
            "spooled": spooled,
            "action": self.action,
            "outcome": self.outcome,
            "actor": {
                "id": str(actor.user_id),
                "kind": actor.kind,
                "name": clip(actor.name, MAX_NAME),
            },
            "credential": {
                "kind": credential.kind,
                "id": clip(credential.id, MAX_NAME),
                "client": clip(credential.client_id, MAX_NAME),
            },
            "target": {
                "kind": target.kind,
                "id": clip(target.id, MAX_NAME),
                "name": clip(target.name, MAX_NAME),
                "version": target.version,
            },
            "request": clip(actor.request_id, MAX_NAME),
            "address": clip(actor.address, MAX_NAME),
            "reason": clip(actor.reason, MAX_NAME),
            "note": clip(actor.note, MAX_TEXT),
            "custom": clip(actor.custom_audit, MAX_TEXT),
            "detail": self.detail,
        }


def encode(document: Document) -> bytes:
    """The canonical bytes that the chain covers: JSON in UTF-8, keys sorted, no blanks."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def note(
    actor: Actor, action: str, target: Target | None, outcome: str, detail: Mapping[str, Detail]
) -> Note:
    """A note whose parts are checked, so that what breaks the allow-list fails where it is written.

    Raises:
        ValueError: an outcome, a name or a number of details that the list does not have.
        TypeError: a detail of another type than text, whole number, truth, None or a list of them.
    """
    if outcome not in OUTCOMES:
        raise ValueError("An audit outcome is one of success, failure, refused, pending.")
    if not action or len(action) > MAX_NAME:
        raise ValueError("An audit action has 1 to 255 characters.")
    if len(detail) > MAX_DETAILS:
        raise ValueError(f"An audit entry has at most {MAX_DETAILS} details.")
    return Note(
        actor,
        action,
        target or NO_TARGET,
        outcome,
        {_detail_name(name): _detail(name, value) for name, value in detail.items()},
    )


def columns(document: Document) -> tuple[Any, ...]:
    """The searchable copies, in the order of ``COLUMNS``.

    Raises:
        KeyError, TypeError, ValueError: what was read is not an entry.
    """
    actor, target = document["actor"], document["target"]
    return (
        UUID(document["id"]),
        datetime.fromisoformat(document["at"]),
        UUID(actor["id"]),
        actor["name"],
        document["action"],
        target["kind"],
        target["id"],
        target["name"],
        document["outcome"],
        document["reason"],
        document["request"],
        document["address"],
    )


# With their SQL types, in the order of ``columns``.
COLUMNS = {
    "id": "uuid",
    "at": "timestamptz",
    "actor_id": "uuid",
    "actor_name": "text",
    "action": "text",
    "target_kind": "text",
    "target_id": "text",
    "target_name": "text",
    "outcome": "text",
    "reason": "text",
    "request_id": "text",
    "address": "text",
}


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds, always of one length."""
    return at.isoformat(timespec="microseconds")


def clip(text: str, limit: int) -> str:
    """``text`` cut to ``limit``, without what PostgreSQL or UTF-8 cannot hold."""
    if len(text) <= limit and text.isprintable():
        return text
    cut = text[:limit].encode("utf-8", "replace").decode()
    return cut.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _detail_name(name: str) -> str:
    if not _DETAIL_NAME.fullmatch(name):
        raise ValueError("The name of an audit detail is a short lower-case word.")
    return name


def _detail(name: str, value: object) -> Detail:
    if isinstance(value, list):
        if len(value) > MAX_ITEMS:
            raise ValueError(f"The audit detail {name} has more than {MAX_ITEMS} items.")
        return [_plain(name, item) for item in value]
    return _plain(name, value)


def _plain(name: str, value: object) -> Plain:
    if isinstance(value, str):
        return clip(value, MAX_TEXT)
    if value is None or isinstance(value, bool | int):
        return value
    raise TypeError(f"The audit detail {name} is neither text, whole number, truth nor None.")
