"""Filters of the lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from triggers_app.engine.replaying import EARLIEST, LATEST
from triggers_app.models import Invocation
from triggers_app.ui.forms import fields

SPANS = (
    ("", gettext_lazy("any time")),
    ("1", gettext_lazy("the last hour")),
    ("24", gettext_lazy("the last day")),
    ("168", gettext_lazy("the last 7 days")),
    ("720", gettext_lazy("the last 30 days")),
)
ATTEMPTS = (
    ("", gettext_lazy("any")),
    ("2", gettext_lazy("two or more")),
    ("3", gettext_lazy("three or more")),
    ("5", gettext_lazy("five or more")),
)
# In milliseconds.
DURATIONS = (
    ("", gettext_lazy("any")),
    ("1000", gettext_lazy("1 s or more")),
    ("10000", gettext_lazy("10 s or more")),
    ("60000", gettext_lazy("1 min or more")),
    ("3600000", gettext_lazy("1 h or more")),
)
MOMENT = {"type": "datetime-local", "step": "1"}
MOMENT_FORMAT = "%Y-%m-%dT%H:%M:%S"


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


class SubscriptionField(forms.TypedChoiceField):
    """The id of a subscription: one of the list, or one that is gone and still in the log."""

    def __init__(self, **options: Any) -> None:
        super().__init__(coerce=UUID, empty_value=None, **options)

    def valid_value(self, value: Any) -> bool:
        """Whether it is an id at all."""
        try:
            return bool(UUID(str(value)))
        except ValueError:
            return False


class InvocationsForm(forms.Form):
    """Filters of the log. named: ids and names of the subscriptions to choose from."""

    named: ClassVar[Sequence[tuple[UUID, str]]] = ()

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
    subscription = SubscriptionField(label=gettext_lazy("Subscription"), required=False)
    attempts = forms.TypedChoiceField(
        label=gettext_lazy("Attempts"), coerce=int, required=False, choices=ATTEMPTS
    )
    took = forms.TypedChoiceField(
        label=gettext_lazy("Duration"), coerce=int, required=False, choices=DURATIONS
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["trigger"].choices = [("", _("any")), *fields.trigger_choices()]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["state"].choices = [  # type: ignore[attr-defined]  # as above
            ("", _("any")),
            ("open", _("in flight")),
            *Invocation.State.choices,
        ]
        named = [(str(key), name) for key, name in self.named]
        self.fields["subscription"].choices = [("", _("any")), *named]  # type: ignore[attr-defined]  # as above


class WindowForm(forms.Form):
    """From when to when; both ends may be open."""

    since = forms.DateTimeField(
        label=gettext_lazy("From"),
        required=False,
        widget=forms.DateTimeInput(MOMENT, MOMENT_FORMAT),
    )
    until = forms.DateTimeField(
        label=gettext_lazy("To"), required=False, widget=forms.DateTimeInput(MOMENT, MOMENT_FORMAT)
    )

    def clean(self) -> dict[str, Any]:
        """An end that comes before its beginning, or when there can be no events, is refused."""
        given = dict(self.cleaned_data)
        since, until = given.get("since"), given.get("until")
        if since and not EARLIEST <= since <= LATEST:
            self.add_error("since", _("There was nothing then."))
        elif until and until < EARLIEST:
            self.add_error("until", _("There was nothing then."))
        elif since and until and until <= since:
            self.add_error("until", _("It must come after the beginning."))
        return given
