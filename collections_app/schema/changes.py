"""From the schema that is to the one that is wanted: each change, and what it takes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.schema.datatypes import DataType
from collections_app.schema.drafts import FLAG_DEFAULTS, PropertyDraft

SAFE = "safe"
JOB = "job"
REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one property.

    what: ``add``, ``remove``, ``type``, ``description``, or a flag of ``FLAG_DEFAULTS`` with a
        ``+`` or ``-`` before it; ``one_at_a_time`` and ``unsettled`` for changes that cannot go
        together, or not now.
    verdict: ``safe``, ``job`` (every object must follow) or ``refused``.
    """

    property: str
    what: str
    verdict: str


def plan(
    schema: CollectionSchema,
    wanted: dict[str, PropertyDraft],
    types: dict[str, DataType],
    *,
    has_objects: bool,
) -> list[Change]:
    """Every change from ``schema`` to ``wanted``, by property.

    wanted: checked drafts by name. types: the data type of each of them.
    """
    found: list[Change] = []
    for name in sorted({*schema.properties, *wanted}):
        before, after = schema.properties.get(name), wanted.get(name)
        if before is None and after is not None:
            fits = after.is_nullable or not has_objects
            found.append(Change(name, "add", SAFE if fits else REFUSED))
        elif before is not None and after is None:
            found.append(Change(name, "remove", JOB if has_objects else SAFE))
        elif before is not None and after is not None:
            found += _changes(before, after, types[name], has_objects=has_objects)
    return found


def _changes(
    before: PropertySchema, after: PropertyDraft, kind: DataType, *, has_objects: bool
) -> Iterator[Change]:
    name = before.name
    if kind.name != before.data_type.name:
        yield Change(name, "type", REFUSED)
    if after.description != before.description:
        yield Change(name, "description", SAFE)
    flags = [
        Change(name, f"{'+' if getattr(after, flag) else '-'}{flag.removeprefix('is_')}", verdict)
        for flag in FLAG_DEFAULTS
        if (
            verdict := _verdict(
                flag, before, is_set=getattr(after, flag), kind=kind, has_objects=has_objects
            )
        )
    ]
    yield from flags
    jobs = [each for each in flags if each.verdict == JOB]
    if len(jobs) > 1:
        yield Change(name, "one_at_a_time", REFUSED)
    if jobs and (before.is_guarding or before.is_sealing or not before.is_index_ready):
        yield Change(name, "unsettled", REFUSED)


def _verdict(
    flag: str, before: PropertySchema, *, is_set: bool, kind: DataType, has_objects: bool
) -> str:
    """What it takes to set or lift one flag; "" when it stays as it is."""
    if getattr(before, flag) == is_set:
        return ""
    work = JOB if has_objects else SAFE
    if flag == "is_nullable":
        return SAFE if is_set else REFUSED
    if flag == "is_substring_index":
        return REFUSED if is_set else SAFE
    if flag == "is_encrypted":
        return work if is_set and not before.is_unique else REFUSED
    if is_set and not kind.is_indexable:
        return REFUSED
    return work
