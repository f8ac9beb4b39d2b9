"""What each type of job does, in which order, and how vault and endpoints stand after it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from s3vault_app.drivers.base import EngineError
from s3vault_app.drivers.hosts.base import HostError
from s3vault_app.drivers.seaweedfs.layout import VERSION
from s3vault_app.engine import doors, drains, keys, places, upgrades
from s3vault_app.engine.machines import INSTALL, RENEW, MachineWork
from s3vault_app.engine.running import Run, StepFailed, raise_worst
from s3vault_app.engine.vaults import MAKE, VaultWork
from s3vault_app.models import Endpoint, Job, Machine, StoragePool, Vault

W = TypeVar("W", bound=MachineWork)
STORE_POLL_SECONDS = 0.2  # between two looks whether somebody wants the job to stop


@dataclass
class Result:
    """failed: what went wrong on single machines, by name. fatal: why the whole job failed."""

    failed: dict[str, str] = field(default_factory=dict)
    fatal: str = ""


class Flow:
    """One job on the rows of its pool. All methods belong to the owner of the database."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.result = Result()
        self.vault = run.job.vault
        self.pool = run.job.pool or (self.vault.pool if self.vault else None)
        self.works: dict[UUID, MachineWork] = {}

    def work(self) -> Result:
        """Do what the job's type says.

        Raises:
            Stopped: killed, paused or lost on the way.
        """
        try:
            _FLOWS[Job.Type(self.run.job.type)](self)
        finally:
            for work in self.works.values():
                work.leave()
        return self.result

    # -- types ------------------------------------------------------------------------------------

    def install(self) -> None:
        """INSTALL: machines join the pool; every vault of the pool gets a door there."""
        self._install(self._machines())
        if self.pool is None or self.result.fatal:
            return
        online = [e for e in self._machines() if e.engine_state == Machine.EngineState.ONLINE]
        for vault in Vault.objects.live().filter(pool=self.pool, bucket_made_at__isnull=False):
            for machine in online:
                doors.join(vault, machine)
            self._open_doors(vault)

    def create(self) -> None:
        """CREATE and UPDATE: machines as the vault's doors say, then the vault."""
        vault = self._vault()
        leaving = [each for each in self._machines(vault) if self._leaves(vault, each)]
        staying = [each for each in self._machines(vault) if each not in leaving]
        self._mark(vault, Vault.State.INSTALLING)
        if self._pool().installs:
            self._install(self._asked_for(staying))
            if self.result.fatal:
                return
        self._open_doors(vault)
        self.run.plan(None, MAKE)
        self._threads([self._vault_work(vault).make])
        if not self.result.fatal:
            self._close_doors(vault, leaving, self._live_vaults(self._pool(), None))

    def delete(self) -> None:
        """DELETE: people out, then the bucket; machines that serve nobody else after it."""
        vault = self._vault()
        machines = self._machines(vault)
        self.run.plan(None, ["identities", "bucket"])
        force = bool(self.run.job.options.get("force"))
        self._threads([lambda: self._vault_work(vault).delete(force=force)])
        if self.result.fatal:
            return
        self._close_doors(vault, machines, self._live_vaults(self._pool(), vault))

    def uninstall(self) -> None:
        """UNINSTALL: the endpoint is taken off, and with the store its data."""
        pool = self._pool()
        for machine in self._machines():
            if machine.role == Machine.Role.STORE and self._live_vaults(pool, None):
                self.result.fatal = f"{machine.name} keeps the data of vaults."
                return
        self._remove(self._machines())

    def enable(self) -> None:
        """ENABLE: the engine is started and answers."""
        self._install(self._machines())
        for machine in self._machines():
            if machine.engine_state != Machine.EngineState.ONLINE:
                continue  # it failed, and is as it was
            machine.endpoints.filter(state=Endpoint.State.DISABLED).update(
                state=Endpoint.State.ONLINE
            )

    def disable(self) -> None:
        """DISABLE: the engine is stopped."""
        works = [self._machine_work(each) for each in self._machines()]
        for work in works:
            self.run.plan(work.machine.pk, ["stop"])
        self._on_machines(works, MachineWork.stop)

    def verify(self) -> None:
        """VERIFY: the proof alone."""
        vault = self._vault()
        self.run.plan(None, ["verify"])
        self._threads([self._vault_work(vault).prove])

    def renew(self) -> None:
        """RENEW: new certificates where theirs end soon, read by the running engines."""
        works = [self._machine_work(each) for each in self._machines()]
        for work in works:
            self.run.plan(work.machine.pk, RENEW)
        self._on_machines(works, MachineWork.renew)

    def upgrade(self) -> None:
        """UPGRADE: the portal's version of the engine, proved, or the one of before again."""
        works = self._upgrades()
        for work in works:
            self.run.plan(work.machine.pk, upgrades.STEPS)
            self._on_machines([work], upgrades.UpgradeWork.upgrade)
        if all(work.machine.engine_version != VERSION for work in works):
            told = "; ".join(self.result.failed.values())
            self.result.fatal = told or "The machine has no endpoint."

    def _upgrades(self) -> list[upgrades.UpgradeWork]:
        pool, store = self._pool(), self._store()
        machines = (each for each in self._machines() if each.pool_id == pool.pk)
        works = [upgrades.UpgradeWork(self.run, each, pool, store or each) for each in machines]
        self.works |= {work.machine.pk: work for work in works}
        return works

    def turn_writes(self) -> None:
        """DRAIN and UNDRAIN: people lose the right to write at the pool's endpoints, or get it."""
        store = self._store()
        if store is None:
            self.result.fatal = "The pool has no store."
            return
        self.run.plan(store.pk, drains.STEPS)
        self._threads([drains.DrainWork(self.run, self._pool(), store).act])

    # -- going back -------------------------------------------------------------------------------

    def undo(self) -> None:
        """After a kill: what this job did is taken back, from its end to its beginning."""
        tasks: list[Callable[[], None]] = []
        if self.run.job.type == Job.Type.CREATE and self.vault is not None:
            work = self._vault_work(self.vault)
            if self.run.changed(None, "bucket"):
                self._quietly([work.undo])
        if self.run.job.type == Job.Type.DRAIN and (store := self._store()):
            self._quietly([drains.DrainWork(self.run, self._pool(), store).undo])
        if self.run.job.type == Job.Type.UPGRADE:
            self._quietly([work.undo for work in self._upgrades()])
        if self.vault is not None and self.vault.has_bucket:
            # Somebody has written to it already, or it is older than this job: data stays.
            self.run.log.say("The bucket stays, and what serves it.")
            return
        if self.run.job.type in (Job.Type.CREATE, Job.Type.UPDATE, Job.Type.INSTALL):
            machines = self._machines(self.vault)
            tasks = [self._machine_work(each).undo for each in machines if each.pool_id]
        self._quietly(tasks)
        if self.pool is not None:
            self._forget_if_empty(self.pool)
        for each in self.works.values():
            each.leave()

    def rest(self) -> None:
        """Before a pause: what is not proved yet does not serve for as long as that lasts."""
        if self.run.job.type == Job.Type.UPGRADE:
            works = self._upgrades()
            self._quietly([work.rest for work in works])
            for work in works:
                work.leave()

    def _quietly(self, tasks: Sequence[Callable[[], None]]) -> None:
        for fault in self.run.board.run(tasks):
            if not isinstance(fault, (HostError, EngineError)):
                raise fault
            self.run.log.say(f"It could not be taken back: {fault}")

    # -- parts ------------------------------------------------------------------------------------

    def _install(self, machines: Sequence[Machine]) -> None:
        if not machines:
            return
        pool = self._pool()
        self._enlist(pool, machines)
        store = self._store()
        if store is None:
            self.result.fatal = "The pool has no store."
            return
        places.ensure_secrets(pool, store)
        self.result.failed |= {
            each.name: f"{each.name}: It serves another storage pool."
            for each in machines
            if each.pool_id != pool.pk
        }
        machines = [each for each in machines if each.pool_id == pool.pk]
        works = [self._machine_work(each) for each in machines]
        for work in works:
            self.run.plan(work.machine.pk, INSTALL)
        first = [work for work in works if work.machine.role == Machine.Role.STORE]
        self._bring_up(works, first)
        if any(work.machine.name in self.result.failed for work in first):
            self.result.fatal = "; ".join(self.result.failed.values())
            return
        if works and not self._good(works):
            self.result.fatal = "; ".join(self.result.failed.values())
        StoragePool.objects.filter(pk=pool.pk).update(state=StoragePool.State.READY, failure="")

    def _bring_up(self, works: Sequence[MachineWork], first: Sequence[MachineWork]) -> None:
        """All machines beside each other; what serves through the store waits until that does."""
        over, is_up = threading.Event(), not first
        if is_up:
            over.set()

        def act(work: MachineWork) -> None:
            nonlocal is_up
            work.bring()
            if work in first:
                work.serve()
                is_up = True
                return
            while not over.wait(STORE_POLL_SECONDS):
                self.run.board.check()
            if is_up:
                work.serve()

        def told(work: MachineWork) -> None:
            try:
                act(work)
            finally:
                if work in first:
                    over.set()

        # The store first: there may be more machines than threads.
        self._on_machines([*first, *(each for each in works if each not in first)], told)

    def _enlist(self, pool: StoragePool, machines: Sequence[Machine]) -> None:
        """A machine that an earlier run gave up, as a killed one does, joins the pool again."""
        for machine in machines:
            if machine.pool_id is None:
                machine.pool = pool
                machine.role = Machine.Role.GATEWAY if self._store() else Machine.Role.STORE
                machine.engine_state = Machine.EngineState.INSTALLING
                machine.save(update_fields=["pool", "role", "engine_state", "updated_at"])
            if self.vault is not None:
                doors.join(self.vault, machine)

    def _close_doors(self, vault: Vault, machines: Sequence[Machine], keeps: bool) -> None:  # noqa: FBT001 computed
        """Machines that serve nobody else are cleared; keeps: the store holds data of vaults."""
        vault.endpoints.filter(state=Endpoint.State.REMOVING).delete()
        unused = [each for each in machines if not each.endpoints.exclude(vault=vault).exists()]
        # A store without doors still keeps what other endpoints give.
        self._remove([each for each in unused if each.role != Machine.Role.STORE or not keeps])

    def _remove(self, machines: Sequence[Machine]) -> None:
        if not machines:
            return
        works = [self._machine_work(each) for each in machines]
        for work in works:
            self.run.plan(work.machine.pk, ["remove"])
        self._on_machines(works, lambda work: work.remove(purge=True))
        self._forget_if_empty(self._pool())

    def _forget_if_empty(self, pool: StoragePool) -> None:
        """With the last machine the engine is gone: the next one begins with new secrets."""
        if pool.installs and not Machine.objects.filter(pool=pool).exists():
            keys.forget_pool(pool)
            pool.secrets, pool.state = None, StoragePool.State.NEW
            pool.drain_asked_at = pool.drained_at = None
            fields = ["secrets", "state", "drain_asked_at", "drained_at", "updated_at"]
            pool.save(update_fields=fields)

    def _on_machines(self, works: Sequence[W], act: Callable[[W], None]) -> None:
        """One thread a machine; what fails on one does not hold up the others."""

        def alone(work: W) -> Callable[[], None]:
            def task() -> None:
                try:
                    act(work)
                except StepFailed as fault:
                    message, answers = str(fault), work.answers()
                    self.run.board.ask(lambda: work.note_failed(message, answers=answers))
                    self.result.failed[work.machine.name] = f"{work.machine.name}: {message}"
                finally:
                    work.leave()

            return task

        raise_worst(self.run.board.run([alone(work) for work in works]))

    def _threads(self, tasks: Sequence[Callable[[], None]]) -> None:
        try:
            raise_worst(self.run.board.run(tasks))
        except StepFailed as fault:
            self.result.fatal = str(fault)

    def _good(self, works: Sequence[MachineWork]) -> list[MachineWork]:
        return [work for work in works if work.machine.name not in self.result.failed]

    def _open_doors(self, vault: Vault) -> None:
        doors.open_all(vault, self._pool(), self._machines(vault))

    def _mark(self, vault: Vault, state: Vault.State) -> None:
        if vault.state in (Vault.State.NEW, Vault.State.FAILED):
            vault.state = state
            vault.save(update_fields=["state", "updated_at"])

    # -- rows -------------------------------------------------------------------------------------

    def _machines(self, vault: Vault | None = None) -> list[Machine]:
        """Those of the job, and those where the vault has a door; the store first."""
        rows = Machine.objects.select_related("pool").filter(jobs=self.run.job)
        if vault is not None:
            rows = rows | Machine.objects.select_related("pool").filter(endpoints__vault=vault)
        found = {row.pk: row for row in rows.distinct()}
        # A machine that is being worked on has one object: its thread sees what is written here.
        alive = [self.works[key].machine if key in self.works else found[key] for key in found]
        return sorted(alive, key=lambda each: (each.role != "store", each.number))

    def _asked_for(self, machines: Sequence[Machine]) -> list[Machine]:
        """Those that this job is to work on: a job may be repeated for some of them alone."""
        only = self.run.job.options.get(Job.ONLY)
        return [each for each in machines if not only or each.number in only]

    def _machine_work(self, machine: Machine) -> MachineWork:
        if machine.pk not in self.works:
            store = self._store() or machine
            self.works[machine.pk] = MachineWork(self.run, machine, self._pool(), store)
        return self.works[machine.pk]

    def _vault_work(self, vault: Vault) -> VaultWork:
        return VaultWork(self.run, vault, self._pool())

    def _store(self) -> Machine | None:
        stores = Machine.objects.select_related("pool")
        return stores.filter(pool=self._pool(), role=Machine.Role.STORE).first()

    def _leaves(self, vault: Vault, machine: Machine) -> bool:
        return machine.endpoints.filter(vault=vault, state=Endpoint.State.REMOVING).exists()

    def _live_vaults(self, pool: StoragePool, but: Vault | None) -> bool:
        vaults = Vault.objects.live().filter(pool=pool)
        return (vaults.exclude(pk=but.pk) if but else vaults).exists()

    def _vault(self) -> Vault:
        if self.vault is None:
            raise StepFailed("The job has no vault.")
        return self.vault

    def _pool(self) -> StoragePool:
        if self.pool is None:
            raise StepFailed("The job has no storage pool.")
        return self.pool


_FLOWS: dict[Job.Type, Callable[[Flow], None]] = {
    Job.Type.CREATE: Flow.create,
    Job.Type.UPDATE: Flow.create,
    Job.Type.DELETE: Flow.delete,
    Job.Type.INSTALL: Flow.install,
    Job.Type.UNINSTALL: Flow.uninstall,
    Job.Type.ENABLE: Flow.enable,
    Job.Type.DISABLE: Flow.disable,
    Job.Type.VERIFY: Flow.verify,
    Job.Type.RENEW: Flow.renew,
    Job.Type.UPGRADE: Flow.upgrade,
    Job.Type.DRAIN: Flow.turn_writes,
    Job.Type.UNDRAIN: Flow.turn_writes,
}
