"""An older engine that the portal's own takes the place of: proved, or the older one runs again.

The program lies beside the older one; a file names the one that is started, and so do all others
that are of a version. They are kept on the machine until the proof has held. Of one pool one
endpoint at a time is upgraded, since of one pool one job at a time runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from s3vault_app.drivers import s3
from s3vault_app.drivers.base import BucketRules, Door, EngineRefused, EngineUnreachable
from s3vault_app.drivers.s3_iam import PROOF_PREFIX
from s3vault_app.drivers.seaweedfs.engine import SeaweedEngine
from s3vault_app.drivers.seaweedfs.layout import VERSION
from s3vault_app.engine import places, verify
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
# An object that the older version takes and the new one has to give.
WITNESS = f"{PROOF_PREFIX}before"


class UpgradeWork(MachineWork):
    """The work of an upgrade on one machine."""

    def upgrade(self) -> None:
        """The portal's version runs there, proved.

        Raises:
            StepFailed: it does not, and why; whether the older version runs again.
        """
        # It is tidied only after the proof was noted, and then there is no way back.
        if not self.run.changed(self.machine.pk, "tidy"):
            self.bring()
            self._step("keep", self._keep)
            try:
                self._step("configure", self._configure)
                self._step("start", self._start)
                self._step("health", self._health)
                self._step("verify", self._prove)
            except StepFailed as fault:
                self._go_back(str(fault))
        self._step("tidy", self._tidy)

    def undo(self) -> None:
        """The older version is what runs, if this job has replaced it and was not done."""
        run, machine_id = self.run, self.machine.pk
        did = [name for name in STEPS if name != "preflight" and run.changed(machine_id, name)]
        if not did:
            return
        version = self._at_work().back()
        if {*did} & {"configure", "start"}:
            self._awaited()
            run.board.ask(lambda: self._note_version(version))
        if version == VERSION:
            return  # it was proved, and the older one is gone
        for name in reversed(did):
            run.undone(machine_id, name, "taken back")

    # -- in the thread ----------------------------------------------------------------------------

    def _preflight(self) -> Outcome:
        if not self.machine.enabled:  # somebody has stopped it since
            raise EngineRefused("It is stopped: start it first.")
        return super()._preflight()

    def _keep(self) -> Outcome:
        changed = self._installer().keep()
        witness = str(self.run.data(self.machine.pk, "keep").get("witness", ""))
        if not witness and self.answers():
            witness = self.machine.engine_version
            engine, guard = self._engine(), guard_of(self._pool)
            engine.ensure_bucket(BucketRules(guard, versioning=False))
            with s3.talking(self._door, "Writing"):
                s3.s3(self._door, engine.admin).put_object(
                    Bucket=guard, Key=WITNESS, Body=witness.encode()
                )
        return Outcome("kept" if changed else "as it should be", changed, {"witness": witness})

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
            board.ask(lambda: self.run.log.say(f"{away} does not answer."))
        engine = SeaweedEngine([door, *answering], self._engine().admin)
        subject = board.ask(lambda: _subject_of(pool))
        engine.ensure_bucket(BucketRules(subject.guard, versioning=False))
        engine.await_room(subject.guard)
        engine.ensure_bucket(BucketRules(subject.bucket, lock_mode=subject.lock_mode))
        self._find_witness(engine, subject.guard)
        checks = verify.prove(engine, subject, board.check, ProofUser(engine, pool, board))
        if failed := verify.failures(checks):
            raise EngineRefused(f"The new version is not proved. {failed}"[:MOST_TOLD])
        self._find_buckets(engine, door)
        board.ask(lambda: self._note_version(VERSION))
        return Outcome(f"{len(checks)} checks held", notes={"checks": len(checks)})

    def _find_witness(self, engine: SeaweedEngine, guard: str) -> None:
        if not (witness := str(self.run.data(self.machine.pk, "keep").get("witness", ""))):
            return  # there was nobody to take it
        with s3.talking(self._door, "Reading"):
            client = s3.s3(self._door, engine.admin)
            body = client.get_object(Bucket=guard, Key=WITNESS)["Body"].read()
        if body != witness.encode():
            raise EngineRefused("The new version does not give what the older one took.")

    def _find_buckets(self, engine: SeaweedEngine, door: Door) -> None:
        made = Vault.objects.live().filter(pool=self._pool, bucket_made_at__isnull=False)
        for name in self.run.board.ask(lambda: list(made.values_list("name", flat=True))):
            self.run.board.check()
            if not (report := engine.probe(door, name)).ok:
                raise EngineRefused(f"The new version does not give each vault. {report.failure}")

    def _tidy(self) -> Outcome:
        changed = self._installer().tidy()
        return Outcome("cleared away" if changed else "nothing was there", changed)

    def _go_back(self, cause: str) -> None:
        machine_id = self.machine.pk
        self.run.board.ask(lambda: self.run.plan(machine_id, ["back"]))
        try:
            self._step("back", self._back)
        except StepFailed as fault:
            told = f"The older version could not be put back: {fault}"
        else:
            told = "The older version runs again."
        cause = cause[:MOST_TOLD].rstrip(". ")  # words of the engine have no end of their own
        raise StepFailed(f"{cause}. {told}")

    def _back(self) -> Outcome:
        version = self._at_work().back()
        self._awaited()
        self.run.board.ask(lambda: self._note_version(version))
        return Outcome(f"{version} runs again", changed=True)

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
