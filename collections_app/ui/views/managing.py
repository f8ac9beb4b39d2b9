"""Tokens, found by what is known of them, and cared for: new names, another end, or none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from collections_app import resources
from collections_app.permissions import Capability
from collections_app.rows.tokens import TokenFilter
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import token_updates, tokens
from collections_app.ui import ending, kept, refused, token_batches
from collections_app.ui.bulk_forms import DeleteForm, ExpireForm
from collections_app.ui.reason import with_reason
from collections_app.ui.views.bulk import TOKENS
from collections_app.ui.views.tokens import TokensView, crumbs
from vaultportal.errors import Forbidden, Invalid, NotFound
from vaultportal.identity.actor import Actor
from vaultportal.ui import errors
from vaultportal.ui.bulk import Action, Selection
from vaultportal.ui.columns import Column
from vaultportal.ui.filters import Filters
from vaultportal.ui.lists import ListOf

KIND = "manage"
MOST = 500  # rows of one page
LIVES = [("", gettext_lazy("Active")), ("archived", gettext_lazy("Expired"))]
COLUMNS = (
    Column("token", gettext_lazy("Token")),
    Column("type", gettext_lazy("Type")),
    Column("scope", gettext_lazy("Scope")),
    Column("tags", gettext_lazy("Tags")),
    Column("objects", gettext_lazy("Objects")),
    Column("ends", gettext_lazy("Ends"), at_end=True),
)


class FindForm(forms.Form):
    """By what is known of a token. Nothing of it is a value."""

    tokens = forms.CharField(label=gettext_lazy("Tokens"), max_length=2000)
    tags = forms.CharField(label=gettext_lazy("Tags"), max_length=1000)
    objects = forms.CharField(label=gettext_lazy("Ids of objects"), max_length=2000)
    life = forms.ChoiceField(label=gettext_lazy("State"), choices=LIVES)
    collection = forms.CharField(max_length=40, widget=forms.HiddenInput)


class FindView(TokensView):
    """GET /tokens/find/?collection=&tokens=&tags=&objects=&life=&columns="""

    a_list = ListOf(gettext_lazy("Find and manage tokens"), FindForm, columns=COLUMNS)

    def get(self, request: HttpRequest) -> HttpResponse:
        schema = self.chosen(request)
        filters = Filters.of(request, FindForm)
        context: dict[str, Any] = {**self.frame(schema, "find"), "filters": filters}
        status = 200
        if schema is not None and any(filters.values[n] for n in ("tokens", "tags", "objects")):
            try:
                context |= _found(self.reading(), schema, filters.values)
            except Forbidden as refusal:
                errors.note_refusal(request, refusal)
                context |= {"refused": True, "why_url": _why(self.reading(), schema)}
                status = 403
            except Invalid as refusal:
                context["error"], status = refusal.message, 422
        return self.render(
            "collections_app/find.html", "collections_app/_find.html", context, status
        )


def _why(actor: Actor, schema: CollectionSchema) -> str:
    return refused.why(actor, schema, Capability.TOKENS_READER, [resources.of_tokens(schema)])


class GatherView(TokensView):
    """POST /tokens/manage/?collection=: keeps which tokens were selected."""

    def post(self, request: HttpRequest) -> HttpResponse:
        schema = self.chosen(request)
        selection = Selection.of(request)
        if schema is None:
            raise Http404
        back = f"{reverse('tokens:find')}?{request.GET.urlencode()}"
        if selection.action not in ManageView.actions or not selection.ids:
            messages.error(request, _("Nothing is selected."))
            return redirect(back)
        data = {
            "collection": schema.name,
            "action": selection.action,
            "tokens": list(selection.ids[:MOST]),
            "archived": request.GET.get("life") == "archived",
            "back": back,
        }
        return redirect("tokens:manage", kept.keep(request, KIND, data))


class ManageView(TokensView):
    """GET, POST /tokens/manage/{batch}/"""

    actions = ("rotate", "expire", "delete")

    def get(self, request: HttpRequest, batch: str) -> HttpResponse:
        data = kept.find(request, KIND, batch)
        return self._page(data, _form(data["action"], None))

    def post(self, request: HttpRequest, batch: str) -> HttpResponse:
        data: dict[str, Any] = kept.find(request, KIND, batch)
        schema = self.schema_of(data["collection"])
        form = _form(data["action"], request.POST)
        if not form.is_valid():
            return self._page(data, form, 422)
        actor = with_reason(request, self.actor)
        try:
            return self._carry_out(actor, schema, data, form)
        except (Invalid, NotFound) as refusal:
            form.add_error(None, refusal.message)
        return self._page(data, form, 422)

    def _carry_out(
        self, actor: Actor, schema: CollectionSchema, data: dict[str, Any], form: forms.Form
    ) -> HttpResponse:
        wanted = TokenFilter(token_ids=tuple(data["tokens"]))
        number = len(data["tokens"])
        archived = data["archived"]
        if data["action"] == "rotate":
            renamed = tokens.rotate_tokens(actor, schema.name, data["tokens"])
            found = token_batches.renamed(schema, renamed)
            return redirect("tokens:made", kept.keep(self.request, TOKENS, found))
        if isinstance(form, ExpireForm):
            expiration = ending.expiration(form.cleaned_data["ends"])
            token_updates.update_tokens(
                actor, schema.name, wanted, {}, expiration=expiration, archived=archived
            )
            said = ngettext("End of %(n)d token changed.", "End of %(n)d tokens changed.", number)
        else:
            if isinstance(form, DeleteForm) and not form.says(number):
                return self._page(data, form, 422)
            tokens.delete_tokens(actor, schema.name, wanted, archived=archived)
            said = ngettext("%(n)d token deleted.", "%(n)d tokens deleted.", number)
        messages.success(self.request, said % {"n": number})
        return redirect(data["back"])

    def _page(self, data: dict[str, Any], form: forms.Form, status: int = 200) -> HttpResponse:
        context = {
            "action": data["action"],
            "number": len(data["tokens"]),
            "name": data["collection"],
            "back_url": data["back"],
            "form": form,
            "crumbs": crumbs((_("Selected tokens"), "")),
        }
        template = "collections_app/manage.html"
        return self.render(template, template, context, status)


def _form(action: str, posted: Any) -> forms.Form:
    if action == "rotate":
        return forms.Form(posted)
    return ExpireForm(posted) if action == "expire" else DeleteForm(posted)


def _found(actor: Actor, schema: CollectionSchema, values: dict[str, Any]) -> dict[str, Any]:
    wanted = tokens.token_filter(
        _words(values["tokens"]), _words(values["objects"]), _words(values["tags"], ",")
    )
    found = tokens.search_tokens(
        actor,
        schema.name,
        wanted,
        archived=values["life"] == "archived",
        with_aggregate=True,
        limit=MOST + 1,
    )
    rows = [_row(each) for each in found[:MOST]]
    return {
        "rows": rows,
        "found": len(rows),
        "has_more": sum(len(each["tokens"]) for each in found) > MOST,
        "searched": True,
        "actions": [
            Action("rotate", _("Rotate")),
            Action("expire", _("Expire")),
            Action("delete", _("Delete"), danger=True),
        ],
    }


def _row(each: dict[str, Any]) -> dict[str, Any]:
    end = each["agg"]["max_effective_expiration_time"]
    return {
        "token": each["token_id"],
        "type": each["type"],
        "scope": each["scope"],
        "tags": sorted({tag for entry in each["tokens"] for tag in entry["tags"]}),
        "objects": [entry["object_id"] for entry in each["tokens"] if "object_id" in entry],
        "ends": datetime.fromisoformat(end) if end else None,
    }


def _words(text: str | None, separator: str | None = None) -> list[str]:
    parts = (text or "").replace(",", " ").split() if separator is None else (text or "").split(",")
    return [part.strip() for part in parts if part.strip()]
