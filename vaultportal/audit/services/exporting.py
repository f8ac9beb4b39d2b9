"""Taking entries out of the portal as a file: written by a job, sealed, for one download."""

from __future__ import annotations

import csv
import io
import time
import zlib
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from vaultportal.audit.entry import COLUMNS
from vaultportal.audit.models import AuditEntry, Export, ExportPart
from vaultportal.crypto import blobs
from vaultportal.identity.ids import uuid7

State = Export.State
PURPOSE = "audit export"
PART = 1000
LOST_AFTER = timedelta(seconds=30)
LIFE = timedelta(hours=24)
# A download that began is over, however it ended.
TAKEN_LIFE = timedelta(hours=1)
CSV_COLUMNS = ("shard", "seq", *COLUMNS, "note", "detail")
# A spreadsheet would take a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def begin(asked_by: UUID, asked_name: str, wanted: dict[str, str], form: str) -> Export:
    """A new export; who calls it has checked the right and leaves the trace."""
    return Export.objects.create(
        asked_by=asked_by, asked_name=asked_name, wanted=wanted, format=form, upper=uuid7()
    )


def lost() -> list[UUID]:
    """Exports that nobody has moved for a while."""
    rows = Export.objects.filter(state=State.RUNNING, touched_at__lt=timezone.now() - LOST_AFTER)
    return list(rows.values_list("pk", flat=True))


def fail(export_id: UUID) -> None:
    """Nobody rings for it any more."""
    Export.objects.filter(pk=export_id, state=State.RUNNING).update(state=State.FAILED)


def write(row: Export, entries: QuerySet[AuditEntry], *, seconds: float) -> bool:
    """Write parts for ``seconds``, one at least; True when more is left.

    entries: what the person may see of what was wanted; the order is that of time.
    Safe to call beside itself: a part has one number, and the second writer stops.
    """
    until = time.monotonic() + seconds
    while True:
        rows = entries.order_by("id").filter(id__lte=row.upper)
        if row.last is not None:
            rows = rows.filter(id__gt=row.last)
        page = list(rows[:PART])
        if page and not _add(row, page):
            return False
        if len(page) < PART:
            Export.objects.filter(pk=row.pk, state=State.RUNNING).update(state=State.READY)
            return False
        if time.monotonic() >= until:
            return True


def _add(row: Export, page: list[AuditEntry]) -> bool:
    text = _csv(page, head=row.rows == 0) if row.format == Export.Format.CSV else _ndjson(page)
    data = blobs.seal_blob(PURPOSE, zlib.compress(text))
    number = row.rows // PART
    try:
        with transaction.atomic():
            ExportPart.objects.create(export=row, number=number, data=data)
            row.rows, row.last = row.rows + len(page), page[-1].pk
            row.touched_at = timezone.now()
            row.save(update_fields=["rows", "last", "touched_at"])
    except IntegrityError:
        return False
    return True


def take(export_id: UUID, asked_by: UUID) -> Export | None:
    """The export, if it waits for this person; from now on it is taken."""
    taken = Export.objects.filter(pk=export_id, asked_by=asked_by, state=State.READY).update(
        state=State.TAKEN, taken_at=timezone.now()
    )
    return Export.objects.get(pk=export_id) if taken else None


def content(row: Export) -> Iterator[bytes]:
    """The file, part by part; each part is gone once it was handed out."""
    numbers = list(row.parts.values_list("number", flat=True))
    if not numbers and row.format == Export.Format.CSV:
        yield _csv([], head=True)
    for number in numbers:
        part = row.parts.get(number=number)
        yield zlib.decompress(blobs.open_blob(PURPOSE, bytes(part.data), ttl=None))
        part.delete()


def sweep() -> None:
    """Forget what nobody fetched in a day, and what is left of downloads."""
    now = timezone.now()
    Export.objects.filter(created_at__lt=now - LIFE).delete()
    ExportPart.objects.filter(export__taken_at__lt=now - TAKEN_LIFE).delete()


def _ndjson(page: Iterable[AuditEntry]) -> bytes:
    lines = (
        b'{"shard":%d,"seq":%d,"epoch":%d,"mac":"%s","entry":%s}\n'
        % (row.shard, row.seq, row.epoch, bytes(row.mac).hex().encode(), bytes(row.body))
        for row in page
    )
    return b"".join(lines)


def _csv(page: Iterable[AuditEntry], *, head: bool) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    if head:
        writer.writerow(CSV_COLUMNS)
    for row in page:
        document = row.document
        cells = [row.shard, row.seq, *(getattr(row, name) for name in COLUMNS)]
        detail = orjson.dumps(document.get("detail") or {}).decode()
        writer.writerow(_cell(each) for each in [*cells, document.get("note", ""), detail])
    return out.getvalue().encode()


def _cell(value: Any) -> str:
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
