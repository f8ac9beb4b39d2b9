"""Tokens: make them, open them masked, and see what was made."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import guard, tokenizing
from collections_app.ui import ending, kept, shell, token_batches
from collections_app.ui.bulk_forms import TokenForm
from collections_app.ui.columns import as_text
from collections_app.ui.reason import browsing_reason, with_reason
from collections_app.ui.views.base import CollectionView, Crumbs
from collections_app.ui.views.bulk import TOKENS
from vaultportal.errors import Conflict, Invalid, NotFound
from vaultportal.ui.tabs import Tab

MOST = 1000
LONGEST = 200_000
LONGEST_ID = 36
SOURCES = [("id", gettext_lazy("Ids of objects")), ("fields", gettext_lazy("Values"))]


class MakeForm(TokenForm):
    """What to tokenize, and how."""

    source = forms.ChoiceField(
        label=gettext_lazy("These are"), choices=SOURCES, initial="id", widget=forms.RadioSelect
    )
    lines = forms.CharField(
        label=gettext_lazy("One a line"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "At most 1000. Values need one property, and a type that keeps them."
        ),
    )
    field_order = ("source", "lines", "props", "kind", "scope", "tags", "ends")

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        rows = [line.strip() for line in given.get("lines", "").splitlines() if line.strip()]
        if len(rows) > MOST:
            self.add_error("lines", _("At most %(most)d lines at once.") % {"most": MOST})
        given["rows"] = rows
        if given.get("source") == "fields":
            if len(given.get("props") or ()) != 1:
                self.add_error("props", _("Check the one property that these are values of."))
            if given.get("kind") == "pointer":
                self.add_error("kind", _("A pointer needs an object to point at."))
        return given


class TokensView(CollectionView):
    """What the pages about tokens have in common: a collection, chosen in the address."""

    def chosen(self, request: HttpRequest) -> CollectionSchema | None:
        """The collection of ``?collection=``, else the first; None when there is none to see."""
        visible = {schema.name: schema for schema in shell.visible(self.actor)}
        name = request.GET.get("collection", "")
        if name and name not in visible:
            raise Http404
        return visible.get(name) or next(iter(visible.values()), None)

    def frame(self, schema: CollectionSchema | None, current: str) -> dict[str, Any]:
        """Tabs, the collections to choose from, and where one is."""
        names = [each.name for each in shell.visible(self.actor)]
        query = f"?collection={schema.name}" if schema else ""
        parts = (
            ("tokenize", _("Tokenize")),
            ("detokenize", _("Detokenize")),
            ("find", _("Find and manage")),
        )
        return {
            "tabs": [
                Tab(label, reverse(f"tokens:{part}") + query, part == current)
                for part, label in parts
            ],
            "schema": schema,
            "names": names,
            "crumbs": crumbs(),
        }


class TokenizeView(TokensView):
    """GET, POST /tokens/?collection="""

    def get(self, request: HttpRequest) -> HttpResponse:
        schema = self.chosen(request)
        if schema is None:
            return self._page(None, None)
        # An id of an object may stand in an address, a value may not.
        initial = {"lines": request.GET.get("objects", "")[:LONGEST_ID]}
        return self._page(schema, MakeForm(schema, initial=initial))

    def post(self, request: HttpRequest) -> HttpResponse:
        schema = self.chosen(request)
        if schema is None:
            raise Http404
        guard.require(self.actor, Capability.TOKENS_WRITER, schema.name)
        form = MakeForm(schema, request.POST)
        if not form.is_valid():
            return self._page(schema, form, 422)
        given = form.cleaned_data
        actor = with_reason(request, self.actor)
        try:
            expiration = ending.expiration(given["ends"])
            items = [self._item(form, row) for row in given["rows"]]
            made = tokenizing.make_tokens(actor, schema.name, items, expiration=expiration)
        except (Invalid, NotFound, Conflict) as refusal:
            form.add_error(None, refusal.message)
            return self._page(schema, form, 422)
        shown = [_masked(schema, given, row) for row in given["rows"]]
        if given["source"] == "fields":  # one stands for all of them: no value is kept
            items = [self._item(form, "VALUE")]
        data = token_batches.batch(schema, shown, made, items, expiration)
        return redirect("tokens:made", kept.keep(request, TOKENS, data))

    def _item(self, form: MakeForm, row: str) -> dict[str, Any]:
        if form.cleaned_data["source"] == "id":
            return form.item({"id": row})
        return form.item({"fields": {form.cleaned_data["props"][0]: row}})

    def _page(
        self, schema: CollectionSchema | None, form: MakeForm | None, status: int = 200
    ) -> HttpResponse:
        context = {**self.frame(schema, "tokenize"), "form": form}
        if schema is not None:
            call, reason = token_batches.example(schema), browsing_reason(self.request)
            context["snippets"] = [token_batches.same_call(self.request, schema, call, reason)]
        template = "collections_app/tokenize.html"
        return self.render(template, template, context, status)


class MadeView(TokensView):
    """GET /tokens/made/{batch}/: tokens beside what they stand for, for half an hour."""

    def get(self, request: HttpRequest, batch: str) -> HttpResponse:
        data: dict[str, Any] = kept.find(request, TOKENS, batch)
        schema = self.schema_of(data["collection"])
        if request.GET.get("download") == "1":
            return token_batches.table(data)
        context = {
            **self.frame(schema, "tokenize"),
            "rows": [(*row, token_batches.words(row[2])) for row in data["rows"]],
            "is_rotated": data.get("is_rotated", False),
            "lines": "\n".join(row[1] for row in data["rows"]),
        }
        if call := data.get("call"):
            reason = browsing_reason(request)
            context["snippets"] = [token_batches.same_call(request, schema, call, reason)]
        template = "collections_app/made.html"
        return self.render(template, template, context)


def crumbs(*further: tuple[str, str]) -> Crumbs:
    """To the pages of tokens."""
    return [(_("Tokens"), "/tokens/" if further else ""), *further]


def _masked(schema: CollectionSchema, given: dict[str, Any], row: str) -> str:
    """What a page may show beside the token: an id, or the mask of a value."""
    if given["source"] == "id":
        return row
    kind = schema.properties[given["props"][0]].data_type
    mask = kind.transformers.get("mask")
    try:
        return as_text(mask(kind.check(row))) if mask and not kind.has_code else "•" * 12
    except ValueError:  # the service has taken it in another form; better nothing than too much
        return "•" * 12
