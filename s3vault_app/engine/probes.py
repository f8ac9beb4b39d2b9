"""How endpoints fare: a signed request to each from time to time, kept for a day.

A gateway whose store is down still calls itself healthy; a signed HeadBucket knows better.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db.models import Q
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
MOST_THREADS = 8
_PROBED = (Endpoint.State.ONLINE, Endpoint.State.OFFLINE)


def probe_all() -> int:
    """Ask every endpoint of every live vault; how many did not answer."""
    return sum(_probe_pool(pool) for pool in StoragePool.objects.live())


def ask_now(vault: Vault, rows: Sequence[Endpoint]) -> list[tuple[Door, Report]]:
    """A signed request for the vault at each of these doors of it; nothing is noted.

    Raises:
        EngineRefused: the store has no keys yet.
    """
    given = places.doors_of(vault.pool)
    doors = [_door(row, given) for row in rows]
    engine = places.engine_of(vault.pool, doors)
    reports = _asked(engine, [(door, vault.name) for door in doors]) if doors else []
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


def _probe_pool(pool: StoragePool) -> int:
    live = Q(vault__deleted_at=None, vault__bucket_made_at__isnull=False)
    rows = list(
        Endpoint.objects.filter(live, vault__pool=pool, state__in=_PROBED).select_related(
            "vault", "machine"
        )
    )
    if not rows:
        return 0
    doors = [_door(row, places.doors_of(pool)) for row in rows]
    try:
        engine = places.engine_of(pool, doors)
    except EngineError:
        return 0
    reports = _asked(engine, list(zip(doors, [row.vault.name for row in rows], strict=True)))
    failed = 0
    for row, report in zip(rows, reports, strict=True):
        failed += not report.ok
        _note(row, report)
    return failed


def _door(row: Endpoint, given: Sequence[Door]) -> Door:
    if row.machine is not None:
        return places.door_of(row.machine)
    return next((door for door in given if door.url == row.url), Door(row.url, row.url))


def _asked(engine: Engine, asks: Sequence[tuple[Door, str]]) -> list[Report]:
    with ThreadPoolExecutor(max_workers=min(len(asks), MOST_THREADS)) as threads:
        return list(threads.map(lambda ask: engine.probe(*ask), asks))


def _note(row: Endpoint, report: Report) -> None:
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


def note_health(vault: Vault) -> None:
    """A vault is degraded while an endpoint is away or the proof fails, and ready after that."""
    away = vault.endpoints.filter(state=Endpoint.State.OFFLINE).select_related("machine")
    names = [row.machine.name if row.machine else row.url for row in away]
    reason = f"{', '.join(sorted(names))} does not answer." if names else ""
    if not reason and vault.verify_ok is False:
        reason = vault.failure or "The proof failed."
    with trail.unit():
        held = Vault.objects.select_for_update().get(pk=vault.pk)
        if reason and held.state == Vault.State.ACTIVE:
            held.state, held.failure = Vault.State.DEGRADED, reason[:450]
            trail.emit(
                events.S3_VAULT_DEGRADED, actors.system(), **events.subject(held), reason=reason
            )
        elif not reason and held.state == Vault.State.DEGRADED:
            held.state, held.failure = Vault.State.ACTIVE, ""
        else:
            return
        held.save(update_fields=["state", "failure", "updated_at"])
