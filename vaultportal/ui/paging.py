"""Pages of a list: counted ones by number, long ones by the key of the row that comes before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Generic, Self, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest

SIZE = 50
LAST = 10_000
MAX_CURSOR = 512
REMEMBERED = 12  # cursors of pages before this one
COUNT = "count"  # asks for the exact number, of one page and not of its neighbours

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Pages:
    """Which page is looked at, and the addresses of its neighbours."""

    number: int
    query: tuple[tuple[str, str], ...] = ()
    count: int = 0
    shown: int = 0
    size: int = SIZE

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """From ``?page=``; everything else of the query stays in the addresses."""
        given = request.GET.get("page", "1")
        number = int(given) if given.isdecimal() and len(given) < 6 else 1
        kept = tuple(
            (key, str(value)) for key, value in request.GET.items() if key != "page" and value
        )
        return cls(max(1, min(number, LAST)), kept)

    def over(self, count: int, shown: int) -> Pages:
        """The same, knowing how many matches there are and how many stand on this page."""
        return Pages(self.number, self.query, count, shown, self.size)

    def counting(self, count: Callable[[], int], shown: int) -> Pages:
        """As ``over``; asks for the number only where the page does not show the end by itself.

        A filter that few rows match is looked up once then, and not once more to be counted.
        """
        if 0 < shown < self.size or (shown == 0 and self.number == 1):
            return self.over(self.offset + shown, shown)
        return self.over(count(), shown)

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    @property
    def first(self) -> int:
        return self.offset + 1 if self.shown else 0

    @property
    def last(self) -> int:
        return self.offset + self.shown

    @property
    def before(self) -> str:
        """The address of the page before; "" on the first."""
        return self._address(self.number - 1) if self.number > 1 else ""

    @property
    def after(self) -> str:
        """The address of the next page; "" on the last."""
        return self._address(self.number + 1) if self.last < self.count else ""

    def _address(self, number: int) -> str:
        return "?" + urlencode([*self.query, ("page", str(number))])


@dataclass(frozen=True, slots=True)
class Keyset(Generic[Row]):
    """A page of a list that nobody counts: what comes after a cursor, an opaque key of a row.

    before, after: the addresses of the neighbours; "" where there is none. The cursors of the
    pages before go along in the address, so that "Previous" needs no query of its own; past the
    dozen it leads to the beginning.
    """

    before: str
    after: str
    shown: int
    rows: tuple[Row, ...] = ()
    cursor: str = ""

    @classmethod
    def of(
        cls,
        request: HttpRequest,
        rows: Iterable[Row] | Callable[[str, int], Iterable[Row]],
        size: int = SIZE,
        key: Callable[[Row], str] = str,
    ) -> Self:
        """The page that ``?after=`` asks for.

        rows: one more than ``size`` of the rows after ``cursor_of(request)`` where there are as
            many; or what finds them, of (cursor, number of rows).
        key: the cursor of a row: text without "~".
        """
        cursor = cursor_of(request)
        found = rows(cursor, size + 1) if callable(rows) else rows
        taken = list(islice(found, size + 1))
        page, more = tuple(taken[:size]), len(taken) > size
        trail = [each for each in request.GET.get("trail", "").split("~") if each]
        kept = [
            (name, str(value))
            for name, each in request.GET.lists()
            for value in each
            if value and name not in ("after", "trail", "page", COUNT)
        ]
        before = _after(kept, trail[-1] if trail else "", trail[:-1]) if cursor else ""
        onward = [*trail, cursor][-REMEMBERED:] if cursor else trail
        after = _after(kept, key(page[-1]), onward) if more else ""
        return cls(before, after, len(page), page, cursor)

    @property
    def before_url(self) -> str:
        return self.before

    @property
    def after_url(self) -> str:
        return self.after


def cursor_of(request: HttpRequest) -> str:
    """Where in the list the address points; "" for its beginning. Untrusted text."""
    given = request.GET.get("after", "")
    return given if len(given) <= MAX_CURSOR and "~" not in given else ""


def _after(kept: list[tuple[str, str]], cursor: str, trail: list[str]) -> str:
    place = [("after", cursor)] if cursor else []
    way = [("trail", "~".join(trail))] if trail else []
    return "?" + urlencode([*kept, *place, *way])
