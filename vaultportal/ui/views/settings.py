"""Settings: what can be changed while the portal runs, what the deployment has fixed, how it is."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vaultportal import trail
from vaultportal.directory import diagnostics, options
from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import SettingPermission
from vaultportal.directory.services import settings as service
from vaultportal.errors import Invalid, NotFound
from vaultportal.identity import access
from vaultportal.ui import options_form, settings_parts, settings_tabs
from vaultportal.ui.tabs import Tab
from vaultportal.ui.views.base import PortalView

FACTS = {
    "portal": gettext_lazy("Vault Portal"),
    "python": gettext_lazy("Python"),
    "django": gettext_lazy("Django"),
    "environment": gettext_lazy("Environment"),
    "postgresql": gettext_lazy("PostgreSQL"),
    "database_bytes": gettext_lazy("Size of the database"),
    "migrations_pending": gettext_lazy("Migrations that are missing"),
    "queue_default": gettext_lazy("Tasks waiting"),
    "queue_gates": gettext_lazy("Questions waiting"),
    "queue_jobs": gettext_lazy("Jobs waiting"),
    "workers": gettext_lazy("Workers"),
    "oldest_event_waits_since": gettext_lazy("Oldest event waits since"),
    "disk_free_bytes": gettext_lazy("Free disk"),
}


class SettingsView(PortalView):
    """GET, POST /settings/?tab=; POST saves the tab, or with ``reset`` takes one default back."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page()

    def post(self, request: HttpRequest) -> HttpResponse:
        self.require_recent_proof()
        if name := request.POST.get("reset", ""):
            service.reset_setting(self.actor, name)
            messages.success(request, _("The default is in force again."))
            return redirect(self._url(self.tab))
        wrong: dict[str, str] = {}
        try:
            changed = self._save(wrong)
        except Invalid as refusal:
            wrong |= {fault.property: options_form.problem(refusal) for fault in refusal.faults}
            changed = 0
        if wrong:
            return self._page(wrong, 422)
        messages.success(request, _("Settings saved.") if changed else _("Nothing changed."))
        return redirect(self._url(self.tab))

    @property
    def tab(self) -> str:
        asked = self.request.GET.get("tab", "general")
        if asked not in dict(settings_tabs.shown()):
            raise NotFound("page")
        return asked

    @trail.unit()
    def _save(self, wrong: dict[str, str]) -> int:
        """Save all or, when a line is ``wrong``, nothing; how many changed."""
        access.require(self.actor, SettingPermission.CHANGE, Setting)
        changed: dict[str, Any] = {}
        for line in options_form.lines(self.tab):
            if line.env:
                continue
            option = options.named(line.name)
            try:
                value = options_form.parse(option, self.request.POST)
                if option.parse(value) != line.value:
                    changed[line.name] = value
            except ValueError:
                wrong[line.name] = _("This is not a number.")
            except Invalid as refusal:
                wrong[line.name] = options_form.problem(refusal)
        if wrong:
            return 0
        for name, value in changed.items():
            service.change_setting(self.actor, name, value)
        return len(changed)

    def _page(self, wrong: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
        access.require(self.actor, SettingPermission.VIEW, Setting)
        tab = self.tab
        lines = options_form.lines(tab)
        if wrong:
            typed = self.request.POST
            lines = [line if line.env else options_form.typed_into(line, typed) for line in lines]
        context: dict[str, Any] = {
            "tab": tab,
            "tabs": [
                Tab(label, self._url(name), name == tab) for name, label in settings_tabs.shown()
            ],
            "lines": [(line, (wrong or {}).get(line.name, "")) for line in lines],
            "fixed": options_form.fixed(tab),
            "may_change": access.holds(self.actor, SettingPermission.CHANGE),
            "crumbs": [(_("Settings"), "")],
        }
        parts = settings_parts.of(tab)
        context["parts"] = [part.template for part in parts]
        for part in parts:
            context |= part.context(self.actor)
        if tab == "about":
            found = diagnostics.facts(self.actor)
            context["facts"] = [(fact, FACTS.get(fact.name, fact.name)) for fact in found]
            context["diagnostics"] = "\n".join(f"{fact.name}: {fact.value}" for fact in found)
        return self.render("settings/settings.html", "settings/settings.html", context, status)

    def _url(self, tab: str) -> str:
        return f"{reverse('ui:settings')}?tab={tab}"
