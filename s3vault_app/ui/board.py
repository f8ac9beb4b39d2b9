"""A job as its page shows it: where its steps stand, every machine with its cause and way on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from s3vault_app.models import Job, JobStep, Machine
from s3vault_app.ui import words
from s3vault_app.ui.sayings import said
from vaultportal.ui import live
from vaultportal.ui.steps import Step

State = JobStep.State
# Of the whole of an install; as the worker weighs them.
WEIGHTS = {"preflight": 1, "ship": 5, "configure": 1, "start": 1, "health": 4}
ON_MACHINES = ("preflight", "ship", "configure", "start", "health")
Groups = tuple[tuple[str | Promise, tuple[str, ...]], ...]
INSTALL: Groups = (
    (gettext_lazy("Check"), ("preflight",)),
    (gettext_lazy("Copy"), ("ship",)),
    (gettext_lazy("Install"), ("configure", "start", "health")),
)
MAKE: Groups = (
    (gettext_lazy("Bucket"), ("bucket",)),
    (gettext_lazy("Access keys"), ("identities",)),
    (gettext_lazy("Proof"), ("verify",)),
)
WRITES: Groups = (
    (gettext_lazy("Access"), ("identities",)),
    (gettext_lazy("Proof"), ("writes",)),
)
UPGRADE: Groups = (
    (gettext_lazy("Check"), ("preflight",)),
    (gettext_lazy("Copy"), ("ship", "keep")),
    (gettext_lazy("Install"), ("configure", "start", "health")),
    (gettext_lazy("Proof"), ("verify", "tidy")),
    (gettext_lazy("Way back"), ("back",)),
)
STOP: Groups = ((gettext_lazy("Stop"), ("stop",)),)
REMOVE: Groups = ((gettext_lazy("Take off"), ("remove",)),)
GROUPS: dict[str, Groups] = {
    Job.Type.CREATE: INSTALL + MAKE,
    Job.Type.UPDATE: INSTALL + MAKE + REMOVE,
    Job.Type.DELETE: (
        (gettext_lazy("Access"), ("identities",)),
        (gettext_lazy("Bucket"), ("bucket",)),
        *REMOVE,
    ),
    Job.Type.INSTALL: INSTALL,
    Job.Type.UNINSTALL: REMOVE,
    Job.Type.ENABLE: INSTALL,
    Job.Type.DISABLE: STOP,
    Job.Type.VERIFY: ((gettext_lazy("Proof"), ("verify",)),),
    Job.Type.RENEW: ((gettext_lazy("Install"), ("configure", "start", "health")),),
    Job.Type.DRAIN: WRITES,
    Job.Type.UNDRAIN: WRITES,
    Job.Type.UPGRADE: UPGRADE,
}
# These come only when there is something to do, and are shown only then.
WHEN_NEEDED = {"remove", "back"}


@dataclass(frozen=True, slots=True)
class Way:
    """The one thing to do about a machine that stopped."""

    label: str
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class MachineRow:
    """One machine of a job. state, word: of its tag. percent: of its own steps."""

    machine: Machine
    state: str
    word: str
    percent: int
    bar: str
    doing: str
    seconds: int | None
    way: Way | None = None

    @property
    def clock(self) -> str:
        """Minutes and seconds."""
        return "" if self.seconds is None else f"{self.seconds // 60}:{self.seconds % 60:02d}"


@dataclass(frozen=True, slots=True)
class Board:
    """stopped: the first machine that waits for a person, with why."""

    steps: list[Step]
    rows: list[MachineRow]
    summary: str
    stopped: MachineRow | None

    @property
    def wrong(self) -> list[MachineRow]:
        """Those to try again when the others need no second try."""
        found = [row for row in self.rows if row.state == "bad"]
        return found if len(found) < len(self.rows) else []


def of(job: Job, steps: Sequence[JobStep], machines: Sequence[Machine]) -> Board:
    """From the rows of one job."""
    by_machine: dict[Any, list[JobStep]] = {}
    for step in steps:
        by_machine.setdefault(step.machine_id, []).append(step)
    known = {step.machine_id: step.machine for step in steps if step.machine is not None}
    rows = [_row(job, each, by_machine.get(each.pk, [])) for each in _all(machines, known)]
    stopped = next((row for row in rows if row.machine.state == Machine.State.KEY_CHANGED), None)
    has_machines = bool(rows)
    return Board(
        steps=[
            _step(job, label, [step for step in steps if step.name in names], len(rows))
            for label, names in GROUPS.get(job.type, MAKE)
            if _is_shown(names, steps, has_machines=has_machines)
        ],
        rows=rows,
        summary=_summary(rows),
        stopped=stopped if stopped and stopped.state == "bad" else None,
    )


def version(job: Job, last_event: int) -> str:
    """Changes whenever the page would look different."""
    changed = int(job.updated_at.timestamp() * 1000)
    return f"{last_event}-{changed}-{live.pause(job.created_at)}"


def _all(machines: Iterable[Machine], known: dict[Any, Machine]) -> list[Machine]:
    """Those of the job, and those that left it since."""
    found = {machine.pk: machine for machine in machines}
    return [*found.values(), *(machine for key, machine in known.items() if key not in found)]


def _is_shown(names: tuple[str, ...], steps: Sequence[JobStep], *, has_machines: bool) -> bool:
    if any(step.name in names for step in steps):
        return True
    if WHEN_NEEDED & {*names}:
        return False
    return has_machines or not {*names} & {*ON_MACHINES, "stop"}


def _step(job: Job, label: str | Promise, steps: Sequence[JobStep], machines: int) -> Step:
    states = [step.state for step in steps]
    on_machines = any(step.machine_id for step in steps)
    if State.FAILED in states:
        wrong = [step for step in steps if step.state == State.FAILED]
        told = ngettext("Failed on %(n)d machine", "Failed on %(n)d machines", len(wrong))
        detail = told % {"n": len(wrong)} if on_machines else _("Failed")
        return Step(label, "failed", detail=detail)
    if states and all(state == State.OK for state in states):
        return Step(label, "done", detail=_done(steps))
    if State.UNDONE in states:
        return Step(label, "todo", detail=_("Taken back"))
    running = State.RUNNING in states or State.OK in states
    if running and not job.is_finished:
        ready = {step.machine_id for step in steps if step.state == State.OK}
        detail = _("%(ready)d of %(all)d") % {"ready": len(ready), "all": machines}
        return Step(label, "now", detail=detail if on_machines and machines > 1 else _("At work"))
    return Step(label, "todo", detail=_("Not reached") if job.is_finished else _("Waiting"))


def _done(steps: Sequence[JobStep]) -> str:
    seconds = _seconds(steps)
    return _("Done") if seconds is None else _("Done, %(n)d s") % {"n": seconds}


def _row(job: Job, machine: Machine, steps: Sequence[JobStep]) -> MachineRow:
    failed = next((step for step in steps if step.state == State.FAILED), None)
    running = next((step for step in steps if step.state == State.RUNNING), None)
    done = [step for step in steps if step.state == State.OK]
    percent = _percent(steps)
    seconds = _seconds(steps)
    if failed is not None:
        way = _way(job, machine, failed)
        needs_person = way is not None and failed.name == "preflight"
        word = _("Stopped") if needs_person else _("Failed")
        return MachineRow(machine, "bad", word, percent, "bad", said(failed.message), seconds, way)
    if running is not None and not job.is_finished:
        return MachineRow(
            machine,
            "run",
            str(_RUNNING.get(running.name, _("At work"))),
            percent,
            "",
            words.step(running.name),
            seconds,
        )
    if any(step.state == State.UNDONE for step in steps):
        return MachineRow(machine, "idle", _("Taken back"), percent, "", "", seconds)
    if steps and len(done) == len(steps):
        last = said(done[-1].message)
        return MachineRow(machine, "ok", _("Ready"), 100, "ok", last, seconds)
    if job.is_finished:
        return MachineRow(machine, "idle", _("Not reached"), percent, "", "", seconds)
    word = _("Queued") if not done else _("Waits for others")
    return MachineRow(machine, "idle", word, percent, "", "", seconds)


_RUNNING: dict[str, str | Promise] = {
    "preflight": gettext_lazy("Checking"),
    "ship": gettext_lazy("Copying"),
    "configure": gettext_lazy("Installing"),
    "start": gettext_lazy("Installing"),
    "health": gettext_lazy("Verifying"),
    "writes": gettext_lazy("Verifying"),
    "verify": gettext_lazy("Verifying"),
    "back": gettext_lazy("Going back"),
    "stop": gettext_lazy("Stopping"),
    "remove": gettext_lazy("Taking off"),
}


def _way(job: Job, machine: Machine, failed: JobStep) -> Way | None:
    if machine.deleted_at is not None:
        return None
    if machine.state in (Machine.State.KEY_CHANGED, Machine.State.NEW):
        url = reverse("storage:host_key", args=[machine.number])
        back = reverse("storage:job", args=[job.pk])
        return Way(_("Review key"), f"{url}?next={back}", "fingerprint")
    if failed.name == "preflight":
        url = reverse("storage:edit_machine", args=[machine.number])
        return Way(_("Edit machine"), url, "edit")
    return None


def _percent(steps: Sequence[JobStep]) -> int:
    whole = sum(WEIGHTS.get(step.name, 1) for step in steps)
    done = sum(WEIGHTS.get(step.name, 1) for step in steps if step.state == State.OK)
    return done * 100 // whole if whole else 0


def _seconds(steps: Sequence[JobStep]) -> int | None:
    begun = [step.started_at for step in steps if step.started_at]
    if not begun:
        return None
    open_now = any(step.state == State.RUNNING for step in steps)
    ended: list[datetime] = [step.finished_at for step in steps if step.finished_at]
    end = timezone.now() if open_now or not ended else max(ended)
    return max(0, round((end - min(begun)) / timedelta(seconds=1)))


def _summary(rows: Sequence[MachineRow]) -> str:
    counted = {
        "ok": _("%(n)d ready"),
        "run": _("%(n)d at work"),
        "idle": _("%(n)d waiting"),
        "bad": _("%(n)d stopped"),
    }
    numbers = {state: sum(row.state == state for row in rows) for state in counted}
    return ", ".join(counted[state] % {"n": n} for state, n in numbers.items() if n)
