"""The team's own code: bundles of functions, tried on samples before anything is stored."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from collections_app.permissions import Capability
from collections_app.schema.functions import prototypes_in
from collections_app.selectors import code
from collections_app.services import bundles, guard, tryout
from collections_app.services.tryout import Sample, Tried
from collections_app.ui.bundle_form import EXAMPLE, BundleForm, unix_lines
from collections_app.ui.views.base import Crumbs, HeldView
from vaultportal.errors import Conflict, Disabled, Forbidden, Invalid, NotImplementedHere
from vaultportal.ui.tabs import Tab
from vaultportal.ui.views.confirm import Confirmation, ConfirmView


class CodeView(HeldView):
    """What the pages about code have in common."""

    def frame(self, current: str) -> dict[str, Any]:
        """Tabs, crumbs, and whether code runs here at all."""
        parts = (
            ("bundles", _("Bundles")),
            ("types", _("Data types")),
            ("actions", _("Actions")),
        )
        return {
            "tabs": [Tab(label, reverse(f"code:{part}"), part == current) for part, label in parts],
            "runtime": code.runtime(),
            "crumbs": crumbs(),
        }


class ListView(CodeView):
    """GET /bundles/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {**self.frame("bundles"), "may_add": code.may_write(self.actor)}
        status = 200
        try:
            found = bundles.list_bundles(self.actor)
        except Forbidden:  # the page says what is missing; other tabs may be open
            context["refused"], status = True, 403
        else:
            uses = code.uses()
            context["rows"] = [
                (row, len(prototypes_in(row.exports)), len(uses.get(row.name, ()))) for row in found
            ]
        template = "collections_app/bundles.html"
        return self.render(template, template, context, status)


class EditorView(CodeView):
    """What a new bundle and a present one have in common."""

    def page(
        self,
        form: BundleForm,
        name: str,
        tried: Tried | None = None,
        status: int = 200,
        **further: Any,
    ) -> HttpResponse:
        """The editor, with what came of a trial."""
        result = None
        if tried is not None and tried.ok:
            result = json.dumps(tried.result, ensure_ascii=False, indent=2)
        context = {
            **self.frame("bundles"),
            "form": form,
            "name": name,
            "tried": tried,
            "result": result,
            "console": [json.dumps(each, ensure_ascii=False) for each in tried.console]
            if tried
            else [],
            "crumbs": crumbs((name or _("New bundle"), "")),
            "may_write": code.may_write(self.actor),
            **further,
        }
        if tried is not None and tried.exports:
            context["functions"] = list(prototypes_in(tried.exports).values())
        template = "collections_app/bundle.html"
        return self.render(template, template, context, status)

    def try_it(self, form: BundleForm) -> Tried | None:
        """What the code does with the sample; None, and an error in the form, when it cannot."""
        given = form.cleaned_data
        sample = Sample(input=given["sample"], answers=given["answers"])
        try:
            return tryout.try_out(self.actor, given["code"], given["function"].strip(), sample)
        except (Invalid, Disabled, NotImplementedHere) as refusal:
            form.add_error("function" if refusal.kind == "invalid" else None, refusal.message)
        return None


class NewView(EditorView):
    """GET, POST /bundles/new/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        guard.require(self.actor, Capability.CODE_WRITER)
        return self.page(BundleForm(initial={"code": EXAMPLE}, is_new=True), "")

    def post(self, request: HttpRequest) -> HttpResponse:
        guard.require(self.actor, Capability.CODE_WRITER)
        form = BundleForm(request.POST, is_new=True)
        if request.POST.get("do") == "try":
            form.fields["name"].required = False
        if not form.is_valid():
            return self.page(form, "", status=422)
        given = form.cleaned_data
        if request.POST.get("do") == "try":
            tried = self.try_it(form)
            return self.page(form, "", tried, 200 if tried else 422)
        try:
            encoded = b64encode(given["code"].encode()).decode()
            bundles.add_bundle(self.actor, given["name"], encoded, given["description"])
        except (Invalid, Conflict, Disabled, NotImplementedHere) as refusal:
            form.add_error(None, _problem(refusal))
            return self.page(form, "", status=422)
        messages.success(request, _("Bundle stored."))
        return redirect("code:bundle", given["name"])


class BundleView(EditorView):
    """GET, POST /bundles/code/{name}/"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        row = bundles.get_bundle(self.actor, name)
        form = BundleForm(initial={"code": row.code, "description": row.description}, is_new=False)
        return self._of(name, form)

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        row = bundles.get_bundle(self.actor, name)
        form = BundleForm(request.POST, is_new=False)
        if not form.is_valid():
            return self._of(name, form, status=422)
        given = form.cleaned_data
        if request.POST.get("do") == "try":
            tried = self.try_it(form)
            return self._of(name, form, tried, 200 if tried else 422)
        is_new = given["code"] != unix_lines(row.code)
        try:
            bundles.update_bundle(
                self.actor,
                name,
                encoded=b64encode(given["code"].encode()).decode() if is_new else None,
                description=given["description"],
            )
        except (Invalid, Conflict, Disabled, NotImplementedHere) as refusal:
            form.add_error(None, _problem(refusal))
            return self._of(name, form, status=422)
        messages.success(request, _("Bundle saved."))
        return redirect("code:bundle", name)

    def _of(
        self, name: str, form: BundleForm, tried: Tried | None = None, status: int = 200
    ) -> HttpResponse:
        row = bundles.find(name)
        functions = list(prototypes_in(row.exports).values())
        uses = code.uses().get(name, ())
        return self.page(form, name, tried, status, functions=functions, row=row, uses=uses)


class DeleteView(ConfirmView):
    """GET, POST /bundles/code/{name}/delete/"""

    def confirmation(self) -> Confirmation:
        name = self.kwargs["name"]
        guard.require(self.actor, Capability.CODE_WRITER)
        bundles.find(name)
        uses = code.uses().get(name, ())
        said = {
            "type": _("The data type %(name)s uses it."),
            "action": _("The action %(name)s uses it."),
        }
        used = tuple(said[each["kind"]] % each for each in uses)
        return Confirmation(
            title=_("Delete the bundle %(name)s") % {"name": name},
            text=_("A bundle that something uses is not deleted.") if used else "",
            button=_("Delete bundle"),
            back_url=reverse("code:bundle", args=[name]),
            consequences=used,
            word=name,
            crumbs=tuple(crumbs((name, reverse("code:bundle", args=[name])), (_("Delete"), ""))),
        )

    def carry_out(self) -> None:
        self.is_gone = True
        try:
            bundles.delete_bundle(self.actor, self.kwargs["name"])
        except Conflict:
            self.is_gone = False
            messages.error(self.request, _("Something uses the bundle: take that away first."))
        else:
            messages.success(self.request, _("Bundle deleted."))

    def done_url(self) -> str:
        if self.is_gone:
            return reverse("code:bundles")
        return reverse("code:bundle", args=[self.kwargs["name"]])


def crumbs(*further: tuple[str, str]) -> Crumbs:
    """To the pages about code."""
    return [(_("Bundles and actions"), "/bundles/" if further else ""), *further]


def _problem(refusal: Any) -> str:
    line = refusal.context.get("line")
    if line:
        return str(_("Line %(line)s: %(message)s") % {"line": line, "message": refusal.message})
    return str(refusal.message)
