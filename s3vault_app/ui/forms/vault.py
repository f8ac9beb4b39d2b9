"""The first step of a new vault: its name and its plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from s3vault_app import names, selectors
from s3vault_app.models import StoragePlan
from s3vault_app.ui import sentences
from s3vault_app.ui.sayings import said
from s3vault_app.ui.sentences import Rules
from vaultportal.errors import Invalid


@dataclass(frozen=True, slots=True)
class PlanChoice:
    """One plan with what it means."""

    plan: StoragePlan
    effect: list[str]
    is_chosen: bool


class NameForm(forms.Form):
    """plans: those that the actor may make vaults on, as ``choices`` shows them."""

    name = forms.CharField(
        label=gettext_lazy("Name of the vault and its bucket"),
        max_length=63,
        strip=False,
        help_text=gettext_lazy("3 to 63 lower-case letters, digits, hyphens and dots."),
        widget=forms.TextInput(
            {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    plan = forms.TypedChoiceField(
        label=gettext_lazy("Plan"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a plan.")},
    )

    def __init__(self, *args: Any, plans: Sequence[StoragePlan], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plans = plans
        choices = [(plan.number, plan.name) for plan in plans]
        self.fields["plan"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if why := name_fault(name):
            raise forms.ValidationError(why)
        return name

    @property
    def choices(self) -> list[PlanChoice]:
        """The plans to choose from, each with its effect as sentences."""
        chosen = str(self["plan"].value() or "")
        return [
            PlanChoice(plan, sentences.effect(Rules.of_plan(plan)), str(plan.number) == chosen)
            for plan in self.plans
        ]


def name_fault(name: str) -> str:
    """Why a vault cannot bear this name; "" when it can."""
    try:
        names.check_bucket(name)
    except Invalid as refusal:
        return _("S3 does not take this name: it %(why)s.") % {
            "why": said(refusal.faults[0].message)
        }
    if selectors.vaults.is_name_taken(name):
        return _("A vault of this name exists.")
    return ""
