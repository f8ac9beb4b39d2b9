"""A new object, a changed one, and when it ends."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import adding, guard, updating
from collections_app.services.options import WriteOptions
from collections_app.ui import ending
from collections_app.ui.forms import ObjectForm
from collections_app.ui.reason import with_reason
from collections_app.ui.views.base import CollectionView, crumbs
from collections_app.ui.views.object import crumbs_of, fetch
from vaultportal.errors import Conflict, Invalid


class AddView(CollectionView):
    """GET, POST /collections/{name}/add/"""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        schema = self.schema_of(name)
        guard.require(self.actor, Capability.OBJECTS_CREATOR, name)
        return self._page(schema, ObjectForm(schema))

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        schema = self.schema_of(name)
        form = ObjectForm(schema, request.POST)
        if form.is_valid():
            try:
                actor = with_reason(request, self.actor)
                made = adding.add_object(actor, name, form.body(), WriteOptions())
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
            "crumbs": crumbs(schema, (_("Add object"), "")),
        }
        return self.render("collections_app/add.html", "collections_app/add.html", context, status)


class EditView(CollectionView):
    """GET, POST /collections/{name}/objects/{id}/edit/: what is left empty stays."""

    def get(self, request: HttpRequest, name: str, object_id: UUID) -> HttpResponse:
        schema = self.schema_of(name)
        guard.require(self.actor, Capability.OBJECTS_UPDATER, name)
        return self._page(schema, object_id, ObjectForm(schema, is_change=True))

    def post(self, request: HttpRequest, name: str, object_id: UUID) -> HttpResponse:
        schema = self.schema_of(name)
        form = ObjectForm(schema, request.POST, is_change=True)
        if form.is_valid():
            try:
                body = form.body()
                if body:
                    actor = with_reason(request, self.actor)
                    updating.update_object(actor, name, str(object_id), body, WriteOptions())
            except forms.ValidationError as unreadable:
                form.add_error(None, unreadable)
            except (Invalid, Conflict) as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("Object changed.") if body else _("Nothing changed."))
                return redirect("collections:object", name, object_id)
        return self._page(schema, object_id, form, status=422)

    def _page(
        self, schema: CollectionSchema, object_id: UUID, form: ObjectForm, status: int = 200
    ) -> HttpResponse:
        context = {
            "schema": schema,
            "object_id": object_id,
            "form": form,
            "crumbs": crumbs_of(schema, object_id, (_("Edit"), "")),
        }
        template = "collections_app/edit.html"
        return self.render(template, template, context, status)


class EndForm(forms.Form):
    """When the object ends."""

    ends = forms.ChoiceField(label=gettext_lazy("Ends"), widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, archived: bool = False) -> None:
        super().__init__(data)
        choices = ending.CHOICES if archived else ending.WITH_NOW
        self.fields["ends"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["ends"].initial = ending.NEVER


class EndView(CollectionView):
    """GET, POST /collections/{name}/objects/{id}/end/: archive it, restore it, or give it time."""

    def get(self, request: HttpRequest, name: str, object_id: UUID) -> HttpResponse:
        schema = self.schema_of(name)
        guard.require(self.actor, Capability.OBJECTS_UPDATER, name)
        is_archived = fetch(self.reading(), schema, object_id, ("id",))[1]
        return self._page(schema, object_id, EndForm(archived=is_archived), is_archived)

    def post(self, request: HttpRequest, name: str, object_id: UUID) -> HttpResponse:
        schema = self.schema_of(name)
        is_archived = fetch(self.reading(), schema, object_id, ("id",))[1]
        form = EndForm(request.POST, archived=is_archived)
        if not form.is_valid():
            return self._page(schema, object_id, form, is_archived, 422)
        chosen = form.cleaned_data["ends"]
        options = WriteOptions(expiration=ending.expiration(chosen), archived=is_archived)
        actor = with_reason(request, self.actor)
        try:
            updating.update_object(actor, name, str(object_id), {}, options)
        except Conflict:
            form.add_error("ends", _("Another object has one of its unique values by now."))
            return self._page(schema, object_id, form, is_archived, 422)
        if chosen == ending.NOW:
            said = _("Object archived.")
        else:
            said = _("Object restored.") if is_archived else _("End of the object changed.")
        messages.success(request, said)
        return redirect("collections:object", name, object_id)

    def _page(
        self,
        schema: CollectionSchema,
        object_id: UUID,
        form: EndForm,
        is_archived: bool,  # noqa: FBT001 read from the object, handed on to the page
        status: int = 200,
    ) -> HttpResponse:
        context = {
            "schema": schema,
            "object_id": object_id,
            "form": form,
            "is_archived": is_archived,
            "crumbs": crumbs_of(schema, object_id, (_("When it ends"), "")),
        }
        template = "collections_app/end.html"
        return self.render(template, template, context, status)
