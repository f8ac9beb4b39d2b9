"""The objects of one collection, masked, a page at a time; and a new one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from collections_app.schema.compiled import CollectionSchema
from collections_app.services import adding, collections, reading
from collections_app.services.options import ReadOptions, WriteOptions
from collections_app.ui import columns
from collections_app.ui.forms import ObjectForm
from collections_app.ui.reason import CHOICES, MASKED, browsing_reason
from vaultportal.errors import Conflict, Forbidden, Invalid
from vaultportal.ui import errors
from vaultportal.ui.views.base import PortalView

SIZE = 50


class ObjectsView(PortalView):
    """GET /collections/{name}/?cursor=; ``reason`` says why, and holds for the session."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        schema = collections.get_collection(self.actor, name)
        reason = browsing_reason(request)
        chosen = columns.shown(schema)[: columns.MOST_COLUMNS]
        keys = [columns.key_of(each) for each in chosen]
        cursor = request.GET.get("cursor", "")
        context: dict[str, Any] = {
            "schema": schema,
            "columns": keys,
            "cursor": cursor,
            "reason": reason,
            "reasons": CHOICES,
            "crumbs": [(_("Collections"), "/collections/"), (schema.name, "")],
        }
        status = 200
        try:
            page = reading.list_objects(
                self.actor.with_(reason=reason, custom_audit=MASKED),
                name,
                ReadOptions(props=("id", *keys)),
                page_size=SIZE,
                cursor=cursor,
            )
        except Forbidden as refusal:
            errors.note_refusal(request, refusal)
            context["refused"] = True
            status = 403
        else:
            context |= {"page": page, "rows": columns.rows_of(page.results, keys)}
        return self.render(
            "collections_app/objects.html", "collections_app/_objects.html", context, status
        )


class AddView(PortalView):
    """GET, POST /collections/{name}/add/"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        schema = collections.get_collection(self.actor, name)
        return self._page(schema, ObjectForm(schema))

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        schema = collections.get_collection(self.actor, name)
        form = ObjectForm(schema, request.POST)
        if form.is_valid():
            try:
                made = adding.add_object(self.actor, name, form.body(), WriteOptions())
            except forms.ValidationError as unreadable:
                form.add_error(None, unreadable)
            except (Invalid, Conflict) as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("Object added and encrypted."))
                return redirect("collections:object", name, made)
        return self._page(schema, form, status=422)

    def _page(self, schema: CollectionSchema, form: ObjectForm, status: int = 200) -> HttpResponse:
        context = {
            "schema": schema,
            "form": form,
            "crumbs": [
                (_("Collections"), "/collections/"),
                (schema.name, f"/collections/{schema.name}/"),
                (_("Add object"), ""),
            ],
        }
        return self.render("collections_app/add.html", "collections_app/add.html", context, status)
