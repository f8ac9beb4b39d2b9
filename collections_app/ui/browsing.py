"""One look into a collection: which columns, which objects, and where in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

from django.http import HttpRequest

from collections_app.schema.compiled import CollectionSchema
from collections_app.services import reading, searching
from collections_app.services.options import ReadOptions
from collections_app.services.reading import Page
from collections_app.ui import columns, kept
from collections_app.ui.columns import Column
from vaultportal.identity.actor import Actor
from vaultportal.ui.paging import Keyset, cursor_of

SIZE = 50
SEARCH = "search"
MOST_AT_ONCE = 1000  # what the services take in one call


@dataclass(frozen=True, slots=True)
class Look:
    """archived: the expired ones. result: the id under which a search is kept, "" for none.

    asked: the search itself, ``label`` in words without the value, and ``query``.
    """

    columns: Sequence[Column]
    archived: bool
    result: str
    cursor: str
    asked: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, request: HttpRequest, schema: CollectionSchema) -> Self:
        """From the address; Http404 for a search that is no longer kept."""
        result = request.GET.get("result", "")
        found: dict[str, Any] = kept.find(request, SEARCH, result) if result else {}
        if found and found["collection"] != str(schema.id):
            found, result = {}, ""
        return cls(
            columns.chosen(schema, request.GET.getlist("col")),
            request.GET.get("life") == "archived",
            result,
            cursor_of(request),
            found,
        )

    def address(self, **changes: Any) -> str:
        """The query of the same look, changed, at its beginning."""
        pairs: dict[str, Any] = {
            "col": [each.key for each in self.columns],
            "life": "archived" if self.archived else "",
            "result": self.result,
        } | changes
        return "?" + urlencode({k: v for k, v in pairs.items() if v}, doseq=True)

    def read(self, actor: Actor, schema: CollectionSchema) -> Page:
        """The page at the cursor: masks and clear values only."""
        props = ("id", *(each.key for each in self.columns))
        return self._page(actor, schema, props, SIZE, self.cursor)

    def ids(self, actor: Actor, schema: CollectionSchema) -> tuple[list[str], bool]:
        """The ids of all that match, as many as fit one call, and whether there are more."""
        page = self._page(actor, schema, ("id",), MOST_AT_ONCE, "")
        return [str(row["id"]) for row in page.results], bool(page.cursor)

    def _page(
        self, actor: Actor, schema: CollectionSchema, props: tuple[str, ...], size: int, cursor: str
    ) -> Page:
        options = ReadOptions(props=props, archived=self.archived)
        if not self.asked:
            return reading.list_objects(actor, schema.name, options, page_size=size, cursor=cursor)
        return searching.search_objects(
            actor, schema.name, self.asked["query"], options, page_size=size, cursor=cursor
        )


def pages_of(request: HttpRequest, page: Page) -> Keyset[Any]:
    """The neighbours of a page whose cursor the service has made."""
    more = [*page.results, None] if page.cursor else page.results
    size = len(page.results) if page.cursor else SIZE
    return Keyset.of(request, more, size=size, key=lambda _row: page.cursor)
