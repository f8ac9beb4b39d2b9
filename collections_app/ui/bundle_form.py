"""The form of a bundle: its code, and what to try it on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vaultportal.api.body import parse_json
from vaultportal.errors import Malformed

EXAMPLE = """exports.last4 = {
  type: "transformer",
  description: "The last four characters.",
  handler: (context, object, value) => "…" + value.slice(-4),
};
"""


def unix_lines(code: str) -> str:
    """The code with LF alone at the end of each line."""
    return code.replace("\r\n", "\n")


class BundleForm(forms.Form):
    """A bundle, and what to try it on."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=450,
        help_text=gettext_lazy("A letter, then letters, digits and underscores."),
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
    )
    description = forms.CharField(label=gettext_lazy("Description"), max_length=450, required=False)
    code = forms.CharField(label=gettext_lazy("Code"), max_length=2_000_000, strip=False)
    function = forms.CharField(
        label=gettext_lazy("Function"),
        max_length=450,
        required=False,
        help_text=gettext_lazy("Empty: only read what the code exports."),
        widget=forms.TextInput({"autocapitalize": "none", "spellcheck": "false"}),
    )
    sample = forms.CharField(
        label=gettext_lazy("Sample input, as JSON"),
        max_length=100_000,
        required=False,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Nothing is stored, and nothing real is touched: what the code asks of the vault or of"
            " the network is answered from samples."
        ),
    )
    answers = forms.CharField(
        label=gettext_lazy("Sample answers, as JSON"),
        max_length=100_000,
        required=False,
        widget=forms.Textarea({"rows": 2, "spellcheck": "false"}),
        help_text=gettext_lazy("By global identifier or address that the code asks for."),
    )

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            self.fields.pop("name")

    def clean_code(self) -> str:
        """As it was typed: a browser submits every line with CR and LF at its end."""
        return unix_lines(self.cleaned_data["code"])

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        for name, default in (("sample", None), ("answers", {})):
            try:
                given[name] = parse_json(given[name].encode()) if given.get(name) else default
            except Malformed:
                self.add_error(name, _("This is not JSON."))
        if not isinstance(given.get("answers"), dict):
            self.add_error("answers", _("An object is expected."))
        return given
