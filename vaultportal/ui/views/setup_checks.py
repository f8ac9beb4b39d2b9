"""After the first administrator: the address, the keys, and what the portal begins with."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vaultportal.directory import recovery, sample_data
from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import RolePermission, SettingPermission
from vaultportal.errors import Invalid
from vaultportal.identity import access
from vaultportal.identity.models import Role
from vaultportal.ui.steps import Step
from vaultportal.ui.views.base import PortalView

UNDER_WAY = "setting_up"  # in the session of who has just made the portal theirs
LOCAL = ("localhost", "127.0.0.1", "[::1]")


class _StepView(PortalView):
    """A page of the set-up, for who may see the settings; it changes nothing by being looked at."""

    number: int

    def show(self, template: str, context: dict[str, object], status: int = 200) -> HttpResponse:
        """The page with the steps above it. Raises Forbidden."""
        access.require(self.actor, SettingPermission.VIEW, Setting)
        whole = {"steps": steps(self.number), "label": _("Steps"), **context}
        return self.render(template, template, whole, status)


class AddressView(_StepView):
    """GET /setup/address/: whether the portal is where it says, and encrypted."""

    number = 2

    def get(self, request: HttpRequest) -> HttpResponse:
        here = f"{request.scheme}://{request.get_host()}"
        host = request.get_host().rpartition(":")[0] or request.get_host()
        context: dict[str, object] = {
            "here": here,
            "said": settings.PUBLIC_BASE_URL,
            "is_same": here == settings.PUBLIC_BASE_URL,
            "is_secure": request.is_secure(),
            "is_local": host in LOCAL,
            "is_production": settings.IS_PRODUCTION,
        }
        return self.show("setup/address.html", context)


class CodeForm(forms.Form):
    """What stands at the end of the sheet."""

    code = forms.CharField(
        label=gettext_lazy("The six characters at the end of the sheet"),
        max_length=20,
        widget=forms.TextInput(
            {"class": "form-control vp-code-input", "autocomplete": "off", "spellcheck": "false"}
        ),
    )


class KeysView(_StepView):
    """GET, POST /setup/keys/: the keys open, and somebody holds the sheet."""

    number = 3

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(CodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = CodeForm(request.POST)
        if form.is_valid():
            try:
                recovery.confirm(self.actor, form.cleaned_data["code"])
            except Invalid:
                form.add_error("code", _("This is not the code of the sheet. Download it anew."))
            else:
                return redirect("ui:setup_data")
        return self._page(form, status=422)

    def _page(self, form: CodeForm, status: int = 200) -> HttpResponse:
        context: dict[str, object] = {"form": form, "sheet": recovery.sheet(self.actor)}
        return self.show("setup/keys.html", context, status)


class SheetView(PortalView):
    """GET /setup/keys/sheet.txt"""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {"sheet": recovery.sheet(self.actor), "address": settings.PUBLIC_BASE_URL}
        text = render_to_string("setup/sheet.txt", context, request)
        response = HttpResponse(text, content_type="text/plain; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="vault-portal-recovery.txt"'
        return response


class DataView(_StepView):
    """GET, POST /setup/data/: ``samples`` to look around with, or nothing."""

    number = 4

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show("setup/data.html", {"may_have_samples": not settings.IS_PRODUCTION})

    def post(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, SettingPermission.CHANGE, Setting)
        if "samples" in request.POST:
            self.require_recent_proof()
            access.require(self.actor, RolePermission.CHANGE, Role)  # they come with roles
            for _line in sample_data.load():
                pass
            messages.success(request, _("The samples are there."))
        request.session.pop(UNDER_WAY, None)
        return redirect("ui:home")


def steps(now: int) -> list[Step]:
    """The four steps, the one numbered ``now`` being looked at."""
    labels = (_("Administrator"), _("Address"), _("Keys"), _("Data"))
    urls = ("", reverse("ui:setup_address"), reverse("ui:setup_keys"), reverse("ui:setup_data"))
    found = []
    for number, (label, url) in enumerate(zip(labels, urls, strict=True), start=1):
        state = "now" if number == now else "done" if number < now else "todo"
        found.append(Step(label, state, url if number < now else ""))
    return found
