"""The list of collections, and a new one from its schema as text."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app import pvschema
from collections_app.permissions import Capability
from collections_app.services import collections, guard
from collections_app.ui import shell
from vaultportal.errors import Conflict, Invalid
from vaultportal.identity import access
from vaultportal.ui.views.base import PortalView

EXAMPLE = """customers PERSONS (
  email EMAIL UNIQUE COMMENT 'Contact address',
  name NAME,
  ssn SSN NULL COMMENT 'Only where the law asks for it',
  city STRING NOT ENCRYPTED NULL
);"""


class SchemaForm(forms.Form):
    """A collection in PVSchema: one property a line."""

    schema = forms.CharField(
        label=gettext_lazy("Schema"),
        max_length=100_000,
        initial=EXAMPLE,
        help_text=gettext_lazy(
            "Name and kind of the collection, then one property a line. Properties are encrypted"
            " unless a line says NOT ENCRYPTED."
        ),
        widget=forms.Textarea({"rows": 10, "spellcheck": "false"}),
    )


class ListView(PortalView):
    """GET /collections/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "collections": shell.visible(self.actor),
            "may_add": access.holds(self.actor, Capability.COLLECTIONS_WRITER),
            "crumbs": [(_("Collections"), "")],
        }
        return self.render("collections_app/list.html", "collections_app/_list.html", context)


class NewView(PortalView):
    """GET, POST /collections/new/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        guard.require(self.actor, Capability.COLLECTIONS_WRITER)
        return self._page(SchemaForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SchemaForm(request.POST)
        if form.is_valid():
            try:
                draft = pvschema.parse(form.cleaned_data["schema"])
                made = collections.add_collection(self.actor, draft)
            except Conflict:
                form.add_error("schema", _("There is a collection of this name already."))
            except Invalid as refusal:
                form.add_error("schema", refusal.message)
            else:
                messages.success(request, _("Collection made."))
                return redirect("collections:objects", made.name)
        return self._page(form, status=422)

    def _page(self, form: SchemaForm, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "crumbs": [(_("Collections"), "/collections/"), (_("New collection"), "")],
        }
        return self.render("collections_app/new.html", "collections_app/new.html", context, status)
