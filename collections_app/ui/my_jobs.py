"""One's own jobs of collections in a list: exports, and what is done to many objects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from collections_app.models import BulkJob, ObjectExport
from collections_app.schema.compiled import CollectionSchema
from collections_app.selectors import jobs
from collections_app.services import object_exports, object_jobs
from collections_app.ui import wording
from collections_app.ui.wording import Job
from vaultportal.identity.actor import Actor
from vaultportal.ui import running

ICONS = {"tokenize": "id", "expire": "calendar", "delete": "trash"}


@dataclass(frozen=True, slots=True)
class Line:
    """One job. collection: its name."""

    icon: str
    url: str
    label: str
    collection: str
    words: Job
    at: datetime


def lines(actor: Actor, schema: CollectionSchema | None = None) -> list[Line]:
    """The newest first; of one collection or of all. Two statements."""
    found = [*_exports(object_exports.of_person(actor, schema))]
    found += _bulk(object_jobs.of_person(actor, schema))
    return sorted(found, key=lambda line: line.at, reverse=True)


def running_lines(actor: Actor) -> list[running.Line]:
    """Those under way, for the overview."""
    open_exports, open_bulk = jobs.under_way(actor, running.FEW)
    found = [*_exports(open_exports), *_bulk(open_bulk)]
    return [
        running.Line(
            line.label, line.url, line.collection, running.share(line.words.done, line.words.total)
        )
        for line in found[: running.FEW]
    ]


def _exports(rows: Iterable[ObjectExport]) -> Iterable[Line]:
    for row in rows:
        name, words = row.collection.name, wording.export(row)
        label = _("Export: %(what)s") % {"what": words.label}
        url = reverse("collections:export_job", args=[name, row.pk])
        yield Line("download", url, label, name, words, row.created_at)


def _bulk(rows: Iterable[BulkJob]) -> Iterable[Line]:
    for row in rows:
        name, words = row.collection.name, wording.bulk(row)
        url = reverse("collections:bulk_job", args=[name, row.pk])
        yield Line(ICONS[row.kind], url, words.label, name, words, row.created_at)
