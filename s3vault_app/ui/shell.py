"""What storage adds to every page: the rail, the palette, what wants attention, the overview."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from s3vault_app import selectors
from s3vault_app.permissions import MachinePermission, PlanPermission, PoolPermission
from s3vault_app.selectors import search, watch
from s3vault_app.ui import words
from s3vault_app.ui.sayings import said
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui import activity, attention, navigation, palette, panels, running, totals
from vaultportal.ui.activity import Wording
from vaultportal.ui.attention import Need
from vaultportal.ui.navigation import Count, Entry, Group
from vaultportal.ui.palette import Found

# The entries of one rail ask for the same actor, one after another.
_last: ContextVar[tuple[Actor, bool] | None] = ContextVar("sees_vaults", default=None)


def sees_vaults(actor: Actor) -> bool:
    """Whether any vault is there for the actor; asked once for all entries of a page."""
    known = _last.get()
    if known is None or known[0] is not actor:
        known = (actor, watch.sees_vaults(actor))
        _last.set(known)
    return known[1]


def sees_machines(actor: Actor) -> bool:
    """Whether the actor may look at machines."""
    return access.holds(actor, MachinePermission.VIEW)


def _find_vaults(actor: Actor, given: str, limit: int) -> Iterable[Found]:
    for vault in search.find_vaults(actor, {"q": given})[:limit]:
        state = str(words.VAULT[vault.state][1])
        url = reverse("storage:vault", args=[vault.number])
        yield Found(vault.name, f"{vault.plan.name} · {state}", "cloud-lock", url)


def _find_machines(actor: Actor, given: str, limit: int) -> Iterable[Found]:
    for machine in search.find_machines(actor, {"q": given})[:limit]:
        state = str(words.ENGINE[machine.engine_state][1])
        url = reverse("storage:endpoint", args=[machine.number])
        yield Found(machine.name, f"{machine.host} · {state}", "server", url)


def _find_plans(actor: Actor, given: str, limit: int) -> Iterable[Found]:
    for plan in search.find_plans(actor, given)[:limit]:
        url = reverse("storage:plan", args=[plan.number])
        yield Found(plan.name, plan.pool.name, "stack-2", url)


def _find_pools(actor: Actor, given: str, limit: int) -> Iterable[Found]:
    for pool in selectors.plans.list_pools(actor).filter(name__icontains=given)[:limit]:
        state = str(words.POOL[pool.state][1])
        url = reverse("storage:pool", args=[pool.number])
        yield Found(pool.name, state, "database", url)


def _find_jobs(actor: Actor, given: str, limit: int) -> Iterable[Found]:
    for job in search.find_jobs(actor, {"q": given})[:limit]:
        state = str(words.JOB[job.state][1])
        yield Found(words.title_of(job), state, "list-check", reverse("storage:job", args=[job.pk]))


def _pages(actor: Actor) -> Iterable[Found]:
    """What lies beside plans."""
    if sees_vaults(actor):
        yield Found(_("Storage pools"), _("Plans"), "database", reverse("storage:pools"))


def _actions(actor: Actor, given: str, limit: int) -> Iterable[Found]:
    known: list[tuple[str, str, Callable[[Actor], bool]]] = [
        (_("New vault"), "storage:new", lambda who: access.holds(who, PlanPermission.USE)),
        (
            _("New machine"),
            "storage:new_machine",
            lambda who: access.holds(who, MachinePermission.ADD),
        ),
        (_("New plan"), "storage:new_plan", lambda who: access.holds(who, PlanPermission.ADD)),
        (
            _("New storage pool"),
            "storage:new_pool",
            lambda who: access.holds(who, PoolPermission.ADD),
        ),
    ]
    lines = [
        Found(label, _("Storage"), "plus", reverse(view))
        for label, view, may in known
        if may(actor)
    ]
    return palette.matching(given, lines)[:limit]


def _failed_jobs(actor: Actor) -> Iterable[Need]:
    for job in watch.failed_jobs(actor)[: watch.FEW]:
        told = _("%(job)s failed") % {"job": words.title_of(job)}
        url = reverse("storage:job", args=[job.pk])
        yield Need("bad", told, url, gettext_lazy("Open job"), job.finished_at, said(job.reason))


def _changed_keys(actor: Actor) -> Iterable[Need]:
    for machine in watch.untrusted_machines(actor)[: watch.FEW]:
        told = _("%(machine)s shows another SSH host key") % {"machine": machine.name}
        url = reverse("storage:host_key", args=[machine.number])
        yield Need("bad", told, url, gettext_lazy("Review key"), machine.offered_at)


def _unwell_vaults(actor: Actor) -> Iterable[Need]:
    for vault in watch.unwell_vaults(actor)[: watch.FEW]:
        state, word = words.VAULT[vault.state]
        told = _("Vault %(name)s: %(state)s") % {"name": vault.name, "state": word}
        url = reverse("storage:vault", args=[vault.number])
        yield Need(
            state, told, url, gettext_lazy("Open vault"), vault.updated_at, said(vault.failure)
        )


def _full_vaults(actor: Actor) -> Iterable[Need]:
    for vault in watch.nearly_full_vaults(actor)[: watch.FEW]:
        percent = vault.size_bytes * 100 // vault.quota_bytes
        told = _("Vault %(name)s is full to %(percent)d %%")
        url = reverse("storage:rules", args=[vault.number])
        state = "bad" if vault.read_only else "warn"
        text = told % {"name": vault.name, "percent": percent}
        yield Need(state, text, url, gettext_lazy("Change quota"), vault.usage_at)


def _certificates(actor: Actor) -> Iterable[Need]:
    for machine in watch.ending_certificates(actor)[: watch.FEW]:
        told = _("The certificate of %(machine)s ends soon") % {"machine": machine.name}
        url = reverse("storage:endpoint", args=[machine.number])
        yield Need("warn", told, url, gettext_lazy("Open endpoint"), machine.certificate_expires_at)


def _untold(actor: Actor) -> Iterable[Need]:
    for pool in watch.untold_pools(actor)[: watch.FEW]:
        told = _("Store %(name)s does not know yet whose access changed") % {"name": pool.name}
        url = reverse("storage:endpoints")
        yield Need("bad", told, url, gettext_lazy("Open endpoints"))


def _failures(actor: Actor) -> Count | None:
    number = watch.failed_jobs(actor).count()
    told = ngettext("%(n)d failed", "%(n)d failed", number) % {"n": number}
    return Count(told, "bad") if number else None


def _running(actor: Actor) -> int:
    return watch.running_jobs(actor).count()


def _running_lines(actor: Actor) -> Iterable[running.Line]:
    for job in watch.running_jobs(actor)[: running.FEW]:
        url = reverse("storage:job", args=[job.pk])
        doing = words.step(job.phase) if job.phase else ""
        yield running.Line(words.title_of(job), url, doing, job.percent)


def _total(actor: Actor) -> totals.Total | None:
    found = watch.totals(actor)
    if not found.vaults:
        return None
    told = ngettext("%(n)d vault is unwell", "%(n)d vaults are unwell", found.unwell)
    held = _("%(size)s held") % {"size": words.size(found.bytes)}
    detail = told % {"n": found.unwell} if found.unwell else held
    url = reverse("storage:vaults")
    points = totals.course(watch.lives(actor, totals.DAYS))
    return totals.Total(gettext_lazy("S3 vaults"), str(found.vaults), detail, url, points)


def _panel(actor: Actor) -> Mapping[str, Any]:
    if not sees_vaults(actor):
        return {"shown": False}
    return {
        "shown": True,
        "totals": watch.totals(actor),
        "may_order": selectors.plans.usable_plans(actor).exists(),
    }


navigation.register(
    Entry(
        Group.STORAGE,
        0,
        gettext_lazy("S3 vaults"),
        "cloud-lock",
        "storage:vaults",
        sees_vaults,
        navigation.numbered(watch.count_vaults),
    ),
    Entry(Group.STORAGE, 1, gettext_lazy("Plans"), "stack-2", "storage:plans", sees_vaults),
    Entry(
        Group.STORAGE,
        2,
        gettext_lazy("Endpoints"),
        "server",
        "storage:endpoints",
        sees_machines,
        navigation.numbered(watch.count_machines),
    ),
    Entry(
        Group.STORAGE,
        3,
        gettext_lazy("Jobs"),
        "list-check",
        "storage:jobs",
        sees_vaults,
        _failures,
    ),
)
palette.register(
    palette.Source(gettext_lazy("S3 vaults"), 300, _find_vaults),
    palette.Source(gettext_lazy("Endpoints"), 310, _find_machines),
    palette.Source(gettext_lazy("Plans"), 320, _find_plans),
    palette.Source(gettext_lazy("Storage pools"), 330, _find_pools),
    palette.Source(gettext_lazy("Jobs"), 340, _find_jobs),
    palette.Source(gettext_lazy("Do in storage"), 700, _actions),
)
palette.register_pages(_pages)
for order, find in enumerate(
    (_failed_jobs, _changed_keys, _unwell_vaults, _full_vaults, _certificates, _untold)
):
    attention.register(attention.Source(300 + order, find))
panels.register(panels.Panel(40, "s3vault_app/panel.html", _panel))
totals.register(totals.Source(30, _total))
running.register(running.Source(_running, "storage:jobs", _running_lines))
activity.WORDINGS.update(
    {
        "s3_vault.create": Wording(gettext_lazy("{actor} made the vault {target}"), "cloud-lock"),
        "s3_vault.change": Wording(gettext_lazy("{actor} changed the vault {target}"), "edit"),
        "s3_vault.delete": Wording(gettext_lazy("{actor} deleted the vault {target}"), "trash"),
        "s3_vault.verify": Wording(
            gettext_lazy("{actor} asked for a proof of {target}"), "shield-check"
        ),
        "s3_machine.register": Wording(
            gettext_lazy("{actor} added the machine {target}"), "server"
        ),
        "s3_machine.accept_host_key": Wording(
            gettext_lazy("{actor} accepted the host key of {target}"), "fingerprint"
        ),
        "s3_endpoint.upgrade": Wording(
            gettext_lazy("{actor} let {target} be upgraded"), "download"
        ),
        "s3_endpoint.drain": Wording(
            gettext_lazy("{actor} let {target} be drained"), "player-pause"
        ),
        "s3_endpoint.undrain": Wording(
            gettext_lazy("{actor} let {target} take writes again"), "player-play"
        ),
        "s3_key.show": Wording(
            gettext_lazy("{actor} was shown the secret of {target}"), "eye", "is-plain"
        ),
        "s3_key.rotate": Wording(gettext_lazy("{actor} rotated the key {target}"), "key"),
    }
)
