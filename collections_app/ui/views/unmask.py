"""One column of the rows on screen, uncovered for a while: asked for, and on record by object."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from collections_app.schema.compiled import CollectionSchema
from collections_app.services import unmasking
from collections_app.ui import browsing, columns
from collections_app.ui.browsing import Look
from collections_app.ui.reason import browsing_reason
from collections_app.ui.views.base import CollectionView, crumbs
from vaultportal.ui import reasons
from vaultportal.ui.reasons import ReasonForm


class UnmaskView(CollectionView):
    """GET, POST /collections/{name}/unmask/?column=property, with the address of the list.

    What is uncovered is what this very list shows: the query says which objects.
    """

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        self.require_recent_proof()
        schema, column = self._column(request, name)
        form = reasons.asked(request, reasons.WIRE, needs_ticket=schema.needs_ticket)
        return self._ask(schema, column, form)

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        self.require_recent_proof()
        schema, column = self._column(request, name)
        needs_ticket = schema.needs_ticket
        form = ReasonForm(request.POST, reasons=reasons.WIRE, needs_ticket=needs_ticket)
        if not form.is_valid():
            return self._ask(schema, column, form, 422)
        given = form.cleaned_data
        reasons.remember(request, given["reason"])
        return self._show(schema, column, given)

    def _column(self, request: HttpRequest, name: str) -> tuple[CollectionSchema, str]:
        schema = self.schema_of(name)
        column = request.GET.get("column", "")
        each = schema.properties.get(column)
        if each is None or not each.is_encrypted or not browsing_reason(request):
            raise Http404
        return schema, column

    def _ask(
        self, schema: CollectionSchema, column: str, form: ReasonForm, status: int = 200
    ) -> HttpResponse:
        context = {
            "form": form,
            "column": column,
            "purpose": "reveal",
            "action_url": self.request.get_full_path(),
            **self.head(schema, "objects"),
        }
        context["crumbs"] = crumbs(schema, (column, ""))
        response = self.render(
            "collections_app/unmask.html", "collections_app/_unmask_dialog.html", context, status
        )
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
        return response

    def _show(self, schema: CollectionSchema, column: str, given: dict[str, Any]) -> HttpResponse:
        look = Look.of(self.request, schema, self.reading())
        page = look.read(self.reading(), schema)
        ids = [str(row["id"]) for row in page.results]
        actor = self.actor.with_(
            reason=given["reason"], note=given["note"], custom_audit="reveal column"
        )
        opened = unmasking.unmask(actor, schema.name, column, ids, archived=look.archived)
        why = reasons.in_words(given["reason"], given["note"])
        context = {
            **self.head(schema, "objects"),
            "look": look,
            "rows": columns.rows_of(page.results, look.columns, opened, column),
            "page": page,
            "pages": browsing.pages_of(self.request, page),
            "column": column,
            "seconds": given["seconds"],
            "recorded": why,
            "back_url": f"/collections/{schema.name}/{look.address(after=look.cursor)}",
            "oob": self.is_partial,
        }
        response = self.render(
            "collections_app/unmasked.html", "collections_app/_unmasked.html", context
        )
        response["Cache-Control"] = "no-store"
        return response
