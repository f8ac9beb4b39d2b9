"""From probes, samples and proofs to what the kit draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from s3vault_app.models import Endpoint, Machine, Vault
from s3vault_app.selectors import strips
from s3vault_app.selectors.strips import Day, Strip
from s3vault_app.ui import words
from vaultportal.ui.plots import Lane, LanePlot

Bar = tuple[str, str, str]
STATES = {"ok": "ok", "slow": "warn", "down": "bad", "none": "none"}
_TOPS = {"ok": 2, "slow": 8, "down": 13, "none": 17}  # of 20; a bar stands on the ground
_BARS = {
    state: [f"M{number} 20V{top}h.8V20z" for number in range(strips.CELLS)]
    for state, top in _TOPS.items()
}


@dataclass(frozen=True, slots=True)
class Band:
    """Arguments of components/strip.html: one path for all cells of a state.

    A page has fifty strips of 96 cells: an element for each took most of its time.
    """

    bars: list[Bar] = field(repr=False)
    text: str
    width: int = strips.CELLS

    @classmethod
    def of(cls, strip: Strip) -> Band:
        drawn: dict[str, list[str]] = {}
        for number, cell in enumerate(strip.cells):
            drawn.setdefault(cell.state, []).append(_BARS[cell.state][number])
        bars = [
            (STATES[state], "".join(paths), _told(strip, state)) for state, paths in drawn.items()
        ]
        return cls(bars, _sentence(strip))


@dataclass(frozen=True, slots=True)
class Doorway:
    """One endpoint of a vault with its last 24 hours."""

    row: Endpoint
    machine: Machine | None
    name: str
    url: str
    band: Band
    milliseconds: int | None


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a vault holds. full: when its quota will be used up, None when nobody can tell."""

    used: int
    total: int
    text: str
    full: date | None
    days: list[int]


def doors(rows: Sequence[Endpoint]) -> list[Doorway]:
    """The endpoints of a vault, with their strips."""
    known = strips.of_endpoints([row.pk for row in rows])
    return [
        Doorway(
            row,
            row.machine,
            row.machine.name if row.machine else row.url,
            row.machine.url if row.machine else row.url,
            Band.of(known[row.pk]),
            known[row.pk].milliseconds,
        )
        for row in rows
    ]


def fill_of(vault: Vault) -> str:
    """How full a vault is, in words."""
    held = words.size(vault.size_bytes)
    if not vault.quota_bytes:
        return held
    return _("%(used)s of %(total)s") % {"used": held, "total": words.size(vault.quota_bytes)}


def capacity(vault: Vault, days: list[Day]) -> Capacity:
    """The meter of a vault and where it is heading."""
    full = strips.full_on(vault, days)
    return Capacity(
        used=vault.size_bytes,
        total=vault.quota_bytes,
        text=fill_of(vault),
        full=full,
        days=[day.bytes for day in days],
    )


def checks(vault: Vault) -> dict[str, Any]:
    """The last proof: how many checks held, and those that did not first."""
    found = list(vault.verify_report.get("checks", ()))
    wrong = [each for each in found if not each.get("ok")]
    return {
        "all": sorted(found, key=lambda each: bool(each.get("ok"))),
        "count": len(found),
        "wrong": wrong,
    }


@dataclass(frozen=True, slots=True)
class Latency(Lane):
    """Milliseconds by cell; what counts of them is the latest, and not their sum."""

    @property
    def total(self) -> int:
        return next((value for value in reversed(self.values) if value), 0)


def latency(strip: Strip) -> LanePlot | None:
    """How long the endpoint took to answer over the last day; None when it never did."""
    known = [cell.milliseconds for cell in strip.cells if cell.milliseconds is not None]
    if not known:
        return None
    told = _("Answers took %(least)d to %(most)d ms in the last 24 hours, %(now)d ms of late.")
    values = tuple(cell.milliseconds or 0 for cell in strip.cells)
    return LanePlot(
        times=tuple(timezone.localtime(cell.at) for cell in strip.cells),
        lanes=(Latency(_("Milliseconds until it answered"), values),),
        sentence=told % {"least": min(known), "most": max(known), "now": known[-1]},
        caption=_("Milliseconds by quarter of an hour; 0 where no answer was measured"),
    )


def full_sentence(capacity: Capacity) -> str:
    """When it will be full, or ""."""
    if capacity.full is None:
        return ""
    return _("full about %(date)s") % {"date": date_format(capacity.full, "DATE_FORMAT")}


def _told(strip: Strip, state: str) -> str:
    """When it was slow or away; nothing of the quarters that were as they should be."""
    if state not in ("slow", "down"):
        return ""
    told = _("%(at)s: slow, %(ms)s ms") if state == "slow" else _("%(at)s: did not answer")
    lines = (
        told % {"at": time_format(timezone.localtime(cell.at), "TIME_FORMAT"), "ms": ms}
        for cell in strip.cells
        if cell.state == state
        for ms in (cell.milliseconds,)
    )
    return "\n".join(lines)


def _sentence(strip: Strip) -> str:
    if not strip.is_known:
        return _("Not measured in the last 24 hours")
    if not strip.gaps:
        return _("No gaps in the last 24 hours")
    gaps = ngettext("%(n)d gap", "%(n)d gaps", strip.gaps) % {"n": strip.gaps}
    return _("%(gaps)s, %(minutes)d min") % {"gaps": gaps, "minutes": strip.minutes_down}


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk of a machine at its last check, in KiB, which a meter can show."""

    used: int
    total: int
    text: str


def disk(machine: Machine) -> Disk | None:
    """None when nobody has looked yet."""
    total, free = machine.facts.get("total_kb"), machine.facts.get("free_kb")
    if not total or free is None:
        return None
    told = _("%(free)s free of %(total)s")
    text = told % {"free": words.size(free * 1024), "total": words.size(total * 1024)}
    return Disk(int(total) - int(free), int(total), text)
