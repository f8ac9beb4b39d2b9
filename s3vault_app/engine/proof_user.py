"""The user that a proof puts into an engine: noted before, so that a death leaves no live pair."""

from __future__ import annotations

from s3vault_app.drivers.base import Engine, Pair, Right
from s3vault_app.engine import keys
from s3vault_app.engine.turns import Desk, alone
from s3vault_app.identities import PROOF_USER
from s3vault_app.models import EngineIdentity, StoragePool


class ProofUser:
    """``verify.ProofUser``, for a thread: the desk has the rows, and the thread asks the engine.

    The name is the pool's, and so is the turn: whoever finds after it has come that the job is
    another's leaves the user alone, since it may be the other's by now.
    """

    def __init__(self, engine: Engine, pool: StoragePool, desk: Desk) -> None:
        self._engine = engine
        self._pool = pool
        self._desk = desk

    def give(self, pair: Pair, rights: dict[str, Right]) -> None:
        """As ``verify.ProofUser``.

        Raises:
            Stopped; EngineError.
        """
        with alone(self._pool, desk=self._desk):
            self._desk.hold()
            self._desk.check()
            self._desk.ask(lambda: keys.note(self._pool, PROOF_USER, None))
            self._engine.ensure_identity(PROOF_USER, [pair], rights)

    def forget(self) -> None:
        """As ``verify.ProofUser``; also for a job that was asked to end.

        When the engine cannot be asked, or the job is lost, ``keys.sync`` does it later.

        Raises:
            Stopped: the job is another worker's; EngineError.
        """
        with alone(self._pool, desk=self._desk, check=self._desk.hold):
            self._desk.hold()
            self._engine.forget_identity(PROOF_USER)
            self._desk.ask(self._note_gone)

    def _note_gone(self) -> None:
        EngineIdentity.objects.filter(pool=self._pool, name=PROOF_USER).delete()
