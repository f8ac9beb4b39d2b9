"""Pages of a list that is counted: 50 rows, the number of the page in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from django.http import HttpRequest

SIZE = 50
LAST = 10_000


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
