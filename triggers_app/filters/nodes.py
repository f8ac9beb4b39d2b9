"""A parsed filter: paths, their steps, and the expressions in predicates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Members:
    """``.name``, ``['name']``, ``['a','b']``."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Everything:
    """``*``: each value of an object or an array."""


@dataclass(frozen=True, slots=True)
class Indexes:
    """``[n]``, ``[n,m]``; negative ones count from the end."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """``[a:b]``; None is open."""

    first: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Where:
    """``[?( … )]``: elements of an array, or an object itself, for which the expression holds."""

    condition: Expression


Selector: TypeAlias = Members | Everything | Indexes | Range | Where


@dataclass(frozen=True, slots=True)
class Step:
    """A selector; ``deep`` applies it to everything below as well (``..``)."""

    selector: Selector
    deep: bool = False

    @property
    def is_definite(self) -> bool:
        """Whether it leads to one place at most."""
        selector = self.selector
        if self.deep:
            return False
        if isinstance(selector, Members):
            return len(selector.names) == 1
        return isinstance(selector, Indexes) and len(selector.numbers) == 1


@dataclass(frozen=True, slots=True)
class Function:
    """``length()`` and its kin at the end of a path."""

    name: str
    arguments: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """``$`` begins at the event, ``@`` (``from_here``) at what a predicate looks at."""

    from_here: bool
    steps: tuple[Step, ...]
    function: Function | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    """Text, number, true, false, null, array or object as written in the filter."""

    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pattern:
    """``/…/i``; ``compiled`` is RE2's."""

    compiled: Any


Value: TypeAlias = Path | Literal | Pattern


@dataclass(frozen=True, slots=True)
class Exists:
    """A path alone: whether it leads anywhere."""

    path: Path


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left operator right``."""

    operator: str
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Not:
    """``!``"""

    inner: Expression


@dataclass(frozen=True, slots=True)
class All:
    """``&&``"""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Any_:
    """``||``"""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Exists | Comparison | Not | All | Any_
