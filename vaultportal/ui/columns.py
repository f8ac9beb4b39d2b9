"""Which columns a table shows: chosen in its address, all of them unless it says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from django.utils.functional import Promise

PARAMETER = "columns"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. key: in the address; label: as in the head of the table."""

    key: str
    label: str | Promise


class Choice(NamedTuple):
    """A column as the menu offers it. is_fixed: it names the rows and always stays."""

    key: str
    label: str
    is_shown: bool
    is_fixed: bool


@dataclass(frozen=True, slots=True)
class Columns:
    """What of the declared columns is shown. The first names the rows: it always is.

    kept: what else stands in the address, for the form that chooses.
    """

    declared: tuple[Column, ...]
    keys: tuple[str, ...]
    kept: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls,
        declared: tuple[Column, ...],
        given: Iterable[str],
        kept: Iterable[tuple[str, str]] = (),
    ) -> Self:
        """From the values of ``?columns=``, keys with commas between them or one each.

        All columns where no key is known.
        """
        wanted = {key for text in given for key in text.split(",")}
        known = tuple(column.key for column in declared)
        chosen = tuple(key for key in known if key in wanted or key == known[0])
        return cls(declared, chosen if wanted & set(known) else known, tuple(kept))

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
    def shows(self) -> dict[str, bool]:
        """Whether a column is shown, by its key, for templates."""
        return {column.key: column.key in self.keys for column in self.declared}

    @property
    def choices(self) -> Sequence[Choice]:
        """The lines of the menu."""
        return [
            Choice(column.key, str(column.label), column.key in self.keys, place == 0)
            for place, column in enumerate(self.declared)
        ]
