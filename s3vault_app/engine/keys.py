"""What engines know of people is made what it should be: pairs and rights, by comparison.

``sync`` may be called at any time, by anybody, twice: it talks to an engine only where what was
applied differs from what is wanted. Its calls take milliseconds and reach every endpoint, since all
of a pool share one store of identities. It needs no login to a machine, so that the process that
answers a rotation may call it before it answers.

No transaction spans a call to an engine: a row says that the engine is being told, and is committed
before; what a death leaves is a pending row, and the next comparison tells it all again. Rows are
read and written at a desk (``turns``), so that a job may tell an engine from a thread.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import get_args
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from s3vault_app import identities
from s3vault_app.drivers.base import Engine, EngineError, EngineUnreachable, Pair, Right
from s3vault_app.engine import places, probes
from s3vault_app.engine.turns import HERE, Desk, alone
from s3vault_app.identities import PROOF_USER
from s3vault_app.models import EngineIdentity, Job, StoragePool, Vault

logger = logging.getLogger(__name__)
# So many names are told of before somebody else who waits, a person at a rotation say, has a turn.
TURN = 10
UNREACHED = "No endpoint of the store answers."
_RIGHTS: dict[str, Right] = {right: right for right in get_args(Right)}


@dataclass(frozen=True, slots=True)
class _Late:
    """A name of which the engine does not know what it should; wish: None when it has to go."""

    wish: identities.Wanted | None
    row: EngineIdentity | None

    @property
    def user_id(self) -> UUID | None:
        if self.wish is not None:
            return self.wish.user_id
        return self.row.user_id if self.row else None


def sync(user_ids: Collection[UUID] | None = None, *, patient: bool = True) -> int:
    """Bring every engine to what is wanted, for these users or for all; how many it could not.

    patient: wait for others who tell the same engine, and try one that probes found away. Who is
    not lets the next comparison do it: else engines that do not answer would hold up every worker,
    one after another.
    """
    pools = StoragePool.objects.live().only("pk")
    return sum(sync_pool(pool.pk, user_ids, patient=patient) for pool in pools)


def sync_pool(
    pool_id: UUID,
    user_ids: Collection[UUID] | None = None,
    *,
    patient: bool = True,
    desk: Desk = HERE,
) -> int:
    """The same for one pool. An engine that is away is asked again by the beat.

    One without endpoints fails nobody's job: it is noted of those whom it knows, for people to see.

    Not within a transaction: what is noted of the engine has to be committed as it happens.

    Raises:
        Stopped: by the desk of a job that has to end.
    """
    pool = desk.ask(lambda: StoragePool.objects.get(pk=pool_id))
    late = desk.ask(lambda: _compare(pool, user_ids))
    engine = desk.ask(lambda: _engine(pool)) if late else None
    if engine is None or (not patient and desk.ask(lambda: probes.is_away(pool))):
        desk.ask(lambda: _note_unreached(pool, late))
        return 0
    names, failed = sorted(late), 0
    for start in range(0, len(names), TURN):
        turn = {name: late[name].user_id for name in names[start : start + TURN]}
        try:
            with alone(pool, patient=patient, desk=desk) as is_mine:
                if not is_mine:
                    return failed + len(names) - start
                failed += _tell(engine, pool, turn, desk)
        except EngineUnreachable:
            return failed + len(names) - start  # asking for each would take a minute each
    return failed


def _note_unreached(pool: StoragePool, late: Mapping[str, _Late]) -> None:
    """Whom an engine knows that no endpoint leads to now: who lost a right may still have it."""
    known = [each.row.pk for each in late.values() if each.row is not None]
    rows = EngineIdentity.objects.filter(pk__in=known)
    # Noted once, so that the beat does not say it every few seconds.
    if fresh := rows.filter(failure="").update(
        state=EngineIdentity.State.PENDING, failure=UNREACHED
    ):
        logger.warning("The engine of pool %s was not told of %s users.", pool.number, fresh)


def forget_pool(pool: StoragePool) -> None:
    """The engine is gone, and with it all that it knew."""
    EngineIdentity.objects.filter(pool=pool).delete()


def _engine(pool: StoragePool) -> Engine | None:
    """None for one that is not there, or that keeps no users."""
    if not ((pool.secrets or not pool.installs) and places.doors_of(pool)):
        return None
    engine = places.engine_of(pool)
    return engine if "iam_users" in engine.capabilities else None


def _compare(
    pool: StoragePool, user_ids: Collection[UUID] | None, names: Collection[str] = ()
) -> dict[str, _Late]:
    """Those of these users who are not as they should be, by name; names: of users who are gone."""
    full = set(
        Vault.objects.live().filter(pool=pool, read_only=True).values_list("name", flat=True)
    )
    # Asked anew: the turn may have come long after the pool was read.
    drains = StoragePool.objects.filter(pk=pool.pk, drain_asked_at__isnull=False).exists()
    wanted = {
        name: replace(wish, vaults=_narrowed(wish.vaults, full, drains=drains))
        for name, wish in identities.wanted(pool, user_ids).items()
    }
    known = EngineIdentity.objects.filter(pool=pool)
    if user_ids is not None:
        known = known.filter(Q(user_id__in=user_ids) | Q(name__in=names))
    rows = {row.name: row for row in known if row.name != PROOF_USER or not _is_worked_on(pool)}
    return {
        name: _Late(wanted.get(name), rows.get(name))
        for name in {*wanted, *rows}
        if not _is_told(wanted.get(name), rows.get(name))
    }


def _is_told(wish: identities.Wanted | None, row: EngineIdentity | None) -> bool:
    return (
        wish is not None
        and row is not None
        and row.state == EngineIdentity.State.APPLIED
        and row.applied == wish.as_applied()
    )


def _is_worked_on(pool: StoragePool) -> bool:
    """A job that lives may be at its proof."""
    running = Job.objects.filter(pool=pool, state=Job.State.RUNNING)
    return running.filter(lease_until__gt=timezone.now()).exists()


def _tell(engine: Engine, pool: StoragePool, turn: Mapping[str, UUID | None], desk: Desk) -> int:
    """Compare these names once more, as whoever had the turn before may have done it, and tell.

    Raises:
        EngineUnreachable: the engine is away, so that the others need not be tried. Stopped.
    """
    users = [user_id for user_id in turn.values() if user_id is not None]
    late = desk.ask(lambda: _compare(pool, users, list(turn)))
    failed = 0
    for name in sorted(set(turn) & set(late)):
        desk.hold()
        desk.check()
        wish = late[name].wish
        row, pairs = desk.ask(partial(_begin, pool, name, late[name]))
        try:
            _apply(engine, name, wish, pairs)
        except EngineError as fault:
            desk.ask(partial(_note_failure, row, str(fault)))
            logger.warning("The engine of pool %s was not told of %s: %s", pool.number, name, fault)
            failed += 1
            if isinstance(fault, EngineUnreachable):
                raise
        else:
            desk.ask(partial(_note_applied, row, wish))
    return failed


def note(pool: StoragePool, name: str, user_id: UUID | None) -> EngineIdentity:
    """Committed before the engine hears of the name."""
    with transaction.atomic(durable=True):
        row, _ = EngineIdentity.objects.update_or_create(
            pool=pool,
            name=name,
            defaults={"state": EngineIdentity.State.PENDING, "user_id": user_id},
        )
    return row


def _begin(pool: StoragePool, name: str, late: _Late) -> tuple[EngineIdentity, list[Pair]]:
    """The row that says so, and the pairs with their secrets open."""
    row = note(pool, name, late.user_id)
    pairs = late.wish.pairs if late.wish else []
    return row, [Pair(pair.access_key_id, str(pair.secret)) for pair in pairs]


def _apply(
    engine: Engine, name: str, wish: identities.Wanted | None, pairs: Sequence[Pair]
) -> None:
    if wish is None:
        engine.forget_identity(name)
        return
    engine.ensure_identity(name, pairs, {each: _right(wish, each) for each in wish.vaults})


def _note_applied(row: EngineIdentity, wish: identities.Wanted | None) -> None:
    if wish is None:
        row.delete()
        return
    row.state, row.applied = EngineIdentity.State.APPLIED, wish.as_applied()
    row.applied_at, row.failure = timezone.now(), ""
    row.save(update_fields=["state", "applied", "applied_at", "failure"])


def _note_failure(row: EngineIdentity, message: str) -> None:
    row.failure = message[:450]
    row.save(update_fields=["failure"])


def _narrowed(vaults: Mapping[str, str], full: Collection[str], *, drains: bool) -> dict[str, str]:
    """A full vault gives and takes back, and takes nothing new; a store that drains only gives."""
    if drains:
        return {
            bucket: "drained_backup" if right == "backup" else "drained"
            for bucket, right in vaults.items()
        }
    return {bucket: "read" if bucket in full else right for bucket, right in vaults.items()}


def _right(wish: identities.Wanted, bucket: str) -> Right:
    return _RIGHTS[wish.vaults[bucket]]
