"""Filters of a list: a form in the address, and what of it is on as chips."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _

# What says where in the list one is; another filter starts at its beginning, and counts nothing.
PLACES = ("page", "after", "before", "trail", "count")


class Chip(NamedTuple):
    """A filter that is on, and the address without it."""

    label: str
    value: str
    url_without: str


@dataclass(frozen=True, slots=True)
class Filters:
    """A bound form of the query. A field that is wrong falls back to its initial value.

    values: what the fields hold, cleaned. query: the address's query without a place in the list.
    """

    form: forms.Form
    values: dict[str, Any]
    chips: list[Chip] = field(default_factory=list)
    clear_url: str = "?"
    query: str = ""

    @classmethod
    def of(cls, request: HttpRequest, form_class: type[forms.Form]) -> Self:
        """From the query of ``request``."""
        given = request.GET.copy()
        form = form_class()
        for name, control in form.fields.items():
            control.required = False
            if name not in given and control.initial not in (None, ""):
                given[name] = str(control.initial)
        form.data, form.is_bound = given, True
        form.full_clean()
        wrong = set(form.errors)
        values = {
            name: control.initial if name in wrong else form.cleaned_data.get(name)
            for name, control in form.fields.items()
        }
        kept = [
            (key, str(value))
            for key, each in request.GET.lists()
            for value in each
            if value and key not in PLACES
        ]
        chips = [
            Chip(
                str(form[name].label),
                shown(form.fields[name], values[name]),
                _address([pair for pair in kept if pair[0] != name]),
            )
            for name in form.fields
            if _is_on(form.fields[name], values[name])
        ]
        rest = [pair for pair in kept if pair[0] not in form.fields]
        return cls(form, values, chips, _address(rest), urlencode(kept))

    @property
    def is_on(self) -> bool:
        """Whether anything is left out of the list."""
        return bool(self.chips)


def shown(control: forms.Field, value: Any) -> str:
    """A value in words: the label of a choice, a date in the person's manner."""
    if isinstance(value, (list, tuple)):
        return ", ".join(shown(control, each) for each in value)
    if value is True:
        return _("Yes")
    if isinstance(control, forms.ChoiceField):
        flat = dict(_flat(control.choices))
        return str(flat.get(str(value), value))
    if isinstance(value, datetime):
        return date_format(value, "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    return str(value)


def _flat(choices: Any) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, label in choices:
        if isinstance(label, (list, tuple)):
            found += ((str(inner), words) for inner, words in label)
        else:
            found.append((str(key), label))
    return found


def _is_on(control: forms.Field, value: Any) -> bool:
    hidden = isinstance(control.widget, forms.HiddenInput)
    return not hidden and value not in (None, "", False, [], ()) and value != control.initial


def _address(pairs: list[tuple[str, str]]) -> str:
    return "?" + urlencode(pairs)
