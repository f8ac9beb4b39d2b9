"""Changes of a vault that stands: proof, endpoints, owners, rules, and its end."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from s3vault_app import selectors
from s3vault_app.models import StoragePlan, Vault
from s3vault_app.permissions import MachinePermission, VaultPermission
from s3vault_app.selectors import search
from s3vault_app.services import changes, vaults
from s3vault_app.services.changes import Change
from s3vault_app.ui import order, sentences
from s3vault_app.ui.forms import refusals
from s3vault_app.ui.forms.plan import RulesForm
from s3vault_app.ui.sayings import said
from s3vault_app.ui.sentences import Rules
from s3vault_app.ui.views.base import StorageView, numbers, vault_crumbs
from vaultportal.errors import Conflict, Invalid
from vaultportal.identity import access


class VerifyView(StorageView):
    """POST /storage/vaults/{number}/verify/"""

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        job = vaults.verify_now(self.actor, number)
        return redirect("storage:job", job.pk)


class ChangeView(StorageView):
    """A page that changes one vault."""

    def vault(self, number: int) -> Vault:
        """A vault that the actor may change."""
        vault = selectors.vaults.get_vault(self.actor, number)
        access.require(self.actor, VaultPermission.CHANGE, vault)
        return vault

    def crumbs(self, vault: Vault, here: str) -> list[tuple[str, str]]:
        home = reverse("storage:vault", args=[vault.number])
        return vault_crumbs((vault.name, home), (here, ""))

    def apply(self, vault: Vault, change: Change, view: str, told: str) -> HttpResponse:
        """Change it, and go on to the job, or back to where it is seen."""
        changed = changes.change_vault(self.actor, vault.number, change)
        if changed.job is not None:
            return redirect("storage:job", changed.job.pk)
        messages.success(self.request, told)
        return redirect(view, vault.number)


class ChooseEndpointsView(ChangeView):
    """GET, POST /storage/vaults/{number}/endpoints/change/: ``machines`` are all that it has."""

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        return self._page(self.vault(number))

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        vault = self.vault(number)
        wanted = tuple(numbers(request.POST.getlist("machines")))
        if not wanted:
            return self._page(vault, _("A vault needs one endpoint or more."), 422)
        told = _("Nothing had to be changed.")
        try:
            return self.apply(vault, Change(machines=wanted), "storage:vault_endpoints", told)
        except Conflict as refusal:
            return self._page(vault, said(refusal.message), 409)

    def _page(self, vault: Vault, refusal: str = "", status: int = 200) -> HttpResponse:
        doors = selectors.vaults.endpoints_of(vault)
        chosen = {door.machine.number for door in doors if door.machine}
        rows = list(search.find_machines(self.actor, {}))
        context = {
            "vault": vault,
            "rows": order.choices(rows, vault.pool, chosen=chosen),
            "refusal": refusal,
            "may_add": access.holds(self.actor, MachinePermission.ADD),
            "crumbs": self.crumbs(vault, _("Change endpoints")),
        }
        template = "s3vault_app/choose_endpoints.html"
        return self.render(template, template, context, status)


class ChooseOwnersView(ChangeView):
    """GET, POST /storage/vaults/{number}/owners/change/?q=: ``owners`` and ``groups`` are all.

    ``?part=found`` answers with them and with who else fits ``q``; nothing is changed by it.
    """

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        vault = self.vault(number)
        held = selectors.vaults.holders_of(vault)
        owners = numbers(request.GET.getlist("owners")) or [user.number for user in held.users]
        groups = numbers(request.GET.getlist("groups")) or [role.pk for role in held.roles]
        context = {
            "vault": vault,
            "crumbs": self.crumbs(vault, _("Change owners")),
            **self._people(vault, request.GET.get("q", ""), owners, groups),
        }
        template = "s3vault_app/choose_owners.html"
        return self.render(template, template, context)

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        owners = tuple(numbers(request.POST.getlist("owners")))
        groups = tuple(numbers(request.POST.getlist("groups")))
        words = request.POST.get("q", "")
        if request.GET.get("part") == "found":
            context = self._people(self.vault(number), words, owners, groups)
            return render(request, "s3vault_app/_found.html", context)
        if request.POST.get("go") == "search":
            here = reverse("storage:choose_owners", args=[number])
            return redirect(order.with_words(here, words, owners, groups))
        change = Change(owners=owners, groups=groups, rotate_keys="rotate_keys" in request.POST)
        told = _("Saved. Who was left out loses access within seconds.")
        return self.apply(self.vault(number), change, "storage:vault_owners", told)

    def _people(
        self, vault: Vault, words: str, owners: Collection[int], groups: Collection[int]
    ) -> dict[str, Any]:
        holders = [user.number for user in selectors.vaults.holders_of(vault).users]
        return order.people(self.actor, words, owners, groups, holders=holders)


class RulesView(ChangeView):
    """GET, POST /storage/vaults/{number}/rules/; ``?part=effect`` says what a form would mean."""

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        vault = self.vault(number)
        return self._page(vault, RulesForm(vault=vault))

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        vault = self.vault(number)
        form = RulesForm(request.POST, vault=vault)
        if request.GET.get("part") == "effect":
            return render(request, "s3vault_app/_effect.html", self._effect(vault, form))
        if form.is_valid():
            given = form.cleaned_data
            change = Change(
                quota_bytes=form.quota_bytes,
                lock_mode=given.get("lock_mode"),
                lock_days=given.get("days"),
            )
            try:
                return self.apply(vault, change, "storage:vault", _("Nothing had to be changed."))
            except (Conflict, Invalid) as refusal:
                refusals.show(form, refusal, {"objectLock": "days", "quotaInBytes": "quota"})
        return self._page(vault, form, 422)

    def _page(self, vault: Vault, form: RulesForm, status: int = 200) -> HttpResponse:
        context = {
            "vault": vault,
            "form": form,
            "crumbs": self.crumbs(vault, _("Rules")),
            **self._effect(vault, form),
        }
        template = "s3vault_app/rules.html"
        return self.render(template, template, context, status)

    def _effect(self, vault: Vault, form: RulesForm) -> dict[str, Any]:
        rules = Rules.of_vault(vault)
        quota = vault.quota_bytes
        if form.is_bound and form.is_valid():
            given = form.cleaned_data
            quota = form.quota_bytes
            rules = Rules(
                given.get("lock_mode") or vault.lock_mode,
                given.get("days") or vault.lock_days,
                vault.versioning,
                quota,
                vault.lifecycle,
            )
        over = [vault] if quota and vault.size_bytes > quota else []
        strict = rules.lock_mode == StoragePlan.Lock.COMPLIANCE != vault.lock_mode
        return {"effect": sentences.effect(rules), "over": over, "is_for_good": strict}
