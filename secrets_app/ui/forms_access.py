"""Whom to let into a secret, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from secrets_app.services.grants import Holder
from secrets_app.services.links import MAX_HOURS, MAX_VIEWS
from secrets_app.ui.forms_bulk import MomentField
from vaultportal.directory import selectors as directory
from vaultportal.errors import Invalid
from vaultportal.identity.actor import Actor

UNTIL = [
    ("", gettext_lazy("For good")),
    ("hour", gettext_lazy("For an hour")),
    ("today", gettext_lazy("Until the end of today")),
    ("month", gettext_lazy("For 30 days")),
    ("date", gettext_lazy("Until a date")),
]
PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class ShareForm(forms.Form):
    """A role or somebody by name, what they may do, and for how long."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), required=False)
    person = forms.CharField(
        label=gettext_lazy("Or a person or API client"),
        required=False,
        max_length=255,
        help_text=gettext_lazy("The user name or the e-mail address, in full."),
        widget=forms.TextInput(PLAIN),
    )
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("They may"),
        choices=[("read", gettext_lazy("read")), ("write", gettext_lazy("write"))],
        initial=["read"],
        widget=forms.CheckboxSelectMultiple,
    )
    until = forms.ChoiceField(label=gettext_lazy("How long"), choices=UNTIL, required=False)
    until_at = MomentField(label=gettext_lazy("Date"), required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = directory.list_roles(actor).values_list("uuid", "name")
        field = self.fields["role"]
        field.choices = [("", _("Choose a role")), *((str(uuid), name) for uuid, name in roles)]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if bool(given.get("role")) == bool(given.get("person")):
            self.add_error("role", _("Choose a role, or name a person: one of the two."))
        elif given.get("role"):
            given["holder"] = Holder("role", UUID(given["role"]))
        else:
            try:
                given["holder"] = Holder.named(given["person"].strip())
            except Invalid as refusal:
                self.add_error("person", _said(refusal))
        if given.get("until") == "date" and not given.get("until_at"):
            self.add_error("until_at", _("Say until when."))
        if not given.get("until") and given.get("until_at"):
            self.add_error("until", _("A date is given: choose “Until a date”, or clear it."))
        return given

    @property
    def valid_until(self) -> datetime | None:
        """When the grant ends; None for never. Only of a form that is right."""
        now = timezone.localtime()
        midnight = now.replace(hour=23, minute=59, second=59, microsecond=0)
        given: datetime | None = self.cleaned_data.get("until_at")
        ends = {
            "hour": now + timedelta(hours=1),
            "today": midnight,
            "month": now + timedelta(days=30),
            "date": given,
        }
        return ends.get(self.cleaned_data.get("until") or "")

    @property
    def holder_name(self) -> str:
        """Whom it is about, as the page says it."""
        roles = dict(self.fields["role"].choices)  # type: ignore[attr-defined]  # a ChoiceField
        if role := self.cleaned_data["role"]:
            return str(roles[role])
        found = self.cleaned_data["holder"].find()
        return f"{found.full_name} ({found.username})" if found.full_name else found.username


def _said(refusal: Invalid) -> str:
    """Why a typed name stands for no account."""
    if any(fault.code == "duplicate" for fault in refusal.faults):
        return _("Several accounts have this address: give the user name.")
    return _("Nobody has this name.")


class LinkForm(forms.Form):
    """The terms of a one-time link."""

    views = forms.IntegerField(
        label=gettext_lazy("Views"), min_value=1, max_value=MAX_VIEWS, initial=1
    )
    hours = forms.IntegerField(
        label=gettext_lazy("Hours"), min_value=1, max_value=MAX_HOURS, initial=24
    )
    passphrase = forms.CharField(
        label=gettext_lazy("Passphrase"),
        required=False,
        max_length=1024,
        strip=False,
        help_text=gettext_lazy("Tell it by another way than the link."),
        widget=forms.TextInput(PLAIN),
    )
    receiver = forms.CharField(
        label=gettext_lazy("Only for"),
        required=False,
        max_length=255,
        help_text=gettext_lazy("A user name: then the link opens for nobody else."),
        widget=forms.TextInput(PLAIN),
    )

    def clean_receiver(self) -> UUID | None:
        typed = self.cleaned_data["receiver"].strip()
        if not typed:
            return None
        try:
            return Holder.named(typed).id
        except Invalid as refusal:
            raise forms.ValidationError(_said(refusal)) from None


class CheckoutForm(forms.Form):
    """Why somebody wants a secret alone, and for how long."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=255, widget=forms.TextInput(PLAIN)
    )
    minutes = forms.TypedChoiceField(
        label=gettext_lazy("For"),
        coerce=int,
        choices=[
            (30, gettext_lazy("30 minutes")),
            (60, gettext_lazy("1 hour")),
            (240, gettext_lazy("4 hours")),
            (480, gettext_lazy("8 hours")),
            (1440, gettext_lazy("1 day")),
            (10_080, gettext_lazy("1 week")),
        ],
        initial=60,
    )
