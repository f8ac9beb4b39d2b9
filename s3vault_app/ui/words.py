"""States, jobs and sizes in the reader's words."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from s3vault_app.models import Endpoint, Job, JobEvent, Machine, StoragePool, Vault
from s3vault_app.models.pool import FOR_EVER
from s3vault_app.ui.sayings import said

Said = tuple[str, str | Promise]  # state of a tag, word

VAULT: dict[str, Said] = {
    Vault.State.NEW: ("idle", gettext_lazy("Waiting")),
    Vault.State.INSTALLING: ("run", gettext_lazy("Being installed")),
    Vault.State.ACTIVE: ("ok", gettext_lazy("Ready")),
    Vault.State.DEGRADED: ("warn", gettext_lazy("Degraded")),
    Vault.State.FAILED: ("bad", gettext_lazy("Failed")),
    Vault.State.DELETING: ("run", gettext_lazy("Being deleted")),
    Vault.State.DELETED: ("idle", gettext_lazy("Deleted")),
}
# Of a storage pool whose store is to take no writes: asked for, proved, and taken back.
DRAINING: Said = ("run", gettext_lazy("Being drained"))
DRAINED: Said = ("warn", gettext_lazy("Takes no writes"))
COMES_BACK: Said = ("run", gettext_lazy("Being taken back"))
JOB: dict[str, Said] = {
    Job.State.WAITING: ("idle", gettext_lazy("Waiting")),
    Job.State.RUNNING: ("run", gettext_lazy("Running")),
    Job.State.SUSPENDED: ("idle", gettext_lazy("Paused")),
    Job.State.COMPLETED: ("ok", gettext_lazy("Completed")),
    Job.State.PARTIAL: ("warn", gettext_lazy("Completed with errors")),
    Job.State.KILLED: ("idle", gettext_lazy("Cancelled")),
    Job.State.FAILED: ("bad", gettext_lazy("Failed")),
}
ENDPOINT: dict[str, Said] = {
    Endpoint.State.INSTALLING: ("run", gettext_lazy("Being installed")),
    Endpoint.State.ONLINE: ("ok", gettext_lazy("Online")),
    Endpoint.State.OFFLINE: ("bad", gettext_lazy("Does not answer")),
    Endpoint.State.DISABLED: ("idle", gettext_lazy("Stopped")),
    Endpoint.State.FAILED: ("bad", gettext_lazy("Failed")),
    Endpoint.State.REMOVING: ("run", gettext_lazy("Being removed")),
}
ENGINE: dict[str, Said] = {
    **ENDPOINT,
    Machine.EngineState.ABSENT: ("line", gettext_lazy("Not installed")),
}
MACHINE: dict[str, Said] = {
    Machine.State.NEW: ("warn", gettext_lazy("Host key not accepted")),
    Machine.State.READY: ("ok", gettext_lazy("Trusted")),
    Machine.State.UNREACHABLE: ("bad", gettext_lazy("Not reachable")),
    Machine.State.KEY_CHANGED: ("bad", gettext_lazy("Host key changed")),
}
POOL: dict[str, Said] = {
    StoragePool.State.NEW: ("line", gettext_lazy("Not used yet")),
    StoragePool.State.READY: ("ok", gettext_lazy("Ready")),
    StoragePool.State.DEGRADED: ("warn", gettext_lazy("Degraded")),
    StoragePool.State.FAILED: ("bad", gettext_lazy("Failed")),
}
TYPES: dict[str, str | Promise] = {
    Job.Type.CREATE: gettext_lazy("Create vault"),
    Job.Type.UPDATE: gettext_lazy("Change vault"),
    Job.Type.DELETE: gettext_lazy("Delete vault"),
    Job.Type.INSTALL: gettext_lazy("Install endpoint"),
    Job.Type.UNINSTALL: gettext_lazy("Uninstall endpoint"),
    Job.Type.ENABLE: gettext_lazy("Start endpoint"),
    Job.Type.DISABLE: gettext_lazy("Stop endpoint"),
    Job.Type.VERIFY: gettext_lazy("Verify vault"),
    Job.Type.RENEW: gettext_lazy("Renew certificate"),
    Job.Type.DRAIN: gettext_lazy("Drain endpoint"),
    Job.Type.UNDRAIN: gettext_lazy("Let endpoint take writes"),
    Job.Type.UPGRADE: gettext_lazy("Upgrade endpoint"),
}
ENGINES: dict[str, str | Promise] = {
    StoragePool.Engine.SEAWEEDFS: gettext_lazy("Engine on own machines"),
    StoragePool.Engine.IAM: gettext_lazy("S3 store with users"),
    StoragePool.Engine.STATIC: gettext_lazy("S3 bucket with one key pair"),
}
PARTS: dict[str, str | Promise] = {
    Endpoint.Role.STORE: gettext_lazy("store"),
    Endpoint.Role.GATEWAY: gettext_lazy("gateway"),
    Endpoint.Role.GIVEN: gettext_lazy("existing store"),
}
STEPS: dict[str, str | Promise] = {
    "preflight": gettext_lazy("Checking the machine"),
    "ship": gettext_lazy("Copying the program"),
    "configure": gettext_lazy("Writing the configuration"),
    "start": gettext_lazy("Starting"),
    "health": gettext_lazy("Asking whether it answers"),
    "bucket": gettext_lazy("Making the bucket"),
    "identities": gettext_lazy("Telling it of people and keys"),
    "verify": gettext_lazy("Proving that it is closed"),
    "writes": gettext_lazy("Trying whether it takes writes"),
    "keep": gettext_lazy("Keeping the older version"),
    "tidy": gettext_lazy("Clearing the older version away"),
    "back": gettext_lazy("Going back to the older version"),
    "stop": gettext_lazy("Stopping"),
    "remove": gettext_lazy("Taking it off"),
}
LEVELS: dict[int, str] = {
    JobEvent.Severity.INFO: "info",
    JobEvent.Severity.MINOR: "warning",
    JobEvent.Severity.MAJOR: "error",
    JobEvent.Severity.CRITICAL: "error",
}
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def size(count: int | float | None) -> str:
    """Bytes with three digits at most: "3.6 TiB"."""
    value, unit = float(count or 0), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    digits = 0 if unit == 0 or value >= 100 else 1
    value = round(value, digits)
    shown = number_format(value, decimal_pos=0 if value == int(value) else digits, use_l10n=True)
    return f"{shown} {_UNITS[unit]}"


def period(days: int) -> str:
    """Days as a person says them: whole years where they are."""
    if days == FOR_EVER:
        return _("for ever")
    if days and days % 365 == 0:
        years = days // 365
        return ngettext("%(n)d year", "%(n)d years", years) % {"n": years}
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def title_of(job: Job) -> str:
    """What a job is about, as the heading of its page."""
    name = job.vault.name if job.vault else job.pool.name if job.pool else ""
    titles = {
        Job.Type.CREATE: _("Create vault %(name)s"),
        Job.Type.UPDATE: _("Change vault %(name)s"),
        Job.Type.DELETE: _("Delete vault %(name)s"),
        Job.Type.INSTALL: _("Install an endpoint for %(name)s"),
        Job.Type.UNINSTALL: _("Uninstall an endpoint of %(name)s"),
        Job.Type.ENABLE: _("Start an endpoint of %(name)s"),
        Job.Type.DISABLE: _("Stop an endpoint of %(name)s"),
        Job.Type.VERIFY: _("Verify vault %(name)s"),
        Job.Type.RENEW: _("Renew a certificate of %(name)s"),
        Job.Type.DRAIN: _("Drain the store of %(name)s"),
        Job.Type.UNDRAIN: _("Let the store of %(name)s take writes"),
        Job.Type.UPGRADE: _("Upgrade an endpoint of %(name)s"),
    }
    found = titles.get(Job.Type(job.type)) if job.type in Job.Type.values else None
    return (found or "%(name)s") % {"name": name}


def line(name: str, text: str) -> str:
    """A line of a job's log. name: of the step that it is about, "" for none."""
    if name and text.startswith(f"{name}: "):
        return f"{step(name)}: {said(text.removeprefix(f'{name}: '))}"
    return said(text)


def step(name: str) -> str:
    """A step of a job in words; one that nobody named as it is."""
    return str(STEPS.get(name, name))
