"""What engines know of people is made what it should be: pairs and rights, by comparison.

``sync`` may be called at any time, by anybody, twice: it talks to an engine only where what was
applied differs from what is wanted. Its calls take milliseconds and reach every endpoint, since all
of a pool share one store of identities. It needs no login to a machine, so that the process that
answers a rotation may call it before it answers.

No transaction spans a call to an engine: a row says that the engine is being told, and is committed
before; what a death leaves is a pending row, and the next comparison tells it all again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from s3vault_app import identities
from s3vault_app.drivers.base import Engine, EngineError, EngineUnreachable, Pair, Right
from s3vault_app.engine import places
from s3vault_app.identities import PROOF_USER
from s3vault_app.models import EngineIdentity, Job, StoragePool, Vault

logger = logging.getLogger(__name__)
# So many names are told of before somebody else who waits, a person at a rotation say, has a turn.
TURN = 10
_LOCK = "SELECT pg_advisory_lock(hashtext(%s), hashtext(%s))"
_TRY = "SELECT pg_try_advisory_lock(hashtext(%s), hashtext(%s))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext(%s), hashtext(%s))"


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

    patient: wait for others who tell the same engine. Who is not lets the next comparison do it:
    else an engine that does not answer would hold up every worker, one after another.
    """
    pools = StoragePool.objects.live().only("pk")
    return sum(sync_pool(pool.pk, user_ids, patient=patient) for pool in pools)


def sync_pool(
    pool_id: UUID, user_ids: Collection[UUID] | None = None, *, patient: bool = True
) -> int:
    """The same for one pool. An engine that is away is asked again by the beat.

    Not within a transaction: what is noted of the engine has to be committed as it happens.
    """
    pool = StoragePool.objects.get(pk=pool_id)
    late = _compare(pool, user_ids)
    if not late or not _has_doors(pool):
        return 0
    engine = places.engine_of(pool)
    if "iam_users" not in engine.capabilities:
        return 0
    names, failed = sorted(late), 0
    for start in range(0, len(names), TURN):
        turn = {name: late[name].user_id for name in names[start : start + TURN]}
        try:
            with alone(pool, patient=patient) as is_mine:
                if not is_mine:
                    return failed + len(names) - start
                failed += _tell(engine, pool, turn)
        except EngineUnreachable:
            return failed + len(names) - start  # asking for each would take a minute each
    return failed


def forget_pool(pool: StoragePool) -> None:
    """The engine is gone, and with it all that it knew."""
    EngineIdentity.objects.filter(pool=pool).delete()


def _has_doors(pool: StoragePool) -> bool:
    return bool((pool.secrets or not pool.installs) and places.doors_of(pool))


def _compare(
    pool: StoragePool, user_ids: Collection[UUID] | None, names: Collection[str] = ()
) -> dict[str, _Late]:
    """Those of these users who are not as they should be, by name; names: of users who are gone."""
    full = set(
        Vault.objects.live().filter(pool=pool, read_only=True).values_list("name", flat=True)
    )
    wanted = {
        name: replace(wish, vaults=_narrowed(wish.vaults, full))
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


@contextmanager
def alone(pool: StoragePool, *, patient: bool = True) -> Iterator[bool]:
    """One process at a time tells an engine; the lock goes with the session of who dies.

    Of two changes at once the engine would lose one (``IamEngine``). False for who is not patient,
    while it is another's turn.
    """
    key = ["s3vault.identities", str(pool.pk)]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK if patient else _TRY, key)
        [is_mine] = cursor.fetchone()
    if patient:
        is_mine = True  # the answer of the call that waits is empty
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute(_UNLOCK, key)


def _tell(engine: Engine, pool: StoragePool, turn: Mapping[str, UUID | None]) -> int:
    """Compare these names once more, as whoever had the lock before may have done it, and tell.

    Raises:
        EngineUnreachable: the engine is away, so that the others need not be tried.
    """
    users = [user_id for user_id in turn.values() if user_id is not None]
    late = _compare(pool, users, list(turn))
    failed = 0
    for name in sorted(set(turn) & set(late)):
        wish = late[name].wish
        row = note(pool, name, late[name].user_id)
        try:
            _apply(engine, row, wish)
        except EngineError as fault:
            row.failure = str(fault)[:450]
            row.save(update_fields=["failure"])
            logger.warning("The engine of pool %s was not told of %s: %s", pool.number, name, fault)
            failed += 1
            if isinstance(fault, EngineUnreachable):
                raise
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


def _apply(engine: Engine, row: EngineIdentity, wish: identities.Wanted | None) -> None:
    if wish is None:
        engine.forget_identity(row.name)
        row.delete()
        return
    pairs = [Pair(pair.access_key_id, str(pair.secret)) for pair in wish.pairs]
    engine.ensure_identity(row.name, pairs, {each: _right(wish, each) for each in wish.vaults})
    row.state, row.applied = EngineIdentity.State.APPLIED, wish.as_applied()
    row.applied_at, row.failure = timezone.now(), ""
    row.save(update_fields=["state", "applied", "applied_at", "failure"])


def _narrowed(vaults: Mapping[str, str], full: Collection[str]) -> dict[str, str]:
    """A full vault gives and takes back, and takes nothing new."""
    return {bucket: "read" if bucket in full else right for bucket, right in vaults.items()}


def _right(wish: identities.Wanted, bucket: str) -> Right:
    right = wish.vaults[bucket]
    return "backup" if right == "backup" else "read" if right == "read" else "use"
