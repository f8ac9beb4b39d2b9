"""What takes an object out of the vault: a file for the person it is about, or erasing it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.selectors import owning
from collections_app.services import collections, erasing, guard, reading
from collections_app.services.options import ReadOptions, WriteOptions
from collections_app.ui import downloads
from collections_app.ui.columns import short_id
from collections_app.ui.reason import MASKED, with_reason
from collections_app.ui.views.base import CollectionView, HeldView
from collections_app.ui.views.object import crumbs_of, fetch
from vaultportal.ui import reasons
from vaultportal.ui.reasons import ReasonForm
from vaultportal.ui.views.confirm import Confirmation, ConfirmView

REASON = "DataSubjectRequest"


class TakeForm(ReasonForm):
    """Why, and the passphrase of the file."""

    passphrase = forms.CharField(
        label=gettext_lazy("Passphrase of the file"),
        min_length=downloads.FEWEST_LETTERS,
        max_length=1024,
        strip=False,
        help_text=gettext_lazy(
            "Twelve characters or more. Whoever has it opens the file with age; nobody can recover"
            " it. Send it another way than the file."
        ),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    repeated = forms.CharField(
        label=gettext_lazy("Passphrase once more"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("seconds", "purpose"):  # nothing is shown
            self.fields.pop(name)

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("passphrase") != given.get("repeated"):
            self.add_error("repeated", _("The two are not the same."))
        return given


class ExportView(CollectionView):
    """GET, POST /collections/{name}/objects/{id}/export/: everything of one object, as a file."""

    def get(self, request: HttpRequest, name: str, object_id: UUID) -> HttpResponse:
        self.require_recent_proof()
        schema = self.schema_of(name)
        guard.require(self.actor, Capability.OBJECTS_READER, name)
        form = self._form(schema, initial={"reason": REASON})
        return self._page(schema, object_id, form)

    def post(self, request: HttpRequest, name: str, object_id: UUID) -> HttpResponse:
        self.require_recent_proof()
        schema = self.schema_of(name)
        form = self._form(schema, request.POST)
        if not form.is_valid():
            return self._page(schema, object_id, form, 422)
        given = form.cleaned_data
        actor = self.actor.with_(
            reason=given["reason"], note=given["note"], custom_audit="export object"
        )
        archived = fetch(self.reading(), schema, object_id, ("id",))[1]
        options = ReadOptions(unsafe=True, show_builtins=True, archived=archived)
        found = reading.get_object(actor, name, str(object_id), options)
        data = {"collection": name, "object": found}
        return downloads.attachment(data, f"{name}-{object_id}", given["passphrase"])

    def _form(self, schema: CollectionSchema, *args: Any, **kwargs: Any) -> TakeForm:
        needs_ticket = schema.needs_ticket
        return TakeForm(*args, reasons=reasons.WIRE, needs_ticket=needs_ticket, **kwargs)

    def _page(
        self, schema: CollectionSchema, object_id: UUID, form: TakeForm, status: int = 200
    ) -> HttpResponse:
        context = {
            "schema": schema,
            "object_id": object_id,
            "form": form,
            "crumbs": crumbs_of(schema, object_id, (_("Export"), "")),
        }
        template = "collections_app/export.html"
        return self.render(template, template, context, status)


class EraseView(HeldView, ConfirmView):
    """GET, POST /collections/{name}/objects/{id}/erase/"""

    def confirmation(self) -> Confirmation:
        schema = collections.get_collection(self.actor, self.kwargs["name"])
        guard.require(self.actor, Capability.OBJECTS_DELETER, schema.name)
        object_id: UUID = self.kwargs["object_id"]
        reading_as = with_reason(self.request, self.actor).with_(custom_audit=MASKED)
        self.archived = fetch(reading_as, schema, object_id, ("id",))[1]
        hangs_on = owning.attached_to(schema, object_id)
        short = short_id(str(object_id))
        return Confirmation(
            title=_("Erase object %(short)s of %(name)s") % {"short": short, "name": schema.name},
            text=_(
                "Its key goes with it: nothing opens its values again, in copies and backups"
                " neither. To keep it for a while, archive it instead."
            ),
            button=_("Erase object"),
            back_url=reverse("collections:object", args=[schema.name, object_id]),
            consequences=tuple(_consequences(hangs_on)),
            word=short[-4:],
            crumbs=tuple(crumbs_of(schema, object_id, (_("Erase"), ""))),
        )

    def carry_out(self) -> None:
        actor = with_reason(self.request, self.actor)
        options = WriteOptions(archived=self.archived)
        erasing.delete_object(actor, self.kwargs["name"], str(self.kwargs["object_id"]), options)
        messages.success(self.request, _("Object erased."))

    def done_url(self) -> str:
        return reverse("collections:objects", args=[self.kwargs["name"]])


def _consequences(hangs_on: owning.Attached) -> list[str]:
    found = []
    if hangs_on.tokens:
        found.append(
            ngettext(
                "%(n)d token stands for nothing any more.",
                "%(n)d tokens stand for nothing any more.",
                hangs_on.tokens,
            )
            % {"n": hangs_on.tokens}
        )
    if hangs_on.objects:
        found.append(
            ngettext(
                "%(n)d object that belongs to it is archived.",
                "%(n)d objects that belong to it are archived.",
                hangs_on.objects,
            )
            % {"n": hangs_on.objects}
        )
    return found
