"""A store that drains: everything can be read, and nothing is written, at any of its endpoints.

All endpoints of a pool share one store of identities and one store of objects, and the engine knows
no endpoint that only reads. So what is withdrawn is people's right to write, for the whole pool;
``keys`` does it by comparison, for pairs made meanwhile too. A refused write is a plain 403.
"""

from __future__ import annotations

import secrets as random
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # see drivers/s3.py
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import (
    BucketRules,
    Door,
    EngineError,
    EngineRefused,
    EngineUnreachable,
    Pair,
    Right,
)
from s3vault_app.drivers.s3_iam import PROOF_PREFIX, IamEngine
from s3vault_app.engine import keys, places
from s3vault_app.engine.proof_user import ProofUser
from s3vault_app.engine.running import Outcome, Run
from s3vault_app.engine.turns import alone
from s3vault_app.engine.vaults import guard_of
from s3vault_app.engine.verify import REFUSED
from s3vault_app.models import Job, Machine, StoragePool

STEPS = ["identities", "writes"]


class DrainWork:
    """Made by the owner of the database; ``act`` and ``undo`` run in a thread."""

    def __init__(self, run: Run, pool: StoragePool, store: Machine) -> None:
        self.run = run
        self._pool = pool
        self._store_id = store.pk
        self._takes = run.job.type == Job.Type.UNDRAIN

    def act(self) -> None:
        """People have the rights that are asked for now, and each endpoint acts by them."""
        self.run.step(self._store_id, "identities", self._tell)
        self.run.step(self._store_id, "writes", self._try)

    def undo(self) -> None:
        """Writes are taken again, as is tried, unless somebody has asked anew since.

        Raises:
            EngineError: it could not be told, or refuses them still; it can be taken back later.
        """
        if not self.run.board.ask(self._take_back):
            return
        self._takes = True
        self._tell()
        self._try()
        self.run.undone(self._store_id, "identities", "taken back")

    # -- in the thread ----------------------------------------------------------------------------

    def _tell(self) -> Outcome:
        board = self.run.board
        board.ask(self._require_wanted)
        # Whoever compared rights before this was asked for has told the engine after this turn.
        with alone(self._pool, desk=board):
            pass
        if failed := keys.sync_pool(self._pool.pk, desk=board):
            raise EngineRefused(f"The engine could not be told of {failed} users.")
        return Outcome("people have their pairs and rights", changed=True)

    def _try(self) -> Outcome:
        """With a user of its own, in a bucket that belongs to no vault."""
        engine = self._engine()
        doors = self._answering(engine)
        guard, key = guard_of(self._pool), f"{PROOF_PREFIX}{random.token_hex(8)}"
        pair = Pair("VPP" + random.token_hex(8).upper(), random.token_urlsafe(30))
        right: Right = "use" if self._takes else "drained"
        user = ProofUser(engine, self._pool, self.run.board)
        engine.ensure_bucket(BucketRules(guard, versioning=False))
        with s3.talking(doors[0], "Writing"):
            s3.s3(doors[0], engine.admin).put_object(Bucket=guard, Key=key, Body=b"x")
        try:
            user.give(pair, {guard: right})
            for door in doors:
                self.run.board.check()
                self._try_at(door, pair, guard, key)
        finally:
            self._clear(engine, user, guard)
        self.run.board.ask(self._note)
        return Outcome("takes writes" if self._takes else "takes no writes")

    def _try_at(self, door: Door, pair: Pair, guard: str, key: str) -> None:
        """Reading first: it tells a right that is missing from a pair that is not known yet."""
        client = s3.s3(door, pair, attempts=1)
        with s3.talking(door, "Reading"):
            client.get_object(Bucket=guard, Key=key)["Body"].read()
            client.list_objects_v2(Bucket=guard, Prefix=key)
        with s3.talking(door, "Writing"):
            taken = _is_taken(client, guard, f"{key}-{random.token_hex(4)}")
        if taken and not self._takes:
            raise EngineRefused(f"{door.name} still takes writes.")
        if self._takes and not taken:
            raise EngineRefused(f"{door.name} takes no writes yet.")

    def _clear(self, engine: IamEngine, user: ProofUser, guard: str) -> None:
        try:
            user.forget()
            engine.sweep_proofs(guard)
        except EngineError:
            return  # the next comparison and the next proof clear up after this one

    def _engine(self) -> IamEngine:
        engine = self.run.board.ask(lambda: places.engine_of(self._pool))
        if not isinstance(engine, IamEngine):
            raise EngineRefused("The engine of the pool cannot be proved over S3.")
        return engine

    def _answering(self, engine: IamEngine) -> list[Door]:
        """An endpoint that is away takes nothing, and will know people's rights when it is back."""
        found = [door for door in engine.doors if engine.probe(door).ok]
        if not found:
            raise EngineUnreachable("No endpoint of the store answers.")
        if away := sorted(door.name for door in engine.doors if door not in found):
            told = f"{', '.join(away)} does not answer."
            self.run.board.ask(lambda: self.run.log.say(told))
        return found

    # -- rows -------------------------------------------------------------------------------------

    def _require_wanted(self) -> None:
        if self._asked().exists() == self._takes:
            raise EngineRefused("Meanwhile the opposite was asked for.")

    def _note(self) -> None:
        self._require_wanted()
        if self._takes:  # unless it was asked for anew this very moment
            StoragePool.objects.filter(pk=self._pool.pk, drain_asked_at=None).update(
                drained_at=None
            )
        else:
            self._asked().update(drained_at=timezone.now())

    def _take_back(self) -> bool:
        """False when another job of this kind comes, or came, after this: that says what holds."""
        later = Job.objects.filter(pool=self._pool, pk__gt=self.run.job.pk)
        if later.filter(type__in=(Job.Type.DRAIN, Job.Type.UNDRAIN)).exists():
            return False
        since = Coalesce("drained_at", "drain_asked_at")
        self._asked().update(drain_asked_at=None, drained_at=since)
        return True

    def _asked(self) -> QuerySet[StoragePool]:
        return StoragePool.objects.filter(pk=self._pool.pk, drain_asked_at__isnull=False)


def _is_taken(client: Any, bucket: str, key: str) -> bool:
    try:
        client.put_object(Bucket=bucket, Key=key, Body=b"x")
    except ClientError as fault:
        if s3.status_of(fault) in REFUSED:
            return False
        raise
    return True
