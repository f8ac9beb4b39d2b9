"""The user that a proof puts into an engine: noted before, so that a death leaves no live pair."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s3vault_app.drivers.base import Engine, Pair, Right
from s3vault_app.engine import keys
from s3vault_app.identities import PROOF_USER
from s3vault_app.models import EngineIdentity, StoragePool


class ProofUser:
    """``verify.ProofUser``, for a thread. ask: lets the owner of the database call something.

    The owner makes the change itself, since it holds the lock of the engine's identities.
    """

    def __init__(
        self, engine: Engine, pool: StoragePool, ask: Callable[[Callable[[], None]], Any]
    ) -> None:
        self._engine = engine
        self._pool = pool
        self._ask = ask

    def give(self, pair: Pair, rights: dict[str, Right]) -> None:
        """As ``verify.ProofUser``."""

        def change() -> None:
            with keys.alone(self._pool):
                keys.note(self._pool, PROOF_USER, None)
                self._engine.ensure_identity(PROOF_USER, [pair], rights)

        self._ask(change)

    def forget(self) -> None:
        """As ``verify.ProofUser``; when the engine cannot be asked, ``keys.sync`` does it later."""

        def change() -> None:
            with keys.alone(self._pool):
                self._engine.forget_identity(PROOF_USER)
                EngineIdentity.objects.filter(pool=self._pool, name=PROOF_USER).delete()

        self._ask(change)
