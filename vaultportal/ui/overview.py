"""What the overview says of reads: two lanes over time, what stands out, and why data was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vaultportal.audit import reads
from vaultportal.audit.permissions import AuditPermission
from vaultportal.audit.reads import Reads, Span
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui import reasons
from vaultportal.ui.audit_links import audit_url
from vaultportal.ui.plots import Lane, LanePlot
from vaultportal.ui.tabs import Tab

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REASONS = 6
# A bar of less is chance; one of more than twice the usual is worth a look.
LEAST, FACTOR = 5, 2
_FIELD = "%Y-%m-%dT%H:%M:%S"  # as a browser fills a field of date and time, in the person's zone


@dataclass(frozen=True, slots=True)
class Range:
    """A choice of how far back. before: how many such ranges make what is usual."""

    name: str
    label: str | Promise
    step: timedelta
    slots: int
    before: int


RANGES = (
    Range("24h", gettext_lazy("24 hours"), HOUR, 24, 7),
    Range("7d", gettext_lazy("7 days"), 6 * HOUR, 28, 4),
    Range("30d", gettext_lazy("30 days"), DAY, 30, 1),
)


@dataclass(frozen=True, slots=True)
class Why:
    """How often a reason was given."""

    title: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Overview:
    """is_whole: of everybody; else of the one who looks."""

    plot: LanePlot
    why: list[Why]
    most: int
    is_whole: bool


def range_of(name: str) -> Range:
    """The range of that name, else the first."""
    return next((each for each in RANGES if each.name == name), RANGES[0])


def tabs(chosen: Range) -> list[Tab]:
    """The ranges to choose from."""
    return [Tab(each.label, f"?range={each.name}", each is chosen) for each in RANGES]


def of(actor: Actor, chosen: Range) -> Overview:
    """Reads of everybody for who may look into the audit, of oneself for all others."""
    is_whole = access.holds(actor, AuditPermission.VIEW)
    whose = None if is_whole else actor.user_id
    span = span_of(chosen, timezone.localtime())
    plain = reads.count_reads(span, plain=True, actor_id=whose)
    covered = reads.count_reads(span, plain=False, actor_id=whose)
    usual = _usual(chosen, span, whose)
    why = _why(actor, plain, covered)
    plot = _plot(actor, chosen, span, (plain, covered, usual))
    return Overview(plot, why, max((each.count for each in why), default=1), is_whole)


def span_of(chosen: Range, now: datetime) -> Span:
    """Slots that begin at full hours or days of the person's zone; the last one holds ``now``.

    Days follow the clock on the wall, one of which may have 23 or 25 hours. Hours follow each
    other in UTC, where none is missing and none is there twice.
    """
    if chosen.step <= HOUR:
        hour = now.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
        return Span(hour - chosen.step * (chosen.slots - 1), chosen.step, chosen.slots)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begun = day + chosen.step * ((now - day) // chosen.step)
    return Span(begun - chosen.step * (chosen.slots - 1), chosen.step, chosen.slots)


def _usual(chosen: Range, span: Span, whose: UUID | None) -> float | None:
    """Plaintext reads a slot in the time before; None when there were none."""
    length = chosen.step * chosen.slots * chosen.before
    before = reads.count_reads(Span(span.since - length, length, 1), plain=True, actor_id=whose)
    return before.slots[0] / (chosen.slots * chosen.before) or None


def _plot(
    actor: Actor, chosen: Range, span: Span, counted: tuple[Reads, Reads, float | None]
) -> LanePlot:
    plain, covered, usual = counted
    top = max(range(span.slots), key=lambda slot: plain.slots[slot])
    stands_out = usual is not None and plain.slots[top] >= max(LEAST, FACTOR * usual)
    since, until = (span.edges[top], span.edges[top + 1]) if stands_out else span.ends
    since, until = timezone.localtime(since), timezone.localtime(until)
    return LanePlot(
        times=span.times,
        lanes=(
            Lane(_("Masked or tokenized"), covered.slots),
            Lane(_("Plaintext"), plain.slots, "plain", usual),
        ),
        sentence=_sentence(chosen, plain, usual, since if stands_out else None),
        url=audit_url(actor, since=since.strftime(_FIELD), until=until.strftime(_FIELD)),
        action=_("Show who, and why"),
        by_day=chosen.step >= DAY,
        caption=_("Reads of sensitive data"),
    )


def _sentence(chosen: Range, plain: Reads, usual: float | None, at: datetime | None) -> str:
    if not any(plain.slots):
        return _("No plaintext was read in this time.")
    if usual is None:
        return _("There is nothing earlier to compare with.")
    if at is None:
        return _("Nothing stands out: plaintext was read about as often as usual.")
    when = date_format(at, "SHORT_DATE_FORMAT" if chosen.step >= DAY else "SHORT_DATETIME_FORMAT")
    times = round(max(plain.slots) / usual)
    words = _("Plaintext was read %(times)d times as often as usual from %(when)s on.")
    return words % {"times": times, "when": when}


def _why(actor: Actor, plain: Reads, covered: Reads) -> list[Why]:
    counts = {
        code: plain.reasons.get(code, 0) + covered.reasons.get(code, 0)
        for code in {*plain.reasons, *covered.reasons}
    }
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:REASONS]
    return [
        Why(
            reasons.title(code) if code else _("No reason given"),
            count,
            audit_url(actor, reason=code) if code else "",
        )
        for code, count in ordered
    ]
