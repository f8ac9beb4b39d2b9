"""The work of a job on a vault as a whole: bucket, people, proof, end."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from s3vault_app.drivers.base import BucketRules, EngineRefused
from s3vault_app.drivers.s3_iam import IamEngine
from s3vault_app.drivers.seaweedfs.layout import ports_of
from s3vault_app.engine import keys, places, quota, verify
from s3vault_app.engine.proof_user import ProofUser
from s3vault_app.engine.running import Outcome, Run
from s3vault_app.models import Endpoint, Machine, StoragePlan, StoragePool, Vault
from s3vault_app.models.pool import FOR_EVER
from s3vault_app.names import RESERVED

MAKE = ["bucket", "identities", "verify"]
# Retention "for ever", as long as an engine can express it.
LONGEST_DAYS = 36500


class VaultWork:
    """Made by the owner of the database; ``make`` and its like run in a thread."""

    def __init__(self, run: Run, vault: Vault, pool: StoragePool) -> None:
        self.run = run
        self.vault = vault
        self._pool = pool

    # -- steps ------------------------------------------------------------------------------------

    def make(self) -> None:
        """The bucket is there with its rules, people have their pairs, and all of it is proved."""
        self.run.step(None, "bucket", self._bucket)
        self.run.step(None, "identities", self._identities)
        self.prove()

    def prove(self) -> None:
        """The proof alone."""
        self.run.step(None, "verify", self._verify)

    def delete(self, *, force: bool) -> None:
        """Nobody gets in any more, and then the bucket is gone, or stays whole."""
        self.run.step(None, "identities", self._tell_of_people)
        self.run.step(None, "bucket", lambda: self._delete(force=force))

    def undo(self) -> None:
        """Drop the bucket that this job made, when nothing is in it."""
        half_made = self.vault.bucket_made_at is None and self.vault.has_bucket
        made = half_made or self.run.data(None, "bucket").get("made")
        if self.run.changed(None, "bucket") and made:
            self._engine().delete_bucket(self.vault.name)
            self.run.undone(None, "bucket", "taken back")
            self.run.board.ask(self._note_no_bucket)

    # -- in the thread ----------------------------------------------------------------------------

    def _engine(self) -> IamEngine:
        engine = self.run.board.ask(lambda: places.engine_of(self._pool))
        if not isinstance(engine, IamEngine):
            raise EngineRefused("The engine of the pool cannot be proved over S3.")
        return engine

    def _bucket(self) -> Outcome:
        vault, engine = self.vault, self._engine()
        if not vault.has_bucket and "bucket_admin" in engine.capabilities:
            self._claim(engine)
        made = engine.ensure_bucket(rules_of(vault))
        if "bucket_admin" in engine.capabilities:
            engine.ensure_bucket(BucketRules(guard_of(self._pool), versioning=False))
        at = vault.bucket_made_at or timezone.now()
        self.run.board.ask(lambda: self._save(bucket_made_at=at))
        message = "made" if made else "as it should be"
        return Outcome(message, made, {"made": True} if made else {})

    def _claim(self, engine: IamEngine) -> None:
        """Note that no bucket has the name, before one is made: a later run knows it for ours."""
        if engine.has_bucket(self.vault.name):
            raise EngineRefused("The store has a bucket of this name, and it is not the vault's.")
        self.run.board.ask(lambda: self._save(bucket_claimed_at=timezone.now()))

    def _identities(self) -> Outcome:
        vault = self.vault
        if vault.bucket_made_at and (vault.quota_bytes or vault.read_only):
            usage = self._engine().usage(vault.name)  # a quota that has changed acts at once
            self.run.board.ask(lambda: quota.note(vault, usage))
        return self._tell_of_people()

    def _tell_of_people(self) -> Outcome:
        failed = keys.sync_pool(self._pool.pk, desk=self.run.board)
        if failed:
            raise EngineRefused(f"The engine refused {failed} of the vault's users.")
        return Outcome("people have their pairs and rights")

    def _verify(self) -> Outcome:
        engine = self._engine()
        pool, board = self._pool, self.run.board
        subject = board.ask(lambda: subject_of(self.vault, pool, engine))
        whole = "iam_users" in engine.capabilities
        user = ProofUser(engine, pool, board) if whole else None
        checks = verify.prove(engine, subject, board.check, user)
        board.ask(lambda: note_proof(self.vault, checks))
        if failed := verify.failures(checks):
            raise EngineRefused(f"The vault is not proved to be closed. {failed}"[:450])
        return Outcome(f"{len(checks)} checks held", notes={"checks": len(checks)})

    def _delete(self, *, force: bool) -> Outcome:
        if not self.vault.has_bucket:
            return Outcome("there was no bucket")
        self._engine().delete_bucket(self.vault.name, force=force)
        self.run.board.ask(self._note_no_bucket)
        return Outcome("gone", changed=True)

    # -- rows -------------------------------------------------------------------------------------

    def _note_no_bucket(self) -> None:
        self._save(bucket_made_at=None, bucket_claimed_at=None)

    def _save(self, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(self.vault, name, value)
        self.vault.save(update_fields=[*changes, "updated_at"])


def rules_of(vault: Vault) -> BucketRules:
    """The bucket as the vault wants it."""
    days = LONGEST_DAYS if vault.lock_days == FOR_EVER else vault.lock_days
    locked = vault.lock_mode != StoragePlan.Lock.NONE
    return BucketRules(
        name=vault.name,
        region=vault.region,
        lock_mode=vault.lock_mode,
        lock_days=days if locked else 0,
        versioning=vault.versioning,
        lifecycle=vault.lifecycle,
    )


def guard_of(pool: StoragePool) -> str:
    """A bucket that belongs to no vault: proofs try to get into it."""
    return f"{RESERVED}guard-{pool.number}"


def subject_of(vault: Vault, pool: StoragePool, engine: IamEngine) -> verify.Subject:
    """What the proof of a vault has to try."""
    return verify.Subject(
        bucket=vault.name,
        guard=guard_of(pool) if "bucket_admin" in engine.capabilities else "",
        lock_mode=vault.lock_mode,
        encrypts=pool.installs,
        back_doors=back_doors_of(pool),
    )


def back_doors_of(pool: StoragePool) -> list[tuple[str, str, int]]:
    """The inner parts of a pool's engine, which answer nobody from outside."""
    stores = Machine.objects.filter(pool=pool, role=Machine.Role.STORE) if pool.installs else []
    return [
        (part, machine.endpoint_address, ports_of(machine.ports)[part])
        for machine in stores
        for part in ("filer", "master", "volume")
    ]


def note_proof(vault: Vault, checks: list[verify.Check]) -> None:
    """Keep what a proof found, for the vault and for each of its endpoints."""
    now = timezone.now()
    vault.verify_ok, vault.verified_at = all(each.ok for each in checks), now
    vault.verify_report = verify.report(checks)
    vault.save(update_fields=["verify_ok", "verified_at", "verify_report", "updated_at"])
    for endpoint in Endpoint.objects.filter(vault=vault).select_related("machine"):
        name = endpoint.machine.name if endpoint.machine else endpoint.url
        about = [each.ok for each in checks if each.endpoint == name]
        if about:
            endpoint.verify_ok, endpoint.verified_at = all(about), now
            endpoint.save(update_fields=["verify_ok", "verified_at", "updated_at"])
