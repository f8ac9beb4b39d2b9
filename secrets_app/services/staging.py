"""An import that people look at first: read in, looked through, decided, then run.

What the file held waits sealed in the job's row, never in clear and not for longer than an hour.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from secrets_app import names, queries, refusals
from secrets_app.models import ImportJob
from secrets_app.payload import encode
from secrets_app.records import Ref
from secrets_app.services import imports, secrets
from secrets_app.services.imports import MAX_TOLD, Plan, State
from secrets_app.services.secrets import Draft, Prepared
from secrets_app.transfer import formats
from secrets_app.transfer.entries import Entry, name_of
from secrets_app.transfer.formats import Upload
from vaultportal import trail
from vaultportal.crypto import blobs
from vaultportal.errors import Conflict, Fault, NotFound, VaultError
from vaultportal.identity.actor import Actor

PURPOSE = "secrets.import"
SECONDS = 3600
TABLES = ("csv", "1password-csv", "bitwarden-csv")
CONFLICTS = ("skip", "rename", "version")
SECRET, VERSION, SKIPPED = "secret", "version", "skipped"


@dataclass(frozen=True, slots=True)
class Staged:
    """One entry as the preview shows it: names, never values.

    number: its place in the file, from 0. taken: another secret, or an entry before, has the name.
    """

    number: int
    name: str
    type: str
    fields: tuple[str, ...]
    lost: tuple[str, ...]
    is_left_out: bool = False
    taken: bool = False
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """What is to become of one entry."""

    entry: Entry
    name: str
    why: str = ""
    becomes: str = SECRET
    prepared: Prepared | None = field(default=None, repr=False)


def stage(actor: Actor, plan: Plan, upload: Upload) -> ImportJob:
    """Read the file in and seal what it holds; nothing is stored as a secret yet.

    Raises:
        Forbidden, Invalid: as for ``imports.plan_import``; Invalid: the file cannot be read.
    """
    job = imports.plan_import(actor, plan)
    try:
        entries = formats.read(plan.source, upload)
        job.total = len(entries)
        job.state = State.STAGED
        job.staged = blobs.seal_blob(_purpose(job), encode([_packed(entry) for entry in entries]))
        job.save(update_fields=["total", "state", "staged"])
    except BaseException:  # whatever it is, the job must not look as if it went on
        imports.finish(job, State.FAILED)
        raise
    return job


def preview(actor: Actor, job_id: UUID) -> tuple[ImportJob, list[Staged]]:
    """The staged entries as they would be stored now.

    Raises:
        NotFound: the actor has staged no such import.
    """
    job = _staged(actor, job_id)
    entries = _entries(job)
    left_out = set(job.options.get("left_out", []))
    named = [_name(job, number, entry) for number, entry in enumerate(entries)]
    seen = queries.taken_names(_owner(actor, job), named)
    rows = []
    for number, (entry, name) in enumerate(zip(entries, named, strict=True)):
        fault = names.fault_of(name)
        is_out = number in left_out
        rows.append(
            Staged(
                number,
                name,
                entry.type,
                tuple(entry.data),
                entry.lost,
                is_left_out=is_out,
                taken=name in seen and not is_out,
                fault=fault.message if fault else "",
            )
        )
        if not is_out:
            seen.add(name)
    return job, rows


def rename(
    actor: Actor, job_id: UUID, named: Mapping[int, str], left_out: Sequence[int]
) -> ImportJob:
    """Remember other names for entries, and which of them are not to be taken.

    Raises:
        NotFound: as for ``preview``; Invalid: a name that cannot even be remembered.
    """
    job = _staged(actor, job_id)
    if any("\0" in name for name in named.values()):
        raise refusals.invalid(Fault("name", "format", "must not hold control characters"))
    job.options["names"] = {str(number): name for number, name in named.items()}
    job.options["left_out"] = list(left_out)
    job.save(update_fields=["options"])
    return job


def columns(actor: Actor, job_id: UUID) -> list[tuple[str, str]]:
    """The columns of a table in their order, and the field that each becomes; "" for none.

    Nothing for files that are no table: their fields have names of their own.

    Raises:
        NotFound: as for ``preview``.
    """
    job = _staged(actor, job_id)
    if job.source not in TABLES:
        return []
    names_ = dict.fromkeys(name for entry in _read(job) for name in entry.data)
    chosen = job.options.get("columns", {})
    return [(name, chosen.get(name, name)) for name in names_]


def map_columns(actor: Actor, job_id: UUID, fields: Mapping[str, str]) -> None:
    """Remember which field each column becomes; "" leaves it out.

    Raises:
        NotFound: as for ``preview``; Invalid: a name that cannot even be remembered.
    """
    job = _staged(actor, job_id)
    if any("\0" in name for name in fields.values()):
        raise refusals.invalid(Fault("name", "format", "must not hold control characters"))
    job.options["columns"] = dict(fields)
    job.save(update_fields=["options"])


def run(
    actor: Actor, job_id: UUID, *, conflict: str, conflicts: Mapping[int, str] | None = None
) -> ImportJob:
    """Store what was staged; the report says of each entry what became of it, and why.

    conflict: of ``CONFLICTS``, what happens where the name is taken; conflicts: for single entries.

    Raises:
        NotFound: as for ``preview``; Conflict: it was run already.
        Forbidden: the actor may not create secrets there any more, or not share them.
    """
    job = _staged(actor, job_id)
    imports.unless_may_run(actor, job)
    claimed = ImportJob.objects.filter(pk=job.pk, state=State.STAGED).update(
        state=State.RUNNING, started_at=datetime.now(UTC)
    )
    if not claimed:
        raise Conflict("import", "This import was run already.")
    try:
        lines = _lines(actor, job, conflict, conflicts or {})
        with trail.unit():
            for line in lines:
                if line.prepared is not None and line.becomes == SECRET:
                    secrets.store(actor, line.prepared)
            trail.record(
                actor,
                "secret.import",
                imports.target_of(job),
                format=job.source,
                secrets=sum(line.becomes == SECRET for line in lines),
            )
        lines = [_replaced(actor, job, line) for line in lines]
    except BaseException:  # whatever it is, the job must not look as if it went on
        imports.finish(job, State.FAILED)
        raise
    job.report = _report(lines)
    job.done = sum(line.becomes != SKIPPED for line in lines)
    imports.finish(job, State.DONE)
    return job


def discard(actor: Actor, job_id: UUID) -> None:
    """Forget a staged import with all that it holds. Raises NotFound as ``preview``."""
    imports.finish(_staged(actor, job_id), State.FAILED)


def _lines(
    actor: Actor, job: ImportJob, conflict: str, conflicts: Mapping[int, str]
) -> list[_Line]:
    entries, owner_id = _entries(job), _owner(actor, job)
    named = [_name(job, number, entry) for number, entry in enumerate(entries)]
    left_out = set(job.options.get("left_out", []))
    stored = queries.taken_names(owner_id, named)
    used = set(stored)
    lines = []
    for number, (entry, name) in enumerate(zip(entries, named, strict=True)):
        line = _Line(entry, name)
        if number in left_out:
            line = replace(line, becomes=SKIPPED, why="left out")
        elif name in used:
            how = conflicts.get(number, conflict)
            line = _resolved(line, how, used, is_stored=name in stored)
        line = _prepared(job, owner_id, line)
        if line.becomes == SECRET:
            used.add(line.name)
        lines.append(line)
    return lines


def _resolved(line: _Line, how: str, used: set[str], *, is_stored: bool) -> _Line:
    if how == "rename":
        number = 2
        while (name := _with_number(line.name, number)) in used:
            number += 1
        return replace(line, name=name, why="renamed: the name is taken")
    if how == "version" and is_stored:
        return replace(line, becomes=VERSION, why="a new version of the secret of this name")
    return replace(line, becomes=SKIPPED, why="the name is taken")


def _with_number(name: str, number: int) -> str:
    suffix = f" ({number})"
    return name[: names.MAX_LENGTH - len(suffix)] + suffix


def _prepared(job: ImportJob, owner_id: UUID | None, line: _Line) -> _Line:
    if line.becomes == SKIPPED:
        return line
    draft = _draft(job, owner_id, line)
    try:
        return replace(line, prepared=secrets.prepare(draft))
    except VaultError as refusal:
        return replace(line, becomes=SKIPPED, why=refusal.message)


def _draft(job: ImportJob, owner_id: UUID | None, line: _Line) -> Draft:
    return replace(imports.draft_of(line.entry, owner_id, "", job), name=line.name)


def _replaced(actor: Actor, job: ImportJob, line: _Line) -> _Line:
    """A new version written where that was chosen; refused, the entry is left out."""
    if line.becomes != VERSION or line.prepared is None:
        return line
    draft = line.prepared.draft
    try:
        ref = Ref(owner_id=draft.owner_id, name=draft.name)
        secrets.replace_secret(actor, ref, payload=draft.payload)
    except VaultError as refusal:
        return replace(line, becomes=SKIPPED, why=refusal.message)
    return line


def _report(lines: Sequence[_Line]) -> dict[str, Any]:
    rows = [
        {
            "name": line.name,
            "type": line.entry.type or "json",
            "fields": len(line.entry.data),
            "lost": list(line.entry.lost),
            "becomes": line.becomes,
            "why": line.why,
        }
        for line in lines
    ]
    return {
        "secrets": sum(row["becomes"] == SECRET for row in rows),
        "versions": sum(row["becomes"] == VERSION for row in rows),
        "skipped": sum(row["becomes"] == SKIPPED for row in rows),
        "taken": [],
        "with_losses": sum(bool(row["lost"]) for row in rows),
        "entries": rows[:MAX_TOLD],
        "problems": [],
    }


def _staged(actor: Actor, job_id: UUID) -> ImportJob:
    job = imports.get_import(actor, job_id)
    if job.state != State.STAGED or job.staged is None:
        raise NotFound("import")
    return job


def _entries(job: ImportJob) -> list[Entry]:
    fields = job.options.get("columns", {})
    return [_mapped(entry, fields) for entry in _read(job)] if fields else _read(job)


def _mapped(entry: Entry, fields: Mapping[str, str]) -> Entry:
    """The entry with its columns renamed. Of two for one field the first stays."""
    data: dict[str, Any] = {}
    lost = list(entry.lost)
    for column, value in entry.data.items():
        name = fields.get(column, column)
        if name and name not in data:
            data[name] = value
        else:
            lost.append(f"the field {column}")
    return replace(entry, data=data, lost=tuple(lost))


def _read(job: ImportJob) -> list[Entry]:
    text = blobs.open_blob(_purpose(job), bytes(job.staged or b""), ttl=SECONDS)
    return [_unpacked(row) for row in json.loads(text)]


def _name(job: ImportJob, number: int, entry: Entry) -> str:
    chosen: str | None = job.options.get("names", {}).get(str(number))
    folder: str = job.options["folder"]
    return chosen or (name_of(folder, entry.name) if folder else entry.name)


def _owner(actor: Actor, job: ImportJob) -> UUID | None:
    return None if job.options["shared"] else actor.user_id


def _purpose(job: ImportJob) -> str:
    return f"{PURPOSE}:{job.pk}"


def _packed(entry: Entry) -> dict[str, Any]:
    ends = entry.expires_at.isoformat() if entry.expires_at else None
    return {
        "name": entry.name,
        "data": dict(entry.data),
        "type": entry.type,
        "lost": list(entry.lost),
        "ends": ends,
    }


def _unpacked(row: Mapping[str, Any]) -> Entry:
    ends = datetime.fromisoformat(row["ends"]) if row["ends"] else None
    return Entry(row["name"], row["data"], row["type"], tuple(row["lost"]), ends)
