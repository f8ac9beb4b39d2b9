"""What every door says of itself to the trail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from collections_app.schema.compiled import CollectionSchema
from vaultportal import trail
from vaultportal.audit.entry import MAX_ITEMS
from vaultportal.events.catalog import EventType
from vaultportal.identity.actor import Actor


def target_of(schema: CollectionSchema) -> trail.Target:
    """The collection as what was acted upon."""
    return trail.Target("collection", str(schema.id), schema.name)


def object_target(schema: CollectionSchema, object_id: object, version: int | None) -> trail.Target:
    """One object as what was acted upon; it goes by its collection's name."""
    return trail.Target("object", str(object_id), schema.name, version)


def listed(name: str, items: Iterable[object]) -> dict[str, Any]:
    """Identifiers as audit details of at most MAX_ITEMS each: ``ids``, ``ids_2``, …"""
    texts = [str(item) for item in items]
    chunks = [texts[start : start + MAX_ITEMS] for start in range(0, len(texts), MAX_ITEMS)]
    return {
        name if place == 0 else f"{name}_{place + 1}": list(chunk)
        for place, chunk in enumerate(chunks[:20])
    }


def emit_each(
    event: EventType,
    actor: Actor,
    schema: CollectionSchema,
    objects: Sequence[tuple[object, dict[str, Any]]],
) -> None:
    """One event for each object: its id, and the further keys of the event."""
    vault = {"id": str(schema.id), "name": schema.name}
    for object_id, further in objects:
        trail.emit(
            event,
            actor,
            id=str(object_id),
            name=schema.name,
            vault=vault,
            path=f"{schema.name}/{object_id}",
            **further,
        )
