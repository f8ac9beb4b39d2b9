"""The forms about people, roles and API clients."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

STATES = [("", _("All")), ("active", _("Active")), ("disabled", _("Disabled"))]
FACTORS = [("", _("All")), ("with", _("With")), ("without", _("Without"))]
OVERLAPS = [
    (0, _("ends at once, with all tokens")),
    (3600, _("opens for one more hour")),
    (86400, _("opens for one more day")),
    (7 * 86400, _("opens for seven more days")),
]
LIFETIMES = [("30", _("30 days")), ("90", _("90 days")), ("365", _("One year")), ("", _("Never"))]


class PeopleForm(forms.Form):
    """Filters of the list. ``roles``: of (id, name)."""

    q = forms.CharField(
        label=_("Name or e-mail"), max_length=255, widget=forms.TextInput({"type": "search"})
    )
    state = forms.ChoiceField(label=_("State"), choices=STATES)
    factor = forms.ChoiceField(label=_("Second factor"), choices=FACTORS)
    role = forms.UUIDField(label=_("Role"), widget=forms.HiddenInput)


class PersonForm(forms.Form):
    """A new account."""

    username = forms.CharField(
        label=_("User name"),
        max_length=255,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none"}),
    )
    full_name = forms.CharField(
        label=_("Name"),
        max_length=255,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        required=False,
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    roles = forms.MultipleChoiceField(
        label=_("Roles"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, roles: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = roles  # type: ignore[attr-defined]  # a choice field
        if not roles:
            del self.fields["roles"]


class GiveRoleForm(forms.Form):
    """One role for one person, for good or until a day is over."""

    role = forms.ChoiceField(label=_("Role"))
    until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput({"type": "date"})
    )

    def __init__(self, *args: Any, roles: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = roles  # type: ignore[attr-defined]  # a choice field

    def clean_until(self) -> Any:
        day = self.cleaned_data["until"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(_("This day is over."))
        return day


class RoleForm(forms.Form):
    """What a role is called; its rights stand beside it."""

    name = forms.CharField(
        label=_("Name"), max_length=150, widget=forms.TextInput({"autocomplete": "off"})
    )
    comment = forms.CharField(
        label=_("Description"), max_length=4000, required=False, widget=forms.Textarea({"rows": 2})
    )
    needs_factor = forms.BooleanField(
        label=_("Its people need a second factor"),
        help_text=_("Who has none goes no further than adding one."),
        required=False,
    )


class KeyForm(forms.Form):
    """A new API key."""

    label = forms.CharField(
        label=_("Label"),
        max_length=255,
        help_text=_("What it is for: you will know by it whether it may go."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    lifetime = forms.ChoiceField(
        label=_("Expires"), choices=LIFETIMES, initial="90", required=False
    )
    reach = forms.ChoiceField(
        label=_("May do"),
        choices=[
            ("all", _("All that its owner may do")),
            ("some", _("Only what is checked below")),
        ],
        initial="all",
        widget=forms.RadioSelect,
    )

    def ends_in(self) -> timedelta | None:
        """How long it works; None for until it is revoked."""
        days = self.cleaned_data["lifetime"]
        return timedelta(days=int(days)) if days else None


class ClientKeyForm(KeyForm):
    """A new API key of a program: it ends some day, whoever forgets it."""

    lifetime = forms.ChoiceField(label=_("Expires"), choices=LIFETIMES[:-1], initial="90")


def _networks() -> forms.CharField:
    return forms.CharField(
        label=_("Allowed addresses"),
        required=False,
        max_length=4000,
        help_text=_("Addresses or networks such as 10.1.0.0/16, one a line; empty for anywhere."),
        widget=forms.Textarea({"rows": 2, "class": "vp-mono", "spellcheck": "false"}),
    )


class NetworksForm(forms.Form):
    """Where a program's requests may come from."""

    networks = _networks()

    def lines(self) -> list[str]:
        """One each."""
        found: list[str] = self.cleaned_data["networks"].split()
        return found


class RotateForm(forms.Form):
    """For how long the old secret opens as well."""

    overlap = forms.TypedChoiceField(
        label=_("Old secret"),
        coerce=int,
        choices=OVERLAPS,
        initial=0,
        required=False,
        empty_value="0",
        widget=forms.RadioSelect,
    )


class ClientForm(NetworksForm):
    """A new API client."""

    field_order = ("name", "expires", "networks", "roles")

    name = forms.CharField(
        label=_("Name"), max_length=200, widget=forms.TextInput({"autocomplete": "off"})
    )
    expires = forms.DateField(
        label=_("Expires"),
        help_text=_("Its secret opens nothing from the end of this day on."),
        widget=forms.DateInput({"type": "date"}),
    )
    roles = forms.MultipleChoiceField(
        label=_("Roles"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, roles: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = roles  # type: ignore[attr-defined]  # a choice field

    def clean_expires(self) -> Any:
        day = self.cleaned_data["expires"]
        if day < timezone.localdate():
            raise forms.ValidationError(_("This day is over."))
        return day
