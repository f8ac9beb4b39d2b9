"""The form of an object: a control a property, read as the property's type wants it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.schema.compiled import CollectionSchema, PropertySchema
from vaultportal.api.body import parse_json
from vaultportal.errors import Malformed, VaultError

PREFIX = "p-"  # a property may be called anything, "csrfmiddlewaretoken" too
CLEAR = "c-"
_LONG = {"LONG_TEXT", "JSON", "BLOB", "ADDRESS"}
_BOOLEANS = [("", "—"), ("true", gettext_lazy("Yes")), ("false", gettext_lazy("No"))]


class ObjectForm(forms.Form):
    """Fields are made of the schema. ``body`` is what the service takes.

    is_change: of an object that is there. Nothing of it is shown; what is left empty stays.
    """

    def __init__(
        self, schema: CollectionSchema, data: Any = None, *, is_change: bool = False
    ) -> None:
        super().__init__(data)
        self.is_change = is_change
        self.properties = sorted(
            schema.properties.values(), key=lambda each: (each.is_nullable, each.name)
        )
        for each in self.properties:
            self.fields[PREFIX + each.name] = _control(each, is_change=is_change)
            if is_change and each.is_nullable:
                label = _("Remove %(name)s") % {"name": each.name}
                self.fields[CLEAR + each.name] = forms.BooleanField(label=label, required=False)

    def body(self) -> dict[str, Any]:
        """Property → value of the filled-in fields; ValidationError where one cannot be read."""
        given: dict[str, Any] = {}
        for each in self.properties:
            text = self.cleaned_data[PREFIX + each.name]
            if text != "":
                given[each.name] = _value(each, text)
            elif self.cleaned_data.get(CLEAR + each.name):
                given[each.name] = None
        return given

    def refuse(self, error: VaultError) -> None:
        """Put what the service says beside the fields that it says it of."""
        named = error.context.get("properties") or error.context.get("property") or ""
        names = [name for name in str(named).split(",") if PREFIX + name in self.fields]
        for name in names:
            self.add_error(PREFIX + name, _sentence(error, name))
        if not names:
            self.add_error(None, error.message)


def _control(each: PropertySchema, *, is_change: bool) -> forms.Field:
    kind = each.data_type.base or each.data_type.name
    hint = " · ".join(
        filter(
            None,
            [
                each.data_type.name,
                each.description,
                "" if each.is_encrypted else _("not encrypted"),
            ],
        )
    )
    shared: dict[str, Any] = {
        "label": each.name,
        "help_text": hint,
        "required": not each.is_nullable and not is_change,
    }
    if kind == "BOOLEAN":
        return forms.ChoiceField(choices=_BOOLEANS, **shared)
    attributes = {"autocomplete": "off", "spellcheck": "false"}
    if kind in _LONG:
        return forms.CharField(widget=forms.Textarea({**attributes, "rows": 3}), **shared)
    return forms.CharField(strip=False, widget=forms.TextInput(attributes), **shared)


def _value(each: PropertySchema, text: str) -> Any:
    kind = each.data_type.base or each.data_type.name
    try:
        if kind == "BOOLEAN":
            return text == "true"
        if kind == "INTEGER":
            return int(text)
        if kind == "DOUBLE":
            return float(text)
        if kind == "JSON":
            return parse_json(text.encode())
    except (ValueError, Malformed):
        raise forms.ValidationError(
            {PREFIX + each.name: _("This is not of the type %(kind)s.") % {"kind": kind}}
        ) from None
    return text


def _sentence(error: VaultError, name: str) -> str:
    if error.kind == "conflict":
        return _("Another object has this value, and it must be unique.")
    for fault in error.faults:
        if fault.property == name:
            return _("The value does not fit: it %(fault)s.") % {"fault": fault.message}
    return error.message
