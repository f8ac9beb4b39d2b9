"""Actions: functions of bundles that anybody may be let to invoke, with a role of their own."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.code_errors import CodeFailed
from collections_app.permissions import Capability
from collections_app.selectors import code
from collections_app.services import actions, guard, invoking
from collections_app.services.actions import HTTP_CALL, ActionDraft, ActionInfo
from collections_app.ui.reason import CHOICES, browsing_reason
from collections_app.ui.views.bundles import CodeView, crumbs
from vaultportal.api.body import parse_json
from vaultportal.directory import tickets
from vaultportal.errors import (
    Conflict,
    Disabled,
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    NotImplementedHere,
    Unavailable,
)
from vaultportal.identity import access
from vaultportal.ui.reasons import takes_note
from vaultportal.ui.views.confirm import Confirmation, ConfirmView

_MONO = {"autocapitalize": "none", "spellcheck": "false"}


class ActionForm(forms.Form):
    """A function, and the role that it runs with."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=450, widget=forms.TextInput(_MONO)
    )
    function = forms.CharField(
        label=gettext_lazy("Function"),
        max_length=910,
        help_text=gettext_lazy("As bundle.function."),
        widget=forms.TextInput(_MONO),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Runs with the role"),
        help_text=gettext_lazy("It has the rights of this role, whoever invokes it."),
    )
    description = forms.CharField(label=gettext_lazy("Description"), max_length=450, required=False)

    def __init__(self, roles: list[str], data: Any = None) -> None:
        super().__init__(data)
        self.fields["role"].choices = [(name, name) for name in roles]  # type: ignore[attr-defined]  # a ChoiceField


class InvokeForm(forms.Form):
    """What goes in, and why."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        # The note is not held against the settings: reasons that take one are none of these.
        choices=lambda: [(each.code, each.title) for each in CHOICES if not takes_note(each)],
    )
    note = forms.CharField(
        label=gettext_lazy("Ticket"),
        max_length=tickets.LONGEST_NOTE,
        required=False,
        help_text=gettext_lazy("For values of which each look needs one."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    body = forms.CharField(
        label=gettext_lazy("Input, as JSON"),
        max_length=100_000,
        initial="{}",
        widget=forms.Textarea({"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean_body(self) -> Any:
        try:
            return parse_json(self.cleaned_data["body"].encode())
        except Malformed:
            raise forms.ValidationError(_("This is not JSON.")) from None


class ListView(CodeView):
    """GET /bundles/actions/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            **self.frame("actions"),
            "may_add": access.holds(self.actor, Capability.ACTION_WRITER),
        }
        status = 200
        try:
            found = actions.list_actions(self.actor)
        except Forbidden:  # the page says what is missing; other tabs may be open
            context["refused"], status = True, 403
        else:
            off = code.switched_off()
            context["actions"] = [(info, off.get(info.name)) for info in found]
        template = "collections_app/actions.html"
        return self.render(template, template, context, status)


class NewView(CodeView):
    """GET, POST /bundles/actions/new/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        guard.require(self.actor, Capability.ACTION_WRITER)
        return self._page(ActionForm(code.lendable_roles(self.actor)))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ActionForm(code.lendable_roles(self.actor), request.POST)
        if form.is_valid():
            given = form.cleaned_data
            try:
                actions.add_action(self.actor, ActionDraft(**given))
            except (Invalid, Conflict, NotFound) as refusal:
                form.add_error(None, refusal.message)
            else:
                messages.success(request, _("Action made."))
                return redirect("code:action", given["name"])
        return self._page(form, 422)

    def _page(self, form: ActionForm, status: int = 200) -> HttpResponse:
        guard.require(self.actor, Capability.ACTION_WRITER)
        context = {**self.frame("actions"), "form": form, "crumbs": crumbs((_("New action"), ""))}
        template = "collections_app/new_action.html"
        return self.render(template, template, context, status)


class ActionView(CodeView):
    """GET, POST /bundles/actions/{name}/: the action; a post invokes it."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        info = actions.get_action(self.actor, name)
        return self._page(info, InvokeForm(initial={"reason": browsing_reason(request)}))

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        info = actions.get_action(self.actor, name)
        form = InvokeForm(request.POST)
        if not form.is_valid():
            return self._page(info, form, 422)
        given = form.cleaned_data
        actor = self.actor.with_(reason=given["reason"], note=given["note"])
        try:
            if name == HTTP_CALL:
                result: Any = invoking.invoke_http_call(actor, given["body"])
            else:
                result = invoking.invoke(actor, name, given["body"])
        except (Invalid, CodeFailed, Disabled, NotImplementedHere, Unavailable) as refusal:
            form.add_error(None, refusal.message)
            return self._page(info, form, 422)
        except Forbidden as refusal:
            if refusal.reason != tickets.REFUSAL:
                raise
            form.add_error("note", tickets.wanted())
            return self._page(info, form, 422)
        shown = json.dumps(result, ensure_ascii=False, indent=2)
        response = self._page(info, form, result=shown)
        response["Cache-Control"] = "no-store"
        return response

    def _page(
        self, info: ActionInfo, form: InvokeForm, status: int = 200, result: str | None = None
    ) -> HttpResponse:
        context = {
            **self.frame("actions"),
            "info": info,
            "form": form,
            "result": result,
            "off_since": code.switched_off().get(info.name),
            "may_delete": not info.is_builtin
            and access.holds(self.actor, Capability.ACTION_WRITER),
            "crumbs": crumbs((_("Actions"), reverse("code:actions")), (info.name, "")),
        }
        template = "collections_app/action.html"
        return self.render(template, template, context, status)


class DeleteView(ConfirmView):
    """GET, POST /bundles/actions/{name}/delete/"""

    def confirmation(self) -> Confirmation:
        name = self.kwargs["name"]
        guard.require(self.actor, Capability.ACTION_WRITER)
        actions.get_action(self.actor, name)
        return Confirmation(
            title=_("Delete the action %(name)s") % {"name": name},
            text=_("Runs that have begun go on to their end. The bundle stays."),
            button=_("Delete action"),
            back_url=reverse("code:action", args=[name]),
            crumbs=tuple(crumbs((name, reverse("code:action", args=[name])), (_("Delete"), ""))),
        )

    def carry_out(self) -> None:
        actions.delete_action(self.actor, self.kwargs["name"])
        messages.success(self.request, _("Action deleted."))

    def done_url(self) -> str:
        return reverse("code:actions")
