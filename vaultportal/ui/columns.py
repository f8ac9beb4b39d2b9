"""Which columns a table shows, and by which it is sorted: both as its address says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, NamedTuple, Self, TypeVar
from urllib.parse import urlencode

from django.db.models import F, Model, QuerySet
from django.utils.functional import Promise

PARAMETER = "columns"
SORT = "sort"  # the key of a column; with "-" before it, the greatest first

Row = TypeVar("Row", bound=Model)
Thing = TypeVar("Thing")
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. key: in the address; label: as in the head of the table.

    sort: the field of the rows that it sorts them by; "" where it cannot.
    at_end: its cells are set at their end, as numbers and times are.
    """

    key: str
    label: str | Promise
    sort: str = ""
    at_end: bool = False


class Choice(NamedTuple):
    """A column as the menu offers it. is_fixed: it names the rows and always stays."""

    key: str
    label: str
    is_shown: bool
    is_fixed: bool


class Heading(NamedTuple):
    """The head of a column. url: the list sorted by it, the other way round where it is already;
    "" where it cannot be. way: of ``aria-sort``, "" for another order."""

    label: str
    at_end: bool
    url: str = ""
    way: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """What of the declared columns is shown. The first names the rows: it always is.

    filters: what else stands in the address. sort: the key of a column that sorts, as ``SORT``
    has it; "" for the list's own order.
    """

    declared: tuple[Column, ...]
    keys: tuple[str, ...]
    filters: Pairs = ()
    sort: str = ""

    @classmethod
    def of(
        cls,
        declared: tuple[Column, ...],
        given: Iterable[str],
        filters: Iterable[tuple[str, str]] = (),
        sort: str = "",
    ) -> Self:
        """From the values of ``?columns=``, keys with commas between them or one each.

        All columns where no key is known; no order of a column that does not sort.
        """
        wanted = {key for text in given for key in text.split(",")}
        known = tuple(column.key for column in declared)
        chosen = tuple(key for key in known if key in wanted or key == known[0])
        sorting = {sign + column.key for column in declared if column.sort for sign in ("", "-")}
        return cls(
            declared,
            chosen if wanted & set(known) else known,
            tuple(filters),
            sort if sort in sorting else "",
        )

    def without(self, key: str) -> Self:
        """The same for somebody who may not see one of them."""
        declared = tuple(column for column in self.declared if column.key != key)
        return replace(
            self, declared=declared, keys=tuple(each for each in self.keys if each != key)
        )

    @property
    def value(self) -> str:
        """As it stands in the address; "" for all columns."""
        return ",".join(self.keys) if len(self.keys) < len(self.declared) else ""

    @property
    def pairs(self) -> Pairs:
        """What the address says of them."""
        return tuple(pair for pair in ((PARAMETER, self.value), (SORT, self.sort)) if pair[1])

    @property
    def kept(self) -> Pairs:
        """What stays in the address when other columns are chosen."""
        return (*self.filters, *([(SORT, self.sort)] if self.sort else []))

    @property
    def shows(self) -> dict[str, bool]:
        """Whether a column is shown, by its key, for templates."""
        return {column.key: column.key in self.keys for column in self.declared}

    @property
    def headings(self) -> Sequence[Heading]:
        """The heads of the columns that are shown."""
        return [self._heading(column) for column in self.declared if column.key in self.keys]

    def _heading(self, column: Column) -> Heading:
        if not column.sort:
            return Heading(str(column.label), column.at_end)
        way = {column.key: "ascending", f"-{column.key}": "descending"}.get(self.sort, "")
        following = replace(self, sort=f"-{column.key}" if way == "ascending" else column.key)
        url = "?" + urlencode([*self.filters, *following.pairs])
        return Heading(str(column.label), column.at_end, url, way)

    def in_order(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """``rows`` as the address sorts them; what is equal in the order that they had.

        What has no value counts as the least.
        """
        if (found := self._sorting()) is None:
            return rows
        field, falls = found
        by = F(field).desc(nulls_last=True) if falls else F(field).asc(nulls_first=True)
        return rows.order_by(by, *rows.query.order_by)

    def arranged(self, things: Iterable[Thing]) -> list[Thing]:
        """As ``in_order``, of what is no query; fields may be dotted."""
        if (found := self._sorting()) is None:
            return list(things)
        field, falls = found
        value = attrgetter(field)

        def place(thing: Thing) -> tuple[bool, Any]:
            here = value(thing)
            return (here is not None, here)

        return sorted(things, key=place, reverse=falls)

    def _sorting(self) -> tuple[str, bool] | None:
        """The field that sorts, and whether the greatest comes first."""
        key = self.sort.removeprefix("-")
        field = next((column.sort for column in self.declared if column.key == key), "")
        return (field, self.sort.startswith("-")) if field else None

    @property
    def choices(self) -> Sequence[Choice]:
        """The lines of the menu."""
        return [
            Choice(column.key, str(column.label), column.key in self.keys, place == 0)
            for place, column in enumerate(self.declared)
        ]
