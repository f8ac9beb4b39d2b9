"""An older engine that the portal's own takes the place of: proved, or the older one runs again.

The program lies beside the older one; a file names the one that is started, and so do all others
that are of a version. They are kept on the machine until the proof has held. Of one pool one
endpoint at a time is upgraded, since of one pool one job at a time runs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import BucketRules, EngineError, EngineRefused, EngineUnreachable
from s3vault_app.drivers.hosts.base import HostError
from s3vault_app.drivers.seaweedfs.engine import SeaweedEngine
from s3vault_app.drivers.seaweedfs.layout import VERSION
from s3vault_app.engine import places, verify
from s3vault_app.engine.board import Stopped
from s3vault_app.engine.machines import MachineWork
from s3vault_app.engine.proof_user import ProofUser
from s3vault_app.engine.running import Outcome, StepFailed
from s3vault_app.engine.vaults import back_doors_of, guard_of
from s3vault_app.models import StoragePool, Vault
from s3vault_app.names import RESERVED

STEPS = ["preflight", "ship", "keep", "configure", "start", "health", "verify", "tidy"]
# An engine that is not there at so many looks in a row ends whenever it is started.
MOST_MISSES = 4
LOOK_SECONDS = 1.0
MOST_TOLD = 300  # characters of a cause: after it comes what runs now
MISTAKE = "The portal made a mistake; its log says which."
logger = logging.getLogger(__name__)


class UpgradeWork(MachineWork):
    """The work of an upgrade on one machine."""

    def upgrade(self) -> None:
        """The portal's version runs there, proved.

        Raises:
            Stopped; StepFailed: it does not, and why; whether the older version runs again.
        """
        if self.machine.engine_version != VERSION:  # else it was proved: there is no way back
            try:
                self._take_over()
            except Stopped:
                raise
            except StepFailed as fault:
                self._give_up(str(fault))
            except Exception:  # a bug of ours must not leave what is not proved
                logger.exception("The upgrade of machine %s broke.", self.machine.number)
                self._give_up(MISTAKE)
        self._step("tidy", self._tidy)

    def undo(self) -> None:
        """The older version is what runs, if this job has replaced it and was not done."""
        run, machine_id = self.run, self.machine.pk
        did = [name for name in STEPS if name != "preflight" and run.changed(machine_id, name)]
        if not did and not self._took_over():
            return
        if self._put_back(heard=self._took_over()) == VERSION:
            return  # it was proved, and the older one is gone
        for name in reversed(STEPS):
            if run.begun(machine_id, name) and name != "preflight":
                run.undone(machine_id, name, "taken back")

    def rest(self) -> None:
        """Before a pause: what took over and is not proved gives way, and is brought anew later."""
        if self._took_over() and self.machine.engine_version != VERSION:
            self.undo()

    def note_failed(self, message: str, *, answers: bool) -> None:
        if self.machine.enabled or answers:
            super().note_failed(message, answers=answers)
        else:  # it does not answer because somebody wants that
            self._note_stays(self.machine.engine_state, self.run.log.masked(message)[:450])

    # -- in the thread ----------------------------------------------------------------------------

    def _preflight(self) -> Outcome:
        if not self.machine.enabled:  # somebody has stopped it since
            raise EngineRefused("It is stopped: start it first.")
        return super()._preflight()

    def _take_over(self) -> None:
        self.bring()
        self._step("keep", self._keep)
        self._step("configure", self._configure)
        self._step("start", self._start)
        self._step("health", self._health)
        self._step("verify", self._prove)

    def _took_over(self) -> bool:
        """From here on the older version is not what the machine starts."""
        return self.run.begun(self.machine.pk, "configure")

    def _keep(self) -> Outcome:
        """What it takes to go back, and what to compare: asked of the older version alone."""
        installer = self._installer()
        changed = installer.keep()
        is_older = (changed or not self._took_over()) and installer.runs()[1] != VERSION
        notes = self._testimony() if is_older and self.answers() else {}
        return Outcome("kept" if changed else "as it should be", changed, notes)

    def _testimony(self) -> dict[str, Any]:
        """witness: what it was given to keep. missing: vaults whose buckets it does not give."""
        witness, guard = self.machine.engine_version, guard_of(self._pool)
        self._engine().ensure_bucket(BucketRules(guard, versioning=False))
        with s3.talking(self._door, "Writing"):
            self._client().put_object(Bucket=guard, Key=self._witness, Body=witness.encode())
        return {"witness": witness, "missing": sorted(self._not_given())}

    def _health(self) -> Outcome:
        return self._awaited()

    def _prove(self) -> Outcome:
        """As a vault is proved, in a bucket that is no vault's: so it is about the engine alone.

        Then for each vault whether its bucket is found at this endpoint.
        """
        pool, board, door = self._pool, self.run.board, self._door
        others = [each for each in board.ask(lambda: places.doors_of(pool)) if each != door]
        answering = [each for each in others if self._engine().probe(each).ok]
        if away := ", ".join(sorted(each.name for each in others if each not in answering)):
            self._say(f"{away} does not answer.")
        engine = SeaweedEngine([door, *answering], self._engine().admin)
        subject = board.ask(lambda: _subject_of(pool))
        engine.ensure_bucket(BucketRules(subject.guard, versioning=False))
        engine.await_room(subject.guard)
        engine.ensure_bucket(BucketRules(subject.bucket, lock_mode=subject.lock_mode))
        self._find_witness(subject.guard)
        checks = verify.prove(engine, subject, board.check, ProofUser(engine, pool, board))
        if failed := verify.failures(checks):
            raise EngineRefused(f"The new version is not proved. {failed}"[:MOST_TOLD])
        self._find_buckets()
        board.ask(lambda: self._note_version(VERSION))
        return Outcome(f"{len(checks)} checks held", notes={"checks": len(checks)})

    def _find_witness(self, guard: str) -> None:
        if not (witness := str(self.run.data(self.machine.pk, "keep").get("witness", ""))):
            self._say("The older version did not answer: no object that it took is compared.")
            return
        with s3.talking(self._door, "Reading"):
            body = self._client().get_object(Bucket=guard, Key=self._witness)["Body"].read()
        if body != witness.encode():
            raise EngineRefused("The new version does not give what the older one took.")

    def _find_buckets(self) -> None:
        """Of what the older version did not give either, the new one is not to blame."""
        before = set(self.run.data(self.machine.pk, "keep").get("missing", ()))
        missing = self._not_given()
        if old := sorted(set(missing) & before):
            self._say(f"The older version did not give these either: {', '.join(old)}.")
        if new := sorted(set(missing) - before):
            raise EngineRefused(f"The new version does not give each vault. {missing[new[0]]}")

    def _not_given(self) -> dict[str, str]:
        """What the endpoint says of each vault that it does not give, by name.

        Raises:
            EngineUnreachable: it says nothing.
        """
        made = Vault.objects.live().filter(pool=self._pool, bucket_made_at__isnull=False)
        found = {}
        for name in self.run.board.ask(lambda: list(made.values_list("name", flat=True))):
            self.run.board.check()
            try:
                with s3.talking(self._door, f"Looking for {name}"):
                    self._client().head_bucket(Bucket=name)
            except EngineRefused as fault:
                found[name] = str(fault)
        return found

    def _tidy(self) -> Outcome:
        changed = self._installer().tidy()
        with suppress(EngineError), s3.talking(self._door, "Clearing up after a proof"):
            self._client().delete_object(Bucket=guard_of(self._pool), Key=self._witness)
        return Outcome("cleared away" if changed else "nothing was there", changed)

    def _give_up(self, cause: str) -> None:
        cause = cause[:MOST_TOLD].rstrip(". ")  # words of the engine have no end of their own
        if not self._took_over():
            with suppress(HostError):  # what was brought takes no room; it is brought again
                self._installer().back(run=self.run.board.ask(self._is_wanted))
            raise StepFailed(f"{cause}.")
        self.run.board.ask(lambda: self.run.plan(self.machine.pk, ["back"]))
        try:
            self._step("back", self._back)
        except StepFailed as fault:
            told = f"The older version could not be put back: {fault}"
        else:
            where = "runs" if self.machine.enabled else "is in its place"
            told = f"The older version {where} again."
        raise StepFailed(f"{cause}. {told}")

    def _back(self) -> Outcome:
        version = self._put_back(heard=True)
        return Outcome(f"{version} is back", changed=True)

    def _put_back(self, *, heard: bool) -> str:
        """The version that is there now. heard: it has to answer, unless it is not to run."""
        board = self.run.board
        runs = board.ask(self._is_wanted)
        version = self._at_work().back(run=runs)
        if heard and runs:
            self._awaited()
            board.ask(lambda: self._note_version(version))
        elif heard:
            board.ask(lambda: self._save(engine_version=version))
        return version

    def _awaited(self) -> Outcome:
        """It answers, or it is plain that it will not: nobody is helped by another wait."""
        try:
            return self._answer(self._watching())
        except EngineUnreachable as fault:
            raise EngineRefused(str(fault)) from None

    def _watching(self) -> Callable[[], None]:
        """Called while an engine does not answer: raises when it ends whenever it is started."""
        misses, looked = 0, time.monotonic()

        def watch() -> None:
            nonlocal misses, looked
            if time.monotonic() - looked < LOOK_SECONDS:
                return
            installer, looked = self._installer(), time.monotonic()
            misses = 0 if installer.runs()[0] else misses + 1
            if misses >= MOST_MISSES:
                raise EngineRefused(
                    f"The engine ends whenever it is started. {installer.last_words()}".strip()
                )

        return watch

    def _client(self) -> Any:
        return s3.s3(self._door, self._engine().admin)

    @property
    def _witness(self) -> str:
        """An object that the older version takes and the new one has to give."""
        return f".vault-portal-upgrade/{self.machine.pk}"

    def _say(self, text: str) -> None:
        self.run.board.ask(lambda: self.run.log.say(text, machine_id=self.machine.pk))

    # -- rows -------------------------------------------------------------------------------------

    def _note_version(self, version: str) -> None:
        """Whatever failed here before: an engine of this version answers."""
        self._note_answering()
        self._save(engine_version=version)


def _subject_of(pool: StoragePool) -> verify.Subject:
    return verify.Subject(
        bucket=f"{RESERVED}proof-{pool.number}",
        guard=guard_of(pool),
        lock_mode="GOVERNANCE",
        encrypts=True,
        back_doors=back_doors_of(pool),
    )
