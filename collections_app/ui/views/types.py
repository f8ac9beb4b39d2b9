"""Data types made of functions of bundles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.permissions import Capability
from collections_app.schema.datatypes import BUILTIN, DataType
from collections_app.services import bundles, custom_types, guard
from collections_app.services.custom_types import TypeDraft
from collections_app.ui.views.bundles import CodeView, crumbs
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound
from vaultportal.identity import access
from vaultportal.ui.views.confirm import Confirmation, ConfirmView

_MONO = {"autocapitalize": "none", "spellcheck": "false"}


class TypeForm(forms.Form):
    """A data type on a built-in one. Functions are named ``bundle.function``."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=450, widget=forms.TextInput(_MONO)
    )
    base = forms.ChoiceField(
        label=gettext_lazy("Based on"), choices=[(name, name) for name in sorted(BUILTIN)]
    )
    description = forms.CharField(label=gettext_lazy("Description"), max_length=450, required=False)
    validator = forms.CharField(
        label=gettext_lazy("Validator"),
        max_length=910,
        required=False,
        help_text=gettext_lazy("As bundle.function."),
        widget=forms.TextInput(_MONO),
    )
    normalizer = forms.CharField(
        label=gettext_lazy("Normalizer"), max_length=910, required=False,
        widget=forms.TextInput(_MONO),
    )  # fmt: skip
    transformers = forms.CharField(
        label=gettext_lazy("Transformers"),
        max_length=4000,
        required=False,
        help_text=gettext_lazy("As bundle.function, one a line."),
        widget=forms.Textarea({"rows": 3, **_MONO}),
    )
    default = forms.CharField(
        label=gettext_lazy("Shown by default through"), max_length=910, required=False,
        widget=forms.TextInput(_MONO),
    )  # fmt: skip

    def __init__(self, *args: Any, present: DataType | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if present is not None:
            for fixed in ("name", "base", "normalizer"):
                self.fields.pop(fixed)

    def draft(self, name: str = "") -> TypeDraft:
        """What the service takes."""
        given = self.cleaned_data
        return TypeDraft(
            name=name or given["name"],
            base_type_name=given.get("base"),
            description=given["description"],
            validator=given["validator"],
            normalizer=given.get("normalizer"),
            transformers=given["transformers"].split(),
            default_transformer=given["default"],
        )


class ListView(CodeView):
    """GET /bundles/types/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            **self.frame("types"),
            "may_add": access.holds(self.actor, Capability.TYPES_WRITER),
        }
        status = 200
        try:
            context["types"] = custom_types.list_types(self.actor, with_builtins=True)
        except Forbidden:  # the page says what is missing; other tabs may be open
            context["refused"], status = True, 403
        template = "collections_app/types.html"
        return self.render(template, template, context, status)


class NewView(CodeView):
    """GET, POST /bundles/types/new/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        guard.require(self.actor, Capability.TYPES_WRITER)
        return self._page(TypeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = TypeForm(request.POST)
        if form.is_valid():
            try:
                made = custom_types.add_type(self.actor, form.draft())
            except (Invalid, Conflict, NotFound) as refusal:
                form.add_error(None, refusal.message)
            else:
                messages.success(request, _("Data type made."))
                return redirect("code:type", made.name)
        return self._page(form, 422)

    def _page(self, form: TypeForm, status: int = 200) -> HttpResponse:
        context = {**self.frame("types"), "form": form, "crumbs": crumbs((_("New data type"), ""))}
        template = "collections_app/type.html"
        return self.render(template, template, context, status)


class TypeView(CodeView):
    """GET, POST /bundles/types/{name}/"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        found = custom_types.get_type(self.actor, name)
        return self._page(found, TypeForm(initial=_initial(found), present=found))

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        found = custom_types.get_type(self.actor, name)
        form = TypeForm(request.POST, present=found)
        if form.is_valid():
            try:
                custom_types.update_type(self.actor, name, form.draft(name))
            except (Invalid, Conflict, NotFound) as refusal:
                form.add_error(None, refusal.message)
            else:
                messages.success(request, _("Data type changed."))
                return redirect("code:type", name)
        return self._page(found, form, 422)

    def _page(self, found: DataType, form: TypeForm, status: int = 200) -> HttpResponse:
        context = {
            **self.frame("types"),
            "type": found,
            "form": form,
            "is_used": bundles.is_type_used(found.name),
            "may_write": access.holds(self.actor, Capability.TYPES_WRITER),
            "crumbs": crumbs((_("Data types"), reverse("code:types")), (found.name, "")),
        }
        template = "collections_app/type.html"
        return self.render(template, template, context, status)


class DeleteView(ConfirmView):
    """GET, POST /bundles/types/{name}/delete/"""

    def confirmation(self) -> Confirmation:
        name = self.kwargs["name"]
        guard.require(self.actor, Capability.TYPES_WRITER)
        custom_types.get_type(self.actor, name)
        used = bundles.is_type_used(name)
        return Confirmation(
            title=_("Delete the data type %(name)s") % {"name": name},
            text=_("A property has this type: it is not deleted.") if used else "",
            button=_("Delete data type"),
            back_url=reverse("code:type", args=[name]),
            crumbs=tuple(crumbs((name, reverse("code:type", args=[name])), (_("Delete"), ""))),
        )

    def carry_out(self) -> None:
        try:
            custom_types.delete_type(self.actor, self.kwargs["name"])
        except (Conflict, Invalid) as refusal:
            messages.error(self.request, refusal.message)
        else:
            messages.success(self.request, _("Data type deleted."))

    def done_url(self) -> str:
        return reverse("code:types")


def _initial(found: DataType) -> dict[str, str]:
    return {
        "description": found.description,
        "validator": found.validator.reference if found.validator else "",
        "transformers": "\n".join(each.reference for each in found.coded.values()),
        "default": found.default_transformer,
    }
