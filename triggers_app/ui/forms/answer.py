"""The answer to a question, its fields made of the trigger's output schema; or why none comes."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from triggers_app.services.delivering import MAX_ERROR
from triggers_app.ui.forms import fields
from vaultportal.errors import VaultError

PREFIX = "o-"  # a property may be called anything
MOST_LETTERS = 4000
LABELS = {
    "approved": gettext_lazy("Approved"),
    "comment": gettext_lazy("Comment"),
    "approver": gettext_lazy("Approver"),
}


class AnswerForm(forms.Form):
    """schema: JSON Schema as text. fixed: properties that the portal fills in itself."""

    error = forms.CharField(
        label=gettext_lazy("Why there is no answer"),
        max_length=MAX_ERROR,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(self, *args: Any, schema: str, fixed: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        described = json.loads(schema).get("properties", {})
        self.properties = {name: each for name, each in described.items() if name not in fixed}
        for name, each in self.properties.items():
            self.fields[PREFIX + name] = _control(name, each)
        self.order_fields([*(PREFIX + name for name in self.properties), "error"])

    @property
    def answers(self) -> list[Any]:
        """The bound fields of the output."""
        return [self[PREFIX + name] for name in self.properties]

    def output(self) -> dict[str, Any]:
        """What was filled in."""
        given = {}
        for name, each in self.properties.items():
            value = self.cleaned_data[PREFIX + name]
            if each.get("type") == "boolean":
                given[name] = value == "true"
            elif value not in (None, ""):
                given[name] = value
        return given

    def refuse(self, error: VaultError) -> None:
        """Put what the service says beside its fields."""
        places = {f"output.{name}": PREFIX + name for name in self.properties}
        fields.refuse(self, error, places)


def _control(name: str, schema: dict[str, Any]) -> forms.Field:
    label = LABELS.get(name, name)
    kind = schema.get("type")
    if kind == "boolean":
        choices = [("true", _("Yes")), ("false", _("No"))]
        return forms.ChoiceField(
            label=label, choices=choices, initial="false", required=False, widget=forms.RadioSelect
        )
    if kind == "integer":
        return forms.IntegerField(label=label, required=False)
    if kind == "number":
        return forms.FloatField(label=label, required=False)
    return forms.CharField(label=label, required=False, max_length=MOST_LETTERS)
