"""Changes of schemas, jobs and policies as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from collections_app.models import BulkJob, ObjectExport
from collections_app.models.job import SchemaJob
from collections_app.schema.changes import JOB, REFUSED, Change
from collections_app.selectors.policies import Said
from collections_app.ui.words import OPERATIONS
from vaultportal.ui import reasons


def change(each: Change) -> str:
    """One change of a schema: what, and where it helps, why it is sorted as it is."""
    names = {"name": each.property}
    if each.what == "add" and each.verdict == REFUSED:
        return _("%(name)s is added: it must be nullable while there are objects.") % names
    if each.what == "remove" and each.verdict == JOB:
        return (
            _("%(name)s is removed: a job erases its values from every object, for good.") % names
        )
    return str(_sentence(each.what, is_refused=each.verdict == REFUSED)) % names


def _sentence(what: str, *, is_refused: bool) -> str:
    refused = {
        "+nullable": "",
        "-nullable": _("%(name)s cannot become required: there may be objects without it."),
        "+substring_index": _("%(name)s cannot get a substring index afterwards: add a property."),
        "+encrypted": _("%(name)s is unique: lift that first, then encrypt it."),
        "-encrypted": _("%(name)s is encrypted and stays so."),
        "+unique": _("%(name)s has a type that cannot be unique."),
        "+index": _("%(name)s has a type that cannot be indexed."),
    }
    plain = {
        "add": _("%(name)s is added."),
        "remove": _("%(name)s is removed."),
        "description": _("%(name)s is described anew."),
        "type": _("%(name)s cannot change its type: add a property, and move the values."),
        "+unique": _("%(name)s becomes unique: every value is compared first."),
        "-unique": _("%(name)s need not be unique any more."),
        "+index": _("%(name)s gets an index: every object is gone through."),
        "-index": _("%(name)s loses its index."),
        "-substring_index": _("%(name)s loses its substring index."),
        "+encrypted": _("%(name)s is encrypted: every object is sealed anew."),
        "+nullable": _("%(name)s may be left out."),
        "one_at_a_time": _("%(name)s: only one of these at a time. Save one, then the other."),
        "unsettled": _("%(name)s: an earlier change is still under way."),
    }
    return (refused.get(what) if is_refused else "") or plain[what]


@dataclass(frozen=True, slots=True)
class Job:
    """A job as a page shows it. state: of a progress bar."""

    label: str
    state: str
    word: str
    done: int
    total: int
    text: str = field(repr=False)
    failure: str


def job(row: SchemaJob) -> Job:
    """What a job does, and how far it is."""
    name = {"name": row.property_name}
    labels = {
        SchemaJob.Kind.INDEX: _("Index %(name)s") % name,
        SchemaJob.Kind.DROP_INDEX: _("Drop the index of %(name)s") % name,
        SchemaJob.Kind.UNIQUE: _("Make %(name)s unique") % name,
        SchemaJob.Kind.ENCRYPT: _("Encrypt %(name)s") % name,
        SchemaJob.Kind.ERASE_PROPERTY: _("Erase %(name)s") % name,
        SchemaJob.Kind.PURGE_COLLECTION: _("Erase the collection"),
    }
    words = {
        SchemaJob.State.QUEUED: ("idle", _("Waiting")),
        SchemaJob.State.RUNNING: ("run", _("Running")),
        SchemaJob.State.DONE: ("ok", _("Done")),
        SchemaJob.State.FAILED: ("bad", _("Failed")),
    }
    state, word = words[SchemaJob.State(row.state)]
    text = _("%(done)d of %(total)d objects") % {"done": row.done, "total": row.total}
    kind = SchemaJob.Kind(row.kind)
    return Job(labels[kind], state, word, row.done, row.total, text, row.failure)


def export(row: ObjectExport) -> Job:
    """How far an export is."""
    states = ObjectExport.State
    words = {
        states.QUEUED: ("idle", _("Waiting")),
        states.RUNNING: ("run", _("Running")),
        states.READY: ("ok", _("Ready")),
        states.TAKEN: ("idle", _("Fetched")),
        states.FAILED: ("bad", _("Failed")),
    }
    state, word = words[states(row.state)]
    number = row.total or row.done
    label = ngettext("%(n)d object", "%(n)d objects", number) % {"n": number}
    text = _("%(done)d of %(total)d objects") % {"done": row.done, "total": row.total}
    failures = {
        ObjectExport.TOO_MANY: _("There are more objects than one file holds. Narrow the list."),
        ObjectExport.GAVE_UP: _("It was begun three times, and never came to its end."),
    }
    failure = failures.get(row.failure, row.failure)
    return Job(label, state, word, row.done, row.total, text, failure)


def bulk(row: BulkJob) -> Job:
    """What is done to many objects, and how far that is."""
    kinds, states = BulkJob.Kind, BulkJob.State
    n = row.total
    labels = {
        kinds.TOKENIZE: ngettext("Tokenize %(n)d object", "Tokenize %(n)d objects", n),
        kinds.EXPIRE: ngettext(
            "Change the end of %(n)d object", "Change the end of %(n)d objects", n
        ),
        kinds.DELETE: ngettext("Erase %(n)d object", "Erase %(n)d objects", n),
    }
    words = {
        states.QUEUED: ("idle", _("Waiting")),
        states.RUNNING: ("run", _("Running")),
        states.DONE: ("warn" if row.gone or row.refused else "ok", _("Done")),
        states.CANCELLED: ("idle", _("Stopped")),
        states.FAILED: ("bad", _("Failed")),
    }
    failures = {
        BulkJob.NOT_ALLOWED: _("Whoever began it may not do this any more."),
        BulkJob.GATED: _("By now somebody has to be asked first, which a job cannot do."),
        BulkJob.GAVE_UP: _("It was begun three times in a row, and came no further."),
    }
    state, word = words[states(row.state)]
    text = _("%(done)d of %(total)d objects") % {"done": row.place, "total": n}
    failure = failures.get(row.failure, row.failure)
    return Job(labels[kinds(row.kind)] % {"n": n}, state, word, row.place, n, text, failure)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A policy in words: its verb, and the lists that follow it."""

    name: str
    verb: str
    denies: bool
    operations: str
    resources: Sequence[str]
    reasons: str
    roles: str


def policy(said: Said) -> Sentence:
    """A policy as a sentence of parts."""
    titles = dict(OPERATIONS)
    return Sentence(
        name=said.name,
        verb=_("denies") if said.denies else _("allows"),
        denies=said.denies,
        operations=_("everything")
        if "*" in said.operations
        else ", ".join(str(titles.get(each, each)) for each in said.operations),
        resources=said.resources,
        reasons=_("any reason")
        if "*" in said.reasons
        else ", ".join(reasons.title(each) for each in said.reasons),
        roles=", ".join(said.roles),
    )
