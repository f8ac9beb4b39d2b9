"""Two people at one form: what saving mine would do to what the other has saved meanwhile."""

from __future__ import annotations

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext as _

from vaultportal.ui.diff import Diff


def differences(theirs: forms.BaseForm, mine: forms.BaseForm) -> Diff:
    """From the form as it is stored by now to the form as it was sent."""
    return Diff.of(_text(theirs), _text(mine))


def build_on(form: forms.BaseForm, **seen: object) -> None:
    """Let the form, once it is sent again, be a change of what has just been shown.

    seen: the hidden fields that tell which state was looked at.
    """
    assert isinstance(form.data, QueryDict)  # noqa: S101 a form that was sent
    data = form.data.copy()
    for name, value in seen.items():
        data[name] = str(value)
    form.data = data


def _text(form: forms.BaseForm) -> str:
    return "\n".join(line for field in form.visible_fields() for line in _lines(field))


def _lines(field: BoundField) -> list[str]:
    value = field.value()
    if isinstance(field.field, forms.BooleanField):
        return [f"{field.label}: {_('yes') if value else _('no')}"]
    widget = field.field.widget
    value = widget.format_value(value)
    if isinstance(widget, forms.Select | forms.RadioSelect):
        chosen = set(map(str, value))
        said = [str(label) for key, label in widget.choices if str(key) in chosen]
    else:
        said = str(value if value is not None else "").splitlines()
    if len(said) > 1:
        return [f"{field.label}:", *(f"  {each}" for each in said)]
    return [f"{field.label}: {''.join(said)}".rstrip()]
