"""Rotating a key pair: which one, and for how long the old one still works."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

OVERLAPS = [
    ("0", _("Stops at once")),
    ("3600", _("Works for 1 more hour")),
    ("86400", _("Works for 1 more day")),
    ("604800", _("Works for 7 more days")),
]


class RotateForm(forms.Form):
    """reach: the pair over all vaults, or one for this vault alone."""

    reach = forms.ChoiceField(
        label=_("Which pair"),
        choices=[("all", _("For all my vaults")), ("vault", _("For this vault only"))],
        initial="all",
    )
    overlap = forms.ChoiceField(label=_("The pair that it replaces"), choices=OVERLAPS, initial="0")

    @property
    def lasting(self) -> timedelta | None:
        """How long the old pair still works; None for not at all."""
        seconds = int(self.cleaned_data["overlap"])
        return timedelta(seconds=seconds) if seconds else None
