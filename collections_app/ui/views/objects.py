"""The objects of one collection: masked, a page at a time, found by what the indexes allow."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.selectors import grants, overview, rights
from collections_app.services import reading
from collections_app.services.reading import Page
from collections_app.ui import browsing, columns, kept, searching
from collections_app.ui.browsing import Look
from collections_app.ui.reason import asking, browsing_reason
from collections_app.ui.refused import why_not_read
from collections_app.ui.views.base import CollectionView
from vaultportal.errors import Forbidden, Invalid, VaultError
from vaultportal.ui import errors, estimates
from vaultportal.ui.bulk import Action
from vaultportal.ui.estimates import Amount
from vaultportal.ui.paging import Keyset

SHOWN = (
    Capability.OBJECTS_CREATOR,
    Capability.OBJECTS_UPDATER,
    Capability.OBJECTS_DELETER,
    Capability.OBJECTS_READER,
    Capability.TOKENS_WRITER,
)


class ObjectsView(CollectionView):
    """GET /collections/{name}/?col=&life=&result=&after=; POST asks a question of the values."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        schema = self.schema_of(name)
        if not browsing_reason(request):
            return self._page(schema, {"needs_reason": True})
        try:
            look = Look.of(request, schema, self.reading())
        except Http404:  # a search is kept for a while only, and for nobody else
            messages.error(request, _("That search is no longer kept. Ask again."))
            return redirect("collections:objects", name)
        return self._show(schema, look)

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        schema = self.schema_of(name)
        look = Look.of(request, schema, self.reading())
        where, typed = request.POST.get("where", ""), request.POST.get("value", "")
        asked = searching.asked(schema, where, typed)
        if asked is None:
            return self._page(schema, {"look": look, "error": _("Choose what to look for.")}, 422)
        data = {"collection": str(schema.id), "label": asked.label, "query": asked.query}
        result = kept.keep(request, browsing.SEARCH, data)
        return redirect(f"/collections/{name}/{look.address(result=result)}")

    def _show(self, schema: CollectionSchema, look: Look) -> HttpResponse:
        context: dict[str, Any] = {"look": look}
        status = 200
        try:
            page = look.read(self.reading(), schema)
        except Forbidden as refusal:
            errors.note_refusal(self.request, refusal)
            right = Capability.DATA_SEARCHER if look.asked else Capability.OBJECTS_LISTER
            keys = [each.key for each in look.columns]
            context |= {
                "refused": True,
                "owners": grants.owners_of(schema),
                "why_url": why_not_read(
                    self.reading(), schema, right, keys, archived=look.archived
                ),
            }
            status = 403
        except Invalid as refusal:
            context["error"] = sentence(refusal)
            status = 422
        else:
            context |= {
                "page": page,
                "pages": browsing.pages_of(self.request, page),
                "rows": columns.rows_of(page.results, look.columns),
            }
        return self._page(schema, context, status)

    def _page(
        self, schema: CollectionSchema, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        held = rights.of(self.actor, [schema], *SHOWN, Capability.DATA_READER)
        look: Look | None = context.get("look")
        page: Page | None = context.get("page")
        given = {
            **self.head(schema, "objects"),
            "may": {right.name.lower(): held.may(right, schema) for right in SHOWN},
            **asking(self.request),
            "actions": bulk_actions(held, schema),
            **context,
        }
        if look and page:
            given |= {
                "matching": _total(look, page),
                "has_many": True,
                "amount": _amount(self, held, schema, look, page, context["pages"]),
            }
        if look is not None:
            given |= {
                "choices": look.choices,
                "groups": searching.groups(schema),
                "active_url": look.address(life=""),
                "archived_url": look.address(life="archived"),
                "clear_url": look.address(result=""),
                "here": look.address(),
            }
        return self.render(
            "collections_app/objects.html", "collections_app/_objects.html", given, status
        )


def bulk_actions(held: rights.Rights, schema: CollectionSchema) -> list[Action]:
    """What can be done to several objects at once, as far as the actor may."""
    found = []
    if held.may(Capability.TOKENS_WRITER, schema):
        found.append(Action("tokenize", _("Tokenize")))
    if held.may(Capability.OBJECTS_UPDATER, schema):
        found.append(Action("expire", _("Expire")))
    if held.may(Capability.OBJECTS_READER, schema):
        found.append(Action("export", _("Export")))
    if held.may(Capability.OBJECTS_DELETER, schema):
        found.append(Action("delete", _("Delete"), danger=True))
    return found


def sentence(refusal: VaultError) -> str:
    """What is wrong with a question, without what was asked."""
    for fault in refusal.faults:
        return _("%(name)s %(fault)s.") % {"name": fault.property, "fault": fault.message}
    return refusal.message


def _amount(
    view: ObjectsView,
    held: rights.Rights,
    schema: CollectionSchema,
    look: Look,
    page: Page,
    pages: Keyset[Any],
) -> Amount | None:
    """How many objects the list has, as far as the page knows it or they may learn it."""
    rows = overview.objects_of(schema, archived=look.archived)
    total = _total(look, page)
    if total is not None:
        return estimates.amount(view.request, pages, rows, known=total)
    # Of a search the statistics would say how often a value occurs.
    if look.asked or not held.counts(schema, browsing_reason(view.request)):
        return None

    def count() -> int:
        counts = reading.count_objects(view.reading(), schema.name)
        return counts["archived" if look.archived else "active"]

    return estimates.amount(view.request, pages, rows, count=count)


def _total(look: Look, page: Page) -> int | None:
    """How many match; None where nobody counted to the end, or what stands before the page."""
    if look.cursor or page.remaining >= settings.PVAULT_SERVICE_MAX_PAGINATION_REMAINING_COUNT:
        return None
    return len(page.results) + page.remaining
