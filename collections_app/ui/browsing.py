"""One look into a collection: which columns, which objects, and where in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest

from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.selectors import rights
from collections_app.services import reading, searching
from collections_app.services.options import ReadOptions
from collections_app.services.reading import Page
from collections_app.ui import columns, kept
from collections_app.ui.columns import Choice, Column
from vaultportal.identity.actor import Actor
from vaultportal.ui.paging import Keyset, cursor_of

SIZE = 50
SEARCH = "search"
MOST_AT_ONCE = 1000  # what the services take in one call


@dataclass(frozen=True, slots=True)
class Look:
    """archived: the expired ones. result: the id under which a search is kept, "" for none.

    dated: whether the time of the last change stands beside each. choices: of columns.
    asked: the search itself, ``label`` in words without the value, and ``query``.
    """

    columns: Sequence[Column]
    archived: bool
    result: str
    cursor: str
    dated: bool
    choices: Sequence[Choice]
    asked: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, request: HttpRequest, schema: CollectionSchema, actor: Actor) -> Self:
        """From the address, with no more of it than ``actor`` may read for their reason.

        Http404 for a search that is no longer kept.
        """
        result = request.GET.get("result", "")
        found: dict[str, Any] = kept.find(request, SEARCH, result) if result else {}
        if found and found["collection"] != str(schema.id):
            found, result = {}, ""
        archived = request.GET.get("life") == "archived"
        held = rights.of(actor, [schema], Capability.OBJECTS_LISTER)

        def may_read(key: str) -> bool:
            return held.reads(schema, [key], Capability.OBJECTS_LISTER, archived=archived)

        chosen = columns.chosen(schema, request.GET.getlist("col"), may_read)
        return cls(
            chosen,
            archived,
            result,
            cursor_of(request),
            may_read(columns.CHANGED),
            columns.choices(schema, chosen, may_read),
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
        times = (columns.CHANGED,) if self.dated else ()
        props = ("id", *(each.key for each in self.columns), *times)
        return self._page(actor, schema, props, SIZE, self.cursor)

    def ids(self, actor: Actor, schema: CollectionSchema, most: int) -> tuple[list[str], bool]:
        """The ids of all that match, ``most`` or a page more; and whether some are left out."""
        found: list[str] = []
        size, cursor = min(MOST_AT_ONCE, int(settings.PVAULT_SERVICE_MAX_PAGE_SIZE)), ""
        while True:
            page = self._page(actor, schema, ("id",), size, cursor)
            found += [str(row["id"]) for row in page.results]
            cursor = page.cursor
            if not cursor or len(found) > most:
                return found, bool(cursor)

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
