"""What a list says of itself: its filters, its switches, its columns.

A list whose view declares this (``PortalView.a_list``) can be saved under a name, its columns
chosen, and its rows sorted by those that can. Its address has no parameters but those of the query.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from vaultportal.ui.columns import PARAMETER, SORT, Column, Columns, Pairs


@dataclass(frozen=True, slots=True)
class ListOf:
    """title: of the page. form: whose fields are the filters.

    switches: parameters beside the filters that say what the list shows, with their labels. A
        place in the list is none.
    columns: that can be chosen, the one that names the rows first; none for a narrow table.
    """

    title: str | Promise
    form: type[forms.Form]
    switches: tuple[tuple[str, str | Promise], ...] = ()
    columns: tuple[Column, ...] = ()

    def kept(self, query: QueryDict) -> Pairs:
        """What of a query is worth to be saved: the parameters of this list that say something.

        In an order of their own, so that two addresses of the same list are the same here.
        """
        return (*self._filters(query), *self.columns_of(query).pairs)

    def _filters(self, query: QueryDict) -> Pairs:
        initial = {name: str(field.initial or "") for name, field in self.form.base_fields.items()}
        names = sorted({*initial, *(name for name, _label in self.switches)})
        return tuple(
            (name, str(value))
            for name in names
            for value in query.getlist(name)
            if value and str(value) != initial.get(name)
        )

    def columns_of(self, query: QueryDict) -> Columns:
        """The columns that a query asks for, and their order; with the rest of it."""
        given = [str(each) for each in query.getlist(PARAMETER)]
        return Columns.of(self.columns, given, self._filters(query), query.get(SORT, ""))

    def labels(self, pairs: Iterable[tuple[str, str]]) -> list[str]:
        """What the parameters are called."""
        named = {name: str(label) for name, label in self.switches}
        named |= {name: str(field.label or "") for name, field in self.form.base_fields.items()}
        named |= {PARAMETER: _("Columns"), SORT: _("Order")}
        found = dict.fromkeys(named.get(name, "") for name, _value in pairs)
        return [label for label in found if label]


def named(list_name: str) -> ListOf | None:
    """The list with this name of its address; None for all else. Takes untrusted text."""
    try:
        match = resolve(reverse(list_name))
    except (NoReverseMatch, Resolver404):
        return None
    found = getattr(getattr(match.func, "view_class", None), "a_list", None)
    return found if isinstance(found, ListOf) and match.view_name == list_name else None


def address(list_name: str, query: str) -> str:
    """Where the list is with this query."""
    return f"{reverse(list_name)}?{query}" if query else reverse(list_name)


def encoded(pairs: Pairs) -> str:
    """The pairs as a query."""
    return urlencode(pairs)
