"""The list of vaults, and one of them from its five sides."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from s3vault_app import identities, selectors
from s3vault_app.models import Vault
from s3vault_app.permissions import KeyPermission, PlanPermission, VaultPermission
from s3vault_app.selectors import search, steps, strips
from s3vault_app.services import trials
from s3vault_app.ui import charts, connect, sentences
from s3vault_app.ui.forms.filters import VaultFilter
from s3vault_app.ui.forms.keys import RotateForm
from s3vault_app.ui.sayings import said
from s3vault_app.ui.sentences import Rules
from s3vault_app.ui.views.base import StorageView, vault_crumbs
from s3vault_app.ui.views.many import ManyVaultsView
from vaultportal.errors import Unavailable
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui.columns import Column
from vaultportal.ui.filters import Filters
from vaultportal.ui.lists import ListOf
from vaultportal.ui.paging import Keyset, Pages
from vaultportal.ui.tabs import Tab

COLUMNS = (
    Column("name", gettext_lazy("Name"), sort="name"),
    Column("state", gettext_lazy("State"), sort="state"),
    Column("plan", gettext_lazy("Plan"), sort="plan__name"),
    Column("endpoints", gettext_lazy("Endpoints"), sort="endpoint_count"),
    Column("holds", gettext_lazy("Holds"), sort="size_bytes"),
    Column("proof", gettext_lazy("Last proof"), sort="verified_at", at_end=True),
)


def may_order(actor: Actor) -> bool:
    """Whether the actor may make vaults, on all plans or on one."""
    if access.holds(actor, PlanPermission.USE):
        return True
    return access.permitted(actor, PlanPermission.USE, selectors.plans.list_plans(actor)).exists()


class VaultsView(ManyVaultsView):
    """GET /storage/vaults/?q=&state=&plan=&columns=&sort=&page=; POST has many verified."""

    a_list = ListOf(gettext_lazy("S3 vaults"), VaultFilter, columns=COLUMNS)

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = Filters.of(request, VaultFilter)
        pages = Pages.of(request)
        found = self.in_order(search.find_vaults(self.actor, filters.values))
        rows = list(found[pages.offset : pages.offset + pages.size])
        pages = pages.counting(found.count, len(rows))
        context = {
            "vaults": [(row, charts.fill_of(row)) for row in rows],
            "pages": pages,
            "matching": pages.count,
            "actions": self.actions if steps.may_change_some_vault(self.actor) else (),
            "filters": filters,
            "may_order": may_order(self.actor),
            "crumbs": [(_("S3 vaults"), "")],
        }
        return self.render("s3vault_app/vaults.html", "s3vault_app/_vaults.html", context)


class VaultView(StorageView):
    """GET /storage/vaults/{number}/"""

    tab = "overview"
    template = "s3vault_app/vault.html"

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        vault = selectors.vaults.get_vault(self.actor, number)
        context = head_of(self.actor, vault, self.tab) | self.content(vault)
        return self.render(self.template, self.template, context)

    def content(self, vault: Vault) -> dict[str, Any]:
        """What stands below the tabs."""
        doors = selectors.vaults.endpoints_of(vault)
        days = strips.usage_by_day(vault)
        return {
            "doors": charts.doors(doors),
            "capacity": charts.capacity(vault, days),
            "checks": charts.checks(vault),
            "effect": sentences.effect(Rules.of_vault(vault)),
            "connect": connect.of_vault(vault, doors),
            "pair": selectors.keys.unseen_pair(self.actor) if self._uses(vault) else None,
        }

    def _uses(self, vault: Vault) -> bool:
        return access.may(self.actor, VaultPermission.USE, vault)


class TestView(VaultView):
    """POST /storage/vaults/{number}/test/: whether its endpoints answer the portal, now."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        context: dict[str, Any] = {"tried": None, "refusal": ""}
        try:
            context["tried"] = trials.try_endpoints(self.actor, number)
        except Unavailable as away:
            context["refusal"] = said(away.message)
        if self.is_partial:
            return render(request, "s3vault_app/_tried.html", context)
        vault = selectors.vaults.get_vault(self.actor, number)
        whole = head_of(self.actor, vault, self.tab) | self.content(vault) | context
        return self.render(self.template, self.template, whole)


class VaultEndpointsView(VaultView):
    """GET /storage/vaults/{number}/endpoints/"""

    tab = "endpoints"
    template = "s3vault_app/vault_endpoints.html"

    def content(self, vault: Vault) -> dict[str, Any]:
        return {"doors": charts.doors(selectors.vaults.endpoints_of(vault))}


class VaultKeysView(VaultView):
    """GET /storage/vaults/{number}/keys/"""

    tab = "keys"
    template = "s3vault_app/vault_keys.html"

    def content(self, vault: Vault) -> dict[str, Any]:
        users = identities.holders(vault)
        return {
            "pairs": list(selectors.keys.list_holders_pairs(self.actor, vault, users)),
            "rotate": RotateForm(),
            "may_rotate_others": access.holds(self.actor, KeyPermission.CHANGE),
            "uses": self.actor.user_id in users,
            "holder_count": len(users),
        }


class VaultOwnersView(VaultView):
    """GET /storage/vaults/{number}/owners/"""

    tab = "owners"
    template = "s3vault_app/vault_owners.html"

    def content(self, vault: Vault) -> dict[str, Any]:
        return {"grants": selectors.grants.grants_on(vault)}


class VaultJobsView(VaultView):
    """GET /storage/vaults/{number}/jobs/?after="""

    tab = "jobs"
    template = "s3vault_app/vault_jobs.html"

    def content(self, vault: Vault) -> dict[str, Any]:
        return {"pages": job_page(self.request, search.jobs_of_vault(self.actor, vault))}


def job_page(request: HttpRequest, jobs: Any) -> Keyset[Any]:
    """A page of jobs, the newest first; the cursor is a job's number."""

    def rows(cursor: str, count: int) -> Any:
        older = jobs.filter(pk__lt=int(cursor)) if cursor.isdecimal() else jobs
        return older[:count]

    return Keyset.of(request, rows, key=lambda job: str(job.pk))


def head_of(actor: Actor, vault: Vault, tab: str) -> dict[str, Any]:
    """Name, state, actions and tabs of a vault."""
    counts = selectors.counts.of_vault(actor, vault)
    named = {
        "overview": (_("Overview"), "storage:vault", None),
        "endpoints": (_("Endpoints"), "storage:vault_endpoints", vault.endpoint_count),  # type: ignore[attr-defined]  # of list_vaults
        "keys": (_("Keys"), "storage:vault_keys", counts.keys),
        "owners": (_("Owners"), "storage:vault_owners", counts.owners),
        "jobs": (_("Jobs"), "storage:vault_jobs", None),
    }
    home = reverse("storage:vault", args=[vault.number])
    further = [] if tab == "overview" else [(str(named[tab][0]), "")]
    name = (vault.name, home if further else "")
    return {
        "vault": vault,
        "tab": tab,
        "tabs": [
            Tab(label, reverse(view, args=[vault.number]), current=key == tab, count=count)
            for key, (label, view, count) in named.items()
        ],
        "busy": search.unfinished_job(vault),
        "may_change": access.may(actor, VaultPermission.CHANGE, vault),
        "may_delete": access.may(actor, VaultPermission.DELETE, vault),
        "crumbs": vault_crumbs(name, *further),
    }
