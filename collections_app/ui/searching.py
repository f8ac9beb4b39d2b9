"""The query bar: what can be asked of each property, and what was asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from collections_app.schema.compiled import CollectionSchema, PropertySchema

MOST_VALUES = 100
_NUMBERS = {"INTEGER": int, "DOUBLE": float}


@dataclass(frozen=True, slots=True)
class Option:
    """One line of the choice "email is". value: ``match:email``, "" when it cannot be asked."""

    value: str = field(repr=False)
    label: str


@dataclass(frozen=True, slots=True)
class Group:
    """What can be asked of one property; one line that says why not, where nothing can."""

    name: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as a chip shows it: without the value, which may be somebody's."""

    label: str
    query: dict[str, Any]


def groups(schema: CollectionSchema) -> list[Group]:
    """The properties by name, each with what its index supports; the id comes first."""
    ordered = sorted(schema.properties.values(), key=lambda each: each.name)
    own = Group("id", (Option("match:id", _("id is")), Option("in:id", _("id is one of"))))
    return [own, *(Group(each.name, tuple(_options(each))) for each in ordered)]


def _options(each: PropertySchema) -> Iterable[Option]:
    refusal, name = why_not(each), {"name": each.name}
    if refusal:
        yield Option("", f"{each.name}: {refusal}")
    else:
        yield Option(f"match:{each.name}", _("%(name)s is") % name)
        yield Option(f"in:{each.name}", _("%(name)s is one of") % name)
    if each.is_substring_index and each.is_substring_ready:
        yield Option(f"like:{each.name}", _("%(name)s contains") % name)
    elif each.is_substring_index:
        yield Option("", _("%(name)s contains: index not built yet") % name)
    elif not refusal:  # where nothing can be asked, one line says so
        yield Option("", _("%(name)s contains: has no index of its parts") % name)


def why_not(each: PropertySchema) -> str:
    """Why the whole value cannot be searched for; "" when it can."""
    if not each.is_encrypted:
        return ""
    if not each.is_searched:
        return _("encrypted, not indexed: cannot be searched")
    return "" if each.is_index_ready else _("index is being built")


def asked(schema: CollectionSchema, where: str, typed: str) -> Asked | None:
    """The question in a form; None for one that cannot be asked, or without a value."""
    part, _colon, name = where.partition(":")
    labels = {
        option.value: option.label
        for group in groups(schema)
        for option in group.options
        if option.value
    }
    if where not in labels or not typed.strip():
        return None
    each = schema.find(name)
    if each is None:
        return None
    if part == "in":
        lines = typed.replace(",", "\n").splitlines()
        value: Any = [_read(each, line.strip()) for line in lines if line.strip()][:MOST_VALUES]
    elif part == "like":
        value = f"*{typed.strip()}*" if not set(typed) & {"*", "?"} else typed.strip()
    else:
        value = _read(each, typed.strip())
    return Asked(labels[where], {part: {name: value}})


def _read(each: PropertySchema, text: str) -> Any:
    """As the type wants it; what cannot be read stays text, for the type to refuse."""
    base = each.data_type.base or each.data_type.name
    try:
        if base in _NUMBERS:
            return _NUMBERS[base](text)
    except ValueError:
        return text
    return text
