"""How endpoints fare: a signed request to each from time to time, kept for a day.

A gateway whose store is down still calls itself healthy; a signed HeadBucket knows better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from s3vault_app import events
from s3vault_app.drivers.base import Door, Engine, EngineError, Report
from s3vault_app.engine import places
from s3vault_app.models import Endpoint, Job, Machine, Probe, StoragePool, UsageSample, Vault
from vaultportal import trail
from vaultportal.identity import actor as actors

HISTORY = timedelta(hours=24)
USAGE_HISTORY = timedelta(days=400)
RESTART_PAUSE = timedelta(minutes=5)
# One that is away costs its thread some seconds, and the worker is not to be held for the sum.
MOST_THREADS = 32
_PROBED = (Endpoint.State.ONLINE, Endpoint.State.OFFLINE)


class _Ask(NamedTuple):
    engine: Engine
    door: Door
    bucket: str


def probe_all() -> int:
    """Ask every endpoint of every live vault, beside each other; how many did not answer."""
    asks = [found for pool in StoragePool.objects.live() for found in _asks(pool)]
    reports = _asked([ask for _, ask in asks])
    for (row, _), report in zip(asks, reports, strict=True):
        _note(row, report)
    return sum(not report.ok for report in reports)


def is_away(pool: StoragePool) -> bool:
    """Whether the last probes found none of its endpoints: the next ones tell when one is back."""
    states = set(_rows(pool).values_list("state", flat=True))
    return states == {Endpoint.State.OFFLINE}


def ask_now(vault: Vault, rows: Sequence[Endpoint]) -> list[tuple[Door, Report]]:
    """A signed request for the vault at each of these doors of it; nothing is noted.

    Raises:
        EngineRefused: the store has no keys yet.
    """
    given = places.doors_of(vault.pool)
    doors = [_door(row, given) for row in rows]
    engine = places.engine_of(vault.pool, doors)
    reports = _asked([_Ask(engine, door, vault.name) for door in doors])
    return list(zip(doors, reports, strict=True))


def stopped_here() -> list[Machine]:
    """The portal's own machine, when its engine is away: stopping a portal's unit stops it too.

    Not more often than every few minutes; other machines look after theirs by themselves.
    """
    lately = timezone.now() - RESTART_PAUSE
    machines = Machine.objects.live().filter(
        kind=Machine.Kind.LOCAL,
        enabled=True,
        engine_state=Machine.EngineState.OFFLINE,
        pool__isnull=False,
    )
    tried = Job.objects.filter(type=Job.Type.ENABLE, created_at__gt=lately)
    return list(machines.exclude(jobs__in=tried).select_related("pool"))


def forget_old() -> None:
    """Samples are for looking back a day, and a year for usage."""
    Probe.objects.filter(at__lt=timezone.now() - HISTORY).delete()
    UsageSample.objects.filter(at__lt=timezone.now() - USAGE_HISTORY).delete()


def _rows(pool: StoragePool) -> QuerySet[Endpoint]:
    """The doors of a pool that are probed."""
    return Endpoint.objects.filter(
        vault__pool=pool,
        vault__deleted_at=None,
        vault__bucket_made_at__isnull=False,
        state__in=_PROBED,
    )


def _asks(pool: StoragePool) -> Iterator[tuple[Endpoint, _Ask]]:
    rows = list(_rows(pool).select_related("vault__pool", "machine"))
    if not rows:
        return
    given = places.doors_of(pool)
    doors = [_door(row, given) for row in rows]
    try:
        engine = places.engine_of(pool, doors)
    except EngineError:
        return
    for row, door in zip(rows, doors, strict=True):
        yield row, _Ask(engine, door, row.vault.name)


def _door(row: Endpoint, given: Sequence[Door]) -> Door:
    if row.machine is not None:
        return places.door_of(row.machine)
    return next((door for door in given if door.url == row.url), Door(row.url, row.url))


def _asked(asks: Sequence[_Ask]) -> list[Report]:
    if not asks:
        return []
    with ThreadPoolExecutor(max_workers=min(len(asks), MOST_THREADS)) as threads:
        return list(threads.map(lambda ask: ask.engine.probe(ask.door, ask.bucket), asks))


@trail.unit()
def _note(asked: Endpoint, report: Report) -> None:
    """The round may be older than what a person or a job did meanwhile: theirs counts."""
    Vault.objects.select_for_update().filter(pk=asked.vault_id).first()  # as services: it is first
    rows = _rows(asked.vault.pool).select_for_update(of=("self",)).select_related("machine")
    row = rows.filter(pk=asked.pk).first()
    if row is None:
        return
    Probe.objects.create(
        endpoint=row, ok=report.ok, milliseconds=report.milliseconds, failure=report.failure
    )
    state = Endpoint.State.ONLINE if report.ok else Endpoint.State.OFFLINE
    if row.machine is not None:
        _note_machine(row.machine, report)
    if state == row.state:
        return
    row.state, row.failure = state, report.failure
    row.save(update_fields=["state", "failure", "updated_at"])
    note_health(row.vault)


def _note_machine(machine: Machine, report: Report) -> None:
    state = Machine.EngineState.ONLINE if report.ok else Machine.EngineState.OFFLINE
    told = (Machine.EngineState.ONLINE, Machine.EngineState.OFFLINE)
    seen = {"last_seen_at": timezone.now()} if report.ok else {}
    Machine.objects.filter(pk=machine.pk, engine_state__in=told).update(engine_state=state, **seen)


@trail.unit()
def note_health(vault: Vault) -> None:
    """A vault is degraded while an endpoint is away or the proof fails, and ready after that."""
    held = Vault.objects.select_for_update().get(pk=vault.pk)
    away = held.endpoints.filter(state=Endpoint.State.OFFLINE).select_related("machine")
    names = [row.machine.name if row.machine else row.url for row in away]
    reason = f"{', '.join(sorted(names))} does not answer." if names else ""
    if not reason and held.verify_ok is False:
        reason = held.failure or "The proof failed."
    if reason and held.state == Vault.State.ACTIVE:
        held.state, held.failure = Vault.State.DEGRADED, reason[:450]
        trail.emit(events.S3_VAULT_DEGRADED, actors.system(), **events.subject(held), reason=reason)
    elif not reason and held.state == Vault.State.DEGRADED:
        held.state, held.failure = Vault.State.ACTIVE, ""
    else:
        return
    held.save(update_fields=["state", "failure", "updated_at"])
