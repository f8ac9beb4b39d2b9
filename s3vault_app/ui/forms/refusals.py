"""What a service refused, beside the field that it is about."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext as _

from s3vault_app.ui.sayings import said
from vaultportal.errors import VaultError


def show(form: forms.Form, refusal: VaultError, places: Mapping[str, str]) -> None:
    """Add the refusal to the form. places: the form's name for a property of the service."""
    beside = {places.get(fault.property, fault.property): fault for fault in refusal.faults}
    for name, fault in beside.items():
        if name not in form.fields:
            continue
        told = _("This cannot be used: it %(why)s.") % {"why": said(fault.message)}
        form.add_error(name, _("This is taken.") if fault.code == "duplicate" else told)
    if not beside.keys() & form.fields.keys():
        form.add_error(None, said(refusal.message))
