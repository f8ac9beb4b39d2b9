"""The last 24 hours of endpoints in cells of a quarter of an hour, and what vaults held by day."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db.models import Avg, Count, DateTimeField, F, Func, Max, Q, QuerySet, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from s3vault_app.models import Machine, Probe, Vault

CELLS = 96
CELL = timedelta(minutes=15)
SLOW_MS = 1000
USAGE_DAYS = 30

State = Literal["ok", "slow", "down", "none"]


@dataclass(frozen=True, slots=True)
class Cell:
    """A quarter of an hour. milliseconds: on average, None when nobody answered or asked."""

    at: datetime
    state: State
    milliseconds: int | None = None


@dataclass(frozen=True, slots=True)
class Strip:
    """One endpoint, the oldest cell first."""

    cells: list[Cell] = field(default_factory=list)

    @property
    def gaps(self) -> int:
        """How often it stopped answering."""
        down = [cell.state == "down" for cell in self.cells]
        return sum(now and not before for before, now in zip([False, *down], down, strict=False))

    @property
    def minutes_down(self) -> int:
        return sum(cell.state == "down" for cell in self.cells) * int(CELL.total_seconds() // 60)

    @property
    def milliseconds(self) -> int | None:
        """Of the latest cell with an answer."""
        known = [cell.milliseconds for cell in self.cells if cell.milliseconds is not None]
        return known[-1] if known else None

    @property
    def is_known(self) -> bool:
        return any(cell.state != "none" for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Day:
    """The most that a vault held on a day."""

    on: date
    bytes: int


def of_endpoints(endpoint_ids: Collection[UUID]) -> dict[UUID, Strip]:
    """A strip for each endpoint, for endpoints that the caller may see. One statement."""
    probes = Probe.objects.filter(endpoint__in=list(endpoint_ids))
    found: dict[UUID, dict[datetime, Cell]] = {each: {} for each in endpoint_ids}
    for owner, cell in _in_cells(probes, "endpoint_id"):
        found[owner][cell.at] = cell
    return _whole(found)


def of_machines(machine_ids: Collection[UUID]) -> dict[UUID, Strip]:
    """The same over all doors of each machine."""
    probes = Probe.objects.filter(endpoint__machine__in=list(machine_ids))
    found: dict[UUID, dict[datetime, Cell]] = {each: {} for each in machine_ids}
    for owner, cell in _in_cells(probes, "endpoint__machine_id"):
        found[owner][cell.at] = cell
    return _whole(found)


def usage_by_day(vault: Vault) -> list[Day]:
    """The last days of a vault, the oldest first; days without a sample are left out."""
    since = timezone.now() - timedelta(days=USAGE_DAYS)
    rows = (
        vault.usage.filter(at__gte=since)
        .annotate(on=TruncDate("at"))
        .values("on")
        .annotate(most=Max("bytes"))
        .order_by("on")
    )
    return [Day(row["on"], row["most"]) for row in rows]


def full_on(vault: Vault, days: list[Day]) -> date | None:
    """When the quota is used up if it goes on as of late; None when nobody can tell."""
    if not vault.quota_bytes or len(days) < 2:
        return None
    first, last = days[0], days[-1]
    span = (last.on - first.on).days
    grown = last.bytes - first.bytes
    if span < 1 or grown <= 0 or last.bytes >= vault.quota_bytes:
        return None
    left = (vault.quota_bytes - last.bytes) * span / grown
    return last.on + timedelta(days=round(left)) if left < 3650 else None


def store_of(machine: Machine) -> Machine | None:
    """The machine that keeps what this one gives; None when that is itself, or there is none."""
    if machine.pool_id is None or machine.role == Machine.Role.STORE:
        return None
    return Machine.objects.live().filter(pool=machine.pool, role=Machine.Role.STORE).first()


def _start() -> datetime:
    """Of the oldest cell: they lie on quarters of an hour."""
    now = timezone.now()
    quarter = now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0)
    return quarter - CELL * (CELLS - 1)


def _in_cells(probes: QuerySet[Probe], by: str) -> Iterator[tuple[UUID, Cell]]:
    start = _start()
    bin_of = Func(
        Value(CELL), F("at"), Value(start), function="date_bin", output_field=DateTimeField()
    )
    rows = (
        probes.filter(at__gte=start)
        .annotate(cell=bin_of)
        .values_list(by, "cell")
        .annotate(lost=Count("pk", filter=Q(ok=False)), mean=Avg("milliseconds"))
        .order_by("cell")
    )
    for owner, at, lost, mean in rows:
        milliseconds = None if mean is None else round(mean)
        slow = milliseconds is not None and milliseconds > SLOW_MS
        yield owner, Cell(at, "down" if lost else "slow" if slow else "ok", milliseconds)


def _whole(found: dict[UUID, dict[datetime, Cell]]) -> dict[UUID, Strip]:
    start = _start()
    empty = [Cell(start + CELL * number, "none") for number in range(CELLS)]
    return {
        each: Strip([known.get(cell.at, cell) for cell in empty]) for each, known in found.items()
    }
