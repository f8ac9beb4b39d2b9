"""What is asked before something is done to many objects or tokens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.models.token import Token
from collections_app.schema.compiled import CollectionSchema
from collections_app.ui import ending
from collections_app.ui.words import TOKEN_TYPES


class ExpireForm(forms.Form):
    """When they end."""

    ends = forms.ChoiceField(
        label=gettext_lazy("They end"),
        choices=ending.WITH_NOW,
        widget=forms.RadioSelect,
        initial=ending.NOW,
    )


class DeleteForm(forms.Form):
    """The number of objects, typed."""

    word = forms.CharField(
        label=gettext_lazy("Number of objects"),
        max_length=10,
        widget=forms.TextInput({"autocomplete": "off", "inputmode": "numeric"}),
    )

    def says(self, number: int) -> bool:
        """Whether it is this number, however it is grouped; else the field says that it is not."""
        if "".join(filter(str.isdecimal, self.cleaned_data["word"])) == str(number):
            return True
        self.add_error("word", _("This is not the number above."))
        return False


class TokenForm(forms.Form):
    """How they are tokenized."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Type"), choices=TOKEN_TYPES, initial=Token.Type.POINTER
    )
    props = forms.MultipleChoiceField(
        label=gettext_lazy("Properties"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None checked: all of them."),
    )
    scope = forms.CharField(label=gettext_lazy("Scope"), max_length=256, required=False)
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Separated by commas."),
    )
    ends = forms.ChoiceField(
        label=gettext_lazy("Expires"),
        choices=[("", gettext_lazy("As the vault's setting says")), *ending.CHOICES],
        required=False,
    )

    def __init__(self, schema: CollectionSchema, data: Any = None, **further: Any) -> None:
        super().__init__(data, **further)
        choices = [(name, name) for name in sorted(schema.properties)]
        self.fields["props"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def item(self, given: dict[str, Any]) -> dict[str, Any]:
        """One item of a tokenize call for ``object`` (``{"id": …}`` or ``{"fields": …}``)."""
        read = self.cleaned_data
        tags = [tag.strip() for tag in read["tags"].split(",") if tag.strip()]
        further = {"props": read["props"], "scope": read["scope"], "tags": tags}
        asked = {name: value for name, value in further.items() if value}
        return {"type": read["kind"], "object": given, **asked}
