"""The work of a job on one machine, in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from django.utils import timezone

from s3vault_app.drivers.base import EngineUnreachable, Pair
from s3vault_app.drivers.hosts.base import Host, HostError, HostKeyChanged
from s3vault_app.drivers.seaweedfs import files
from s3vault_app.drivers.seaweedfs.engine import SeaweedEngine
from s3vault_app.drivers.seaweedfs.installer import Facts, Installer, judge
from s3vault_app.drivers.seaweedfs.layout import VERSION, Node, is_older
from s3vault_app.drivers.seaweedfs.package import package
from s3vault_app.engine import certificates, places, probes
from s3vault_app.engine.running import Outcome, Run
from s3vault_app.models import Endpoint, Job, Machine, StoragePool

BRING = ["preflight", "ship"]
SERVE = ["configure", "start", "health"]
INSTALL = BRING + SERVE
RENEW = ["configure", "health"]
# What an engine that runs may notice; before these it goes on as it was.
TOUCHING = ("configure", "start", "stop", "remove", "back")
HEALTH_SECONDS = 60.0
HEALTH_POLL_SECONDS = 0.2
_STANDING = (
    Machine.EngineState.ONLINE,
    Machine.EngineState.OFFLINE,
    Machine.EngineState.DISABLED,
)


class MachineWork:
    """Made by the owner of the database, which opens all secrets; its methods run in a thread."""

    def __init__(self, run: Run, machine: Machine, pool: StoragePool, store: Machine) -> None:
        self.run = run
        self.machine = machine
        self._pool = pool
        self._store = places.node_of(store, root="/")
        self._login = places.login_of(machine)
        self._secrets = dict(pool.secrets or {})
        self._door = places.door_of(machine)
        self._material: files.Material | None = None
        self._host: Host | None = None
        self._facts: Facts | None = None
        self._touched = False
        # An older engine stays what it is until somebody asks for its upgrade: that has a way back,
        # and takes one endpoint at a time.
        older = machine.engine_version if is_older(machine.engine_version) else ""
        self._stays = bool(older) and run.job.type != Job.Type.UPGRADE
        self._version = older if self._stays else VERSION
        known = [self._login.password, self._login.private_key] if self._login else []
        flat = [each for value in self._secrets.values() for each in _texts(value)]
        run.log.conceal([each for each in (*known, *flat) if each])

    # -- steps ------------------------------------------------------------------------------------

    def bring(self) -> None:
        """The machine is fit, and the program is there."""
        self._step("preflight", self._preflight)
        self._step("ship", self._ship)

    def serve(self) -> None:
        """The engine runs there with its configuration, and answers."""
        self._step("configure", self._configure)
        self._step("start", self._start)
        self._step("health", self._health)

    def renew(self) -> None:
        """The endpoint shows a certificate that lasts; what runs there, or does not, stays.

        Whatever else the portal would write by now belongs to its own version of the engine, which
        may not be on the machine yet.
        """
        self._step("configure", self._certify)
        machine = self.machine
        runs = machine.enabled and machine.engine_state != Machine.EngineState.DISABLED
        self._step("health", self._still_answers if runs else lambda: Outcome("did not run"))

    def stop(self) -> None:
        """The engine does not run; all else stays."""
        self._step("stop", self._stop)

    def remove(self, *, purge: bool) -> None:
        """Nothing of the engine is left, with ``purge`` not even data."""
        self._step("remove", lambda: self._remove(purge=purge))

    def undo(self) -> None:
        """Take back what this job did here, when the machine had nothing before it.

        What anybody else uses by now stays.
        """
        run, machine_id = self.run, self.machine.pk
        fresh = run.data(machine_id, "preflight").get("fresh")
        did = [name for name in INSTALL if name != "preflight" and run.changed(machine_id, name)]
        if run.board.ask(self._is_needed):
            return
        if not did and self.machine.engine_state == Machine.EngineState.INSTALLING:
            run.board.ask(self._note_absent)  # it was only going to be one
        if not fresh or not did:
            return
        self._installer().remove(purge=True)
        for name in reversed(did):
            run.undone(machine_id, name, "taken back")
        run.board.ask(self._note_absent)

    def leave(self) -> None:
        """Close the connection to the machine."""
        if self._host is not None:
            with suppress(HostError):
                self._host.close()
        self._host = None

    # -- in the thread ----------------------------------------------------------------------------

    def _step(self, name: str, act: Callable[[], Outcome]) -> None:
        self.run.step(self.machine.pk, name, act, again=self.leave)

    def _installer(self, version: str = "") -> Installer:
        """version: of the engine that it is about; "" for the one that is to run."""
        if self._host is None:
            try:
                self._host = places.open_host(self._login)
            except HostKeyChanged as fault:
                message = str(fault)
                self.run.board.ask(lambda: self._note_key_changed(message))
                raise
        return places.installer(self.machine, self._host, version=version or self._version)

    def _at_work(self) -> Installer:
        """For what an engine that runs may notice: from here on it is not what it was."""
        installer = self._installer()
        self._touched = True
        return installer

    def _node(self) -> Node:
        if self._facts is None:
            self._facts = self._installer().look()
        return places.node_of(self.machine, root=self._facts.root, data=self._facts.data_root)

    def _preflight(self) -> Outcome:
        facts = self._facts = self._installer().look()
        node = self._node()
        judge(facts, node, package())
        self.run.board.ask(lambda: self._note_facts(facts))
        seen = self.run.data(self.machine.pk, "preflight")
        fresh = seen.get("fresh", not facts.pool)
        message = f"{facts.system or facts.processor}, {facts.free_kb // 1024} MiB free"
        return Outcome(message, notes={"fresh": fresh})

    def _ship(self) -> Outcome:
        if self._stays:
            return Outcome(f"{self._version} stays until somebody upgrades it")
        changed = self._installer().ship(
            package(), lambda share: self.run.within(self.machine.pk, "ship", share)
        )
        return Outcome(f"{VERSION} is {'there now' if changed else 'there'}", changed)

    def _configure(self) -> Outcome:
        if not self._stays:
            return self._write(self._contents())
        # What an upgrade that was broken off has not proved is not what goes on.
        runs = self.run.board.ask(self._is_wanted)
        self._touched = True
        self._installer(VERSION).back(run=runs)
        return self._certify()

    def _certify(self) -> Outcome:
        shown = {
            name: content
            for name, content in self._contents().items()
            if name.startswith("etc/endpoint")
        }
        return self._write(shown)

    def _write(self, contents: dict[str, bytes]) -> Outcome:
        """The endpoint's certificate is among them: only now does it count."""
        changed = self._at_work().configure(contents)
        self.run.board.ask(lambda: certificates.note_written(self.machine))
        return Outcome("written" if changed else "as it should be", changed)

    def _start(self) -> Outcome:
        stamp = "" if self._stays else files.stamp(self._contents())
        changed = self._at_work().start(stamp)
        return Outcome("started" if changed else "runs already", changed)

    def _health(self) -> Outcome:
        outcome = self._answer()
        self.run.board.ask(self._note_online)
        if not self._stays:
            with suppress(HostError):  # what an upgrade kept and could not clear away itself
                self._installer().tidy()
        return outcome

    def _still_answers(self) -> Outcome:
        outcome = self._answer()
        self.run.board.ask(self._note_answering)
        return outcome

    def _answer(self, watch: Callable[[], None] | None = None) -> Outcome:
        """A signed request: the engine calls itself healthy before it can do anything.

        watch: called while it does not answer; what it raises ends the waiting.
        """
        engine = self._engine()
        deadline = time.monotonic() + HEALTH_SECONDS
        while not (report := engine.probe(self._door)).ok:
            self.run.board.check()
            if watch is not None:
                watch()
            if time.monotonic() > deadline:
                words = self._installer().last_words()
                raise EngineUnreachable(f"{report.failure} {words}".strip())
            threading.Event().wait(HEALTH_POLL_SECONDS)
        return Outcome(f"answers in {report.milliseconds} ms")

    def _stop(self) -> Outcome:
        changed = self._at_work().stop()
        self.run.board.ask(self._note_disabled)
        return Outcome("stopped" if changed else "did not run", changed)

    def _remove(self, *, purge: bool) -> Outcome:
        changed = self._at_work().remove(purge=purge)
        self.run.board.ask(self._note_absent)
        return Outcome("taken off" if changed else "nothing was there", changed)

    def _engine(self) -> SeaweedEngine:
        return SeaweedEngine([self._door], Pair(*self._secrets["admin"]))

    def _contents(self) -> dict[str, bytes]:
        if self._material is None:
            self._material = self.run.board.ask(self._certified)
        return files.files(self._node(), self._store, self._material)

    # -- rows, written by the owner of the database -----------------------------------------------

    def _certified(self) -> files.Material:
        certificates.ensure(self.machine)
        key = str(self.machine.certificate_key)
        return files.Material(self._secrets, self.machine.certificate, key)

    def _note_facts(self, facts: Facts) -> None:
        self._save(
            facts=facts.shown(),
            state=Machine.State.READY,
            failure="",
            last_seen_at=timezone.now(),
        )
        if self.machine.role == Machine.Role.STORE:
            StoragePool.objects.filter(pk=self._pool.pk).update(
                total_bytes=facts.total_kb * 1024,
                free_bytes=facts.free_kb * 1024,
                checked_at=timezone.now(),
            )

    def _note_online(self) -> None:
        self._save(
            engine_state=Machine.EngineState.ONLINE,
            engine_version=self._version,
            url=self._door.url,
            failure="",
            last_seen_at=timezone.now(),
        )

    def _note_answering(self) -> None:
        """Whatever failed here before: the engine runs, in the version that it had."""
        self._save(
            engine_state=Machine.EngineState.ONLINE,
            url=self._door.url,
            failure="",
            last_seen_at=timezone.now(),
        )
        failed = self.machine.endpoints.filter(
            state=Endpoint.State.FAILED, vault__bucket_made_at__isnull=False
        )
        for door in failed.select_related("vault"):
            door.state, door.url, door.failure = Endpoint.State.ONLINE, self.machine.url, ""
            door.save(update_fields=["state", "url", "failure", "updated_at"])
            probes.note_health(door.vault)

    def _note_disabled(self) -> None:
        self._save(engine_state=Machine.EngineState.DISABLED)
        doors = self.machine.endpoints.exclude(state=Endpoint.State.REMOVING)
        doors.update(state=Endpoint.State.DISABLED)
        for door in doors.select_related("vault"):
            probes.note_health(door.vault)  # it may have said that this machine does not answer

    def _note_absent(self) -> None:
        self.machine.endpoints.all().delete()
        self._save(
            engine_state=Machine.EngineState.ABSENT,
            engine_version="",
            url="",
            pool=None,
            role=Machine.Role.NONE,
            certificate="",
            certificate_key=None,
            certificate_expires_at=None,
        )

    def _note_key_changed(self, message: str) -> None:
        self._save(state=Machine.State.KEY_CHANGED, failure=message)

    def answers(self) -> bool:
        """Whether an engine that stood here before the job does its work all the same."""
        known = bool(self.machine.url and self._secrets)
        return known and self._engine().probe(self._door).ok

    def note_failed(self, message: str, *, answers: bool) -> None:
        """The machine did not get where it should, and says why.

        An engine that answers has not failed, whoever could not get in by SSH; nor has one that
        nothing was done to: of that the probes tell how it is.
        """
        if self.run.job.type == Job.Type.RENEW:
            return  # the engine runs as before, and only the job says that it failed
        message = self.run.log.masked(message)[:450]
        if answers:
            self._note_stays(Machine.EngineState.ONLINE, message)
            return
        if self.machine.engine_state in _STANDING and not self._is_touched():
            self._note_stays(self.machine.engine_state, message)
            return
        self._save(engine_state=Machine.EngineState.FAILED, failure=message)
        self.machine.endpoints.exclude(state=Endpoint.State.REMOVING).update(
            state=Endpoint.State.FAILED, failure=message
        )

    def _note_stays(self, state: str, message: str) -> None:
        """As before the job, which may be asked for again: to be started, stopped or taken off."""
        wish: dict[str, bool] = {}
        if self.run.job.type in (Job.Type.ENABLE, Job.Type.DISABLE):
            wish = {"enabled": state != Machine.EngineState.DISABLED}
        self._save(engine_state=state, failure=message, **wish)
        if self.run.job.type == Job.Type.UNINSTALL:
            others = Job.objects.unfinished().filter(vault__isnull=False).values("vault")
            doors = self.machine.endpoints.filter(state=Endpoint.State.REMOVING)
            doors.exclude(vault__in=others).update(state=Endpoint.State.ONLINE)

    def _is_touched(self) -> bool:
        """By this run of the job, or by one before it."""
        return self._touched or any(self.run.changed(self.machine.pk, name) for name in TOUCHING)

    def _is_wanted(self) -> bool:
        """Whether it is to run, by what people have asked until now."""
        self.machine.refresh_from_db(fields=["enabled"])
        return self.machine.enabled

    def _is_needed(self) -> bool:
        """By a vault whose bucket was made, or by a job that is still to come."""
        others = self.machine.endpoints.exclude(vault=self.run.job.vault)
        jobs = self.machine.jobs.unfinished().exclude(pk=self.run.job.pk)
        return others.exists() or jobs.exists()

    def _save(self, **changes: object) -> None:
        for name, value in changes.items():
            setattr(self.machine, name, value)
        self.machine.save(update_fields=[*changes, "updated_at"])


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
