"""Lists on the wire: ``limit offset count filters sorters``, and a bare array.

Source: contract of triggers, section 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import F, Model, QuerySet
from django.http import HttpRequest

from triggers_app import collection_filter
from triggers_app.collection_filter import Node
from vaultportal.api import query

MOST = 250
MAX_OFFSET = 2**31 - 1
M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for. order: names with whether it descends."""

    limit: int
    offset: int
    count: bool
    filters: Node | None
    order: tuple[tuple[str, bool], ...]

    def cut(self, rows: QuerySet[M]) -> list[M]:
        """The page of a sorted query."""
        return list(rows[self.offset : self.offset + self.limit]) if self.limit else []

    def headers(self, total: Callable[[], int]) -> dict[str, str]:
        """``X-Total-Count`` when it was asked for."""
        return {"X-Total-Count": str(total())} if self.count else {}


def read(request: HttpRequest, *, sorters: Iterable[str]) -> Page:
    """The parameters of a request; Invalid for whatever is wrong."""
    known = set(sorters)
    text = query.text(request, "filters")
    order = []
    for word in query.text(request, "sorters").split(","):
        name = word.strip()
        if not name:
            continue
        descends = name.startswith("-")
        if name.removeprefix("-") not in known:
            raise query.refuse("sorters", "format", "names a field that this list is not sorted by")
        order.append((name.removeprefix("-"), descends))
    return Page(
        query.integer(request, "limit", MOST, most=MOST),
        query.integer(request, "offset", 0, most=MAX_OFFSET),
        query.boolean(request, "count"),
        collection_filter.parse(text) if text.strip() else None,
        tuple(order),
    )


def ordering(page: Page, columns: Mapping[str, str], *otherwise: str) -> list[Any]:
    """Arguments of ``order_by``; ``otherwise`` also breaks ties. Rows without a value come last."""
    chosen = [
        F(columns[name]).desc(nulls_last=True)
        if descends
        else F(columns[name]).asc(nulls_last=True)
        for name, descends in page.order
    ]
    return [*chosen, *otherwise]
