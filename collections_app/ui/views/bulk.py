"""Many objects at once: the selection is kept, a page asks what is needed, and it is done."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from collections_app import bulk_jobs
from collections_app.export_jobs import CUSTOM
from collections_app.models import BulkJob
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import (
    erasing,
    object_exports,
    object_jobs,
    reading,
    tokenizing,
    updating,
)
from collections_app.services.bulk import Bulk
from collections_app.services.options import Expiration, ReadOptions, WriteOptions
from collections_app.ui import downloads, ending, kept, token_batches
from collections_app.ui.browsing import MOST_AT_ONCE, Look
from collections_app.ui.bulk_forms import DeleteForm, ExpireForm, TokenForm
from collections_app.ui.reason import with_reason
from collections_app.ui.views.base import CollectionView, crumbs
from collections_app.ui.views.taking import REASON, TakeForm
from vaultportal.errors import Conflict, Invalid, NotFound
from vaultportal.identity.actor import Actor
from vaultportal.identity.ids import uuid_of
from vaultportal.ui import reasons
from vaultportal.ui.bulk import Selection

KIND = "selected"
TOKENS = "tokens"
IN_REQUEST = 100  # more is done by a job with a page of its own


class GatherView(CollectionView):
    """POST /collections/{name}/bulk/, with the address of the list: keeps what was selected."""

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        schema = self.schema_of(name)
        selection = Selection.of(request)
        look = Look.of(request, schema, self.reading())
        action = selection.action
        back = redirect(f"/collections/{name}/{look.address()}")
        if action not in BulkView.actions or selection.is_empty:
            messages.error(request, _("Nothing is selected."))
            return back
        ids, has_more = list(selection.ids), False
        by_job = action != "export" and not object_jobs.is_gated(self.actor, action, schema)
        most = bulk_jobs.MOST if by_job else MOST_AT_ONCE
        # The job of an export looks for them itself.
        is_all = selection.all_matching and action == "export"
        if is_all:
            ids = []
        elif selection.all_matching:
            ids, has_more = look.ids(self.reading(), schema, most)
        if has_more or len(ids) > most:
            messages.error(request, _too_many(most, is_held=not by_job and action != "export"))
            return back
        data = {
            "collection": str(schema.id),
            "action": action,
            "ids": ids,
            "number": len(ids),
            "job": "",
            "is_all": is_all,
            "query": look.asked.get("query") if is_all else None,
            "archived": look.archived,
            "back": look.address(),
        }
        if by_job and len(ids) > IN_REQUEST:
            data |= self._drafted(schema, action, ids, archived=look.archived)
        return redirect("collections:bulk", name, kept.keep(request, KIND, data))

    def _drafted(
        self, schema: CollectionSchema, action: str, ids: list[str], *, archived: bool
    ) -> dict[str, Any]:
        """What is kept of a selection that a job has. A text that is no id is nobody's."""
        meant = list(dict.fromkeys(filter(None, map(uuid_of, ids))))
        kind = BulkJob.Kind(action)
        row = object_jobs.draft(self.actor, schema.name, kind, meant, archived=archived)
        return {"ids": [], "number": len(meant), "job": str(row.pk)}


class BulkView(CollectionView):
    """GET, POST /collections/{name}/bulk/{batch}/"""

    actions = ("tokenize", "expire", "export", "delete")

    def get(self, request: HttpRequest, name: str, batch: str) -> HttpResponse:
        schema, data = self._kept(name, batch)
        if data["action"] == "export":
            self.require_recent_proof()
        return self._page(schema, data, self._form(schema, data["action"], None))

    def post(self, request: HttpRequest, name: str, batch: str) -> HttpResponse:
        schema, data = self._kept(name, batch)
        action = data["action"]
        if action == "export":
            self.require_recent_proof()
        form = self._form(schema, action, request.POST)
        if not form.is_valid():
            return self._page(schema, data, form, 422)
        actor = with_reason(request, self.actor)
        try:
            if data["job"]:
                return self._begin(actor, schema, data, form)
            return self._carry_out(actor, schema, data, form)
        except (Invalid, NotFound, Conflict) as refusal:
            form.add_error(None, refusal.message)
        return self._page(schema, data, form, 422)

    def _kept(self, name: str, batch: str) -> tuple[CollectionSchema, dict[str, Any]]:
        schema = self.schema_of(name)
        data: dict[str, Any] = kept.find(self.request, KIND, batch)
        if data["collection"] != str(schema.id):
            raise Http404
        return schema, data

    def _begin(
        self, actor: Actor, schema: CollectionSchema, data: dict[str, Any], form: forms.Form
    ) -> HttpResponse:
        """Have a job do it, and go to its page."""
        given = form.cleaned_data
        if isinstance(form, DeleteForm) and not form.says(data["number"]):
            return self._page(schema, data, form, 422)
        item = form.item({}) if isinstance(form, TokenForm) else {}
        item.pop("object", None)
        expiration = ending.expiration(given.get("ends", ""))
        try:
            row = object_jobs.begin(
                actor, schema.name, UUID(data["job"]), expiration=expiration, item=item
            )
        except NotFound:
            messages.error(self.request, _("That selection is no longer kept. Select again."))
            return redirect("collections:objects", schema.name)
        return redirect("collections:bulk_job", schema.name, row.pk)

    def _carry_out(
        self, actor: Actor, schema: CollectionSchema, data: dict[str, Any], form: forms.Form
    ) -> HttpResponse:
        if isinstance(form, TokenForm):
            return self._tokenize(actor, schema, data, form)
        if isinstance(form, TakeForm):
            return self._export(actor, schema, data, form)
        if isinstance(form, ExpireForm):
            return self._expire(actor, schema, data, form)
        if isinstance(form, DeleteForm):
            return self._delete(actor, schema, data, form)
        raise Http404

    def _form(self, schema: CollectionSchema, action: str, posted: Any) -> forms.Form:
        if action == "tokenize":
            return TokenForm(schema, posted)
        if action == "export":
            return TakeForm(
                posted,
                initial={"reason": REASON},
                reasons=reasons.WIRE,
                needs_ticket=schema.needs_ticket,
            )
        return ExpireForm(posted) if action == "expire" else DeleteForm(posted)

    def _tokenize(
        self, actor: Actor, schema: CollectionSchema, data: dict[str, Any], form: TokenForm
    ) -> HttpResponse:
        expiration = ending.expiration(form.cleaned_data["ends"])
        items = [form.item({"id": each}) for each in data["ids"]]
        made = tokenizing.make_tokens(actor, schema.name, items, expiration=expiration)
        found = token_batches.batch(schema, data["ids"], made, items, expiration)
        return redirect("tokens:made", kept.keep(self.request, TOKENS, found))

    def _expire(
        self, actor: Actor, schema: CollectionSchema, data: dict[str, Any], form: ExpireForm
    ) -> HttpResponse:
        expiration: Expiration = ending.expiration(form.cleaned_data["ends"])
        options = WriteOptions(expiration=expiration, archived=data["archived"])
        bodies = [{"id": each} for each in data["ids"]]
        outcome = updating.update_objects(actor, schema.name, bodies, options)
        said = ngettext(
            "End of %(n)d object changed.", "End of %(n)d objects changed.", len(bodies)
        )
        return self._done(schema, data, form, outcome, said % {"n": len(bodies)})

    def _delete(
        self, actor: Actor, schema: CollectionSchema, data: dict[str, Any], form: DeleteForm
    ) -> HttpResponse:
        number = data["number"]
        if not form.says(number):
            return self._page(schema, data, form, 422)
        bodies = [{"id": each} for each in data["ids"]]
        options = WriteOptions(archived=data["archived"])
        outcome = erasing.delete_objects(actor, schema.name, bodies, options)
        said = ngettext("%(n)d object erased.", "%(n)d objects erased.", number) % {"n": number}
        return self._done(schema, data, form, outcome, said)

    def _export(
        self, actor: Actor, schema: CollectionSchema, data: dict[str, Any], form: TakeForm
    ) -> HttpResponse:
        given = form.cleaned_data
        actor = actor.with_(reason=given["reason"], note=given["note"], custom_audit=CUSTOM)
        if data["is_all"] or len(data["ids"]) > IN_REQUEST:
            row = object_exports.begin(
                actor,
                schema.name,
                given["passphrase"],
                ids=data["ids"],
                query=data["query"] if data["is_all"] else None,
                archived=data["archived"],
            )
            return redirect("collections:export_job", schema.name, row.pk)
        options = ReadOptions(unsafe=True, show_builtins=True, archived=data["archived"])
        page = reading.list_objects(
            actor, schema.name, options, ids=data["ids"], page_size=MOST_AT_ONCE
        )
        found = {"collection": schema.name, "objects": page.results}
        return downloads.attachment(found, schema.name, given["passphrase"])

    def _done(
        self,
        schema: CollectionSchema,
        data: dict[str, Any],
        form: forms.Form,
        outcome: Bulk,
        said: str,
    ) -> HttpResponse:
        if not outcome.is_done:
            place = min(outcome.faults)
            form.add_error(None, outcome.fault_at(place).message)
            return self._page(schema, data, form, 422)
        messages.success(self.request, said)
        return redirect(reverse("collections:objects", args=[schema.name]) + data["back"])

    def _page(
        self, schema: CollectionSchema, data: dict[str, Any], form: forms.Form, status: int = 200
    ) -> HttpResponse:
        context = {
            "schema": schema,
            "action": data["action"],
            "number": data["number"],
            "is_job": bool(data["job"]),
            "is_all": data["is_all"],
            "back_url": reverse("collections:objects", args=[schema.name]) + data["back"],
            "form": form,
            "crumbs": crumbs(schema, (_("Selected objects"), "")),
        }
        template = "collections_app/bulk.html"
        return self.render(template, template, context, status)


def _too_many(most: int, *, is_held: bool) -> str:
    """What is said of a selection that is larger than ``most``."""
    said = _("That is more than %(most)s objects. Narrow the list, or go in parts.")
    if is_held:
        said = _(
            "Somebody may have to be asked before objects are erased: at most %(most)s at once."
        )
    return said % {"most": number_format(most, force_grouping=True)}
