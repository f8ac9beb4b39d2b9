"""Tokens back to what they stand for: masked first, then one value or all, for a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.permissions import Capability
from collections_app.rows.tokens import TokenFilter
from collections_app.schema.compiled import CollectionSchema
from collections_app.selectors.masking import masked_key
from collections_app.services import approval, collections, guard, tokens
from collections_app.ui import columns, kept
from collections_app.ui.reason import asking
from collections_app.ui.views.base import HeldView
from collections_app.ui.views.tokens import TokensView, crumbs
from vaultportal.errors import Invalid
from vaultportal.identity.actor import Actor
from vaultportal.ui import reasons
from vaultportal.ui.fields import FieldRow, Uncovering
from vaultportal.ui.reasons import ReasonForm
from vaultportal.ui.views import reveal

KIND = "detokenize"
MOST = 100
PART = "--"  # between a token and a property, neither of which can hold it at this place


class OpenForm(forms.Form):
    """Which tokens."""

    lines = forms.CharField(
        label=gettext_lazy("Tokens, one a line"),
        max_length=50_000,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy("At most 100. They are opened masked first."),
    )

    def tokens(self) -> list[str]:
        """Each token once, in the order given."""
        return list(dict.fromkeys(self.cleaned_data["lines"].split()))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if "lines" in given and len(self.tokens()) > MOST:
            self.add_error("lines", _("At most %(most)d lines at once.") % {"most": MOST})
        return given


@dataclass(frozen=True, slots=True)
class Opened:
    """One token with its fields, for a page."""

    token: str = field(repr=False)
    rows: list[FieldRow]


class DetokenizeView(TokensView):
    """GET, POST /tokens/detokenize/?collection="""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(self.chosen(request), OpenForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        schema = self.chosen(request)
        form = OpenForm(request.POST)
        if schema is None or not form.is_valid():
            return self._page(schema, form, 422)
        data = {"collection": schema.name, "tokens": form.tokens()}
        return redirect("tokens:opened", kept.keep(request, KIND, data))

    def _page(
        self, schema: CollectionSchema | None, form: OpenForm, status: int = 200
    ) -> HttpResponse:
        context = {**self.frame(schema, "detokenize"), "form": form}
        template = "collections_app/detokenize.html"
        return self.render(template, template, context, status)


class OpenedView(TokensView):
    """GET /tokens/opened/{batch}/: what the tokens stand for, masked."""

    def get(self, request: HttpRequest, batch: str) -> HttpResponse:
        data: dict[str, Any] = kept.find(request, KIND, batch)
        schema = self.schema_of(data["collection"])
        context: dict[str, Any] = {
            **self.frame(schema, "detokenize"),
            "batch": batch,
            **asking(request),
            "crumbs": crumbs((_("Detokenized"), "")),
        }
        status = 200
        if not context["reason"]:
            context["needs_reason"] = True
        else:
            try:
                context |= opened_context(self.reading(), schema, data["tokens"])
            except Invalid as refusal:
                context["error"], status = refusal.message, 422
        template = "collections_app/opened.html"
        return self.render(template, template, context, status)


class OpenAllView(TokensView):
    """GET, POST /tokens/opened/{batch}/reveal/: everything in clear, for a while."""

    def get(self, request: HttpRequest, batch: str) -> HttpResponse:
        self.require_recent_proof()
        schema = self.schema_of(kept.find(request, KIND, batch)["collection"])
        form = reasons.asked(request, reasons.WIRE, needs_ticket=schema.needs_ticket)
        return self._ask(schema, form)

    def post(self, request: HttpRequest, batch: str) -> HttpResponse:
        self.require_recent_proof()
        data: dict[str, Any] = kept.find(request, KIND, batch)
        schema = self.schema_of(data["collection"])
        needs_ticket = schema.needs_ticket
        form = ReasonForm(request.POST, reasons=reasons.WIRE, needs_ticket=needs_ticket)
        if not form.is_valid():
            return self._ask(schema, form, 422)
        given = form.cleaned_data
        reasons.remember(request, given["reason"])
        actor = self.actor.with_(
            reason=given["reason"], note=given["note"], custom_audit="reveal all"
        )
        wanted = TokenFilter(token_ids=tuple(data["tokens"]))
        found = tokens.detokenize(actor, schema.name, wanted)
        context = {
            **self.frame(schema, "detokenize"),
            "plain": [
                (each["token_id"], [(k, columns.as_text(v)) for k, v in each["fields"].items()])
                for each in found
            ],
            "seconds": given["seconds"],
            "recorded": reasons.in_words(given["reason"], given["note"]),
            "back_url": reverse("tokens:opened", args=[batch]),
            "oob": self.is_partial,
        }
        response = self.render(
            "collections_app/opened_plain.html", "collections_app/_opened_plain.html", context
        )
        response["Cache-Control"] = "no-store"
        return response

    def _ask(self, schema: CollectionSchema, form: ReasonForm, status: int = 200) -> HttpResponse:
        context = {
            **self.frame(schema, "detokenize"),
            "form": form,
            "action_url": self.request.get_full_path(),
            "crumbs": crumbs((_("Reveal all"), "")),
        }
        response = self.render(
            "collections_app/open_all.html",
            "collections_app/_open_all_dialog.html",
            context,
            status,
        )
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
        return response


class RevealView(reveal.RevealView, HeldView):
    """GET, POST /tokens/reveal/{collection}/?field=token--property"""

    reasons = reasons.WIRE
    template = "collections_app/opened.html"

    def find(self, key: str, version: str, **kwargs: Any) -> Uncovering:
        schema = collections.get_collection(self.actor, kwargs["collection"])
        token, part, name = key.rpartition(PART)
        if not token or not part or name not in schema.properties or len(token) > 128:
            raise Http404
        return Uncovering(
            FieldRow(key, name, token),
            page_url=reverse("tokens:detokenize"),
            reveal_url=reverse("tokens:reveal", args=[schema.name]),
            needs_ticket=schema.needs_ticket,
            crumbs=tuple(crumbs((_("Detokenized"), ""))),
            thing=(schema, token, name),
        )

    def uncover(self, actor: Actor, wanted: Uncovering, purpose: str) -> FieldRow:
        schema, token, name = wanted.thing
        found = tokens.detokenize(
            actor.with_(custom_audit=purpose),
            schema.name,
            TokenFilter(token_ids=(token,)),
            props=(name,),
        )
        if not found or name not in found[0]["fields"]:
            raise Http404
        row: FieldRow = wanted.row
        return row.opened(columns.as_text(found[0]["fields"][name]))

    def page(self, wanted: Uncovering, opened: FieldRow) -> Mapping[str, Any]:
        schema, token, _name = wanted.thing
        return {
            "schema": schema,
            "tabs": [],
            "opened": [Opened(token, [opened])],
            "reveal_url": wanted.reveal_url,
            "crumbs": wanted.crumbs,
        }


def opened_context(actor: Actor, schema: CollectionSchema, wanted: list[str]) -> dict[str, Any]:
    """The tokens that there are, masked, and those that there are not.

    Nothing is opened where nothing could be shown, or where a gate asks about each opening: a page
    is loaded again and again. Then every token stands with dots, whether there is one or not.
    """
    addresses = {
        "reveal_url": reverse("tokens:reveal", args=[schema.name]),
        "page_url": reverse("tokens:detokenize"),
    }
    keys = [key for each in schema.properties.values() if (key := masked_key(each))]
    if not keys or approval.may_stand_before_detokenize(actor, schema):
        guard.require(actor, Capability.TOKENS_DETOKENIZER, schema.name)
        covered = [Opened(token, _covered(schema, token)) for token in wanted]
        return {"opened": covered, "missing": [], **addresses}
    found = tokens.detokenize(
        actor, schema.name, TokenFilter(token_ids=tuple(wanted)), props=tuple(keys)
    )
    known = {each["token_id"] for each in found}
    return {
        "opened": [
            Opened(each["token_id"], _rows(schema, each["token_id"], each["fields"]))
            for each in found
        ],
        "missing": [token for token in wanted if token not in known],
        **addresses,
    }


def _covered(schema: CollectionSchema, token: str) -> list[FieldRow]:
    return [
        FieldRow(key=f"{token}{PART}{each.name}", name=each.name, hint=each.data_type.name)
        for each in schema.properties.values()
    ]


def _rows(schema: CollectionSchema, token: str, fields: Mapping[str, Any]) -> list[FieldRow]:
    found = []
    for key, value in fields.items():
        each = schema.properties[key.partition(".")[0]]
        found.append(
            FieldRow(
                key=f"{token}{PART}{each.name}",
                name=each.name,
                hint=each.data_type.name,
                mask=columns.as_text(value) or "—",
                is_plain=not each.is_encrypted or value is None,
            )
        )
    return found
