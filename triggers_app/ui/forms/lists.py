"""Filters of the lists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from triggers_app.models import Invocation
from triggers_app.ui.forms import fields

SPANS = (
    ("", gettext_lazy("any time")),
    ("1", gettext_lazy("the last hour")),
    ("24", gettext_lazy("the last day")),
    ("168", gettext_lazy("the last 7 days")),
    ("720", gettext_lazy("the last 30 days")),
)


class SubscriptionsForm(forms.Form):
    """Filters of the list of subscriptions."""

    q = forms.CharField(label=gettext_lazy("Name or address"), max_length=200, required=False)
    trigger = forms.ChoiceField(label=gettext_lazy("Trigger"), required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[
            ("", gettext_lazy("any")),
            ("working", gettext_lazy("working")),
            ("failing", gettext_lazy("failing")),
            ("off", gettext_lazy("off")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["trigger"].choices = [("", _("any")), *fields.trigger_choices()]  # type: ignore[attr-defined]  # a ChoiceField


class InvocationsForm(forms.Form):
    """Filters of the log. subscription: an id, put there by a link."""

    trigger = forms.ChoiceField(label=gettext_lazy("Trigger"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[
            ("", gettext_lazy("any")),
            ("real", gettext_lazy("real")),
            ("test", gettext_lazy("tests")),
        ],
    )
    hours = forms.ChoiceField(label=gettext_lazy("Time"), required=False, choices=SPANS)
    subscription = forms.UUIDField(
        label=gettext_lazy("Subscription"), required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["trigger"].choices = [("", _("any")), *fields.trigger_choices()]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["state"].choices = [  # type: ignore[attr-defined]  # as above
            ("", _("any")),
            ("open", _("in flight")),
            *Invocation.State.choices,
        ]
