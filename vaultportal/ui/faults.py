"""What a service refused of the input, put beside the fields of a form."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from vaultportal.errors import Conflict, Invalid, VaultError

# The day after it is a time in every zone.
_LAST = date.max - timedelta(days=2)

SENTENCES = frozenset(
    [
        gettext_noop("A permission does not exist."),
        gettext_noop("Add a second factor of your own before you demand one."),
        gettext_noop("A policy does not exist."),
        gettext_noop("A role does not exist."),
        gettext_noop("A role must begin before it ends."),
        gettext_noop("The client would have ended already."),
        gettext_noop("The e-mail address is not one."),
        gettext_noop("The key would have ended already."),
        gettext_noop("The policy is not valid."),
        gettext_noop("The role is built in."),
        gettext_noop("The role is retired."),
        gettext_noop("This would leave nobody in charge of the portal."),
    ]
)


def put(form: forms.Form, refusal: Invalid | Conflict) -> None:
    """Each fault to its field, what belongs to none on top."""
    words = {
        "duplicate": _("This is taken."),
        "missing": _("This is required."),
        "range": _("This is too long, too short or out of range."),
        "format": _("This is not in the right form."),
        "unknown": _("This does not exist."),
        "type": _("This is not in the right form."),
        "choice": _("This is not one of the choices."),
        "conflict": _("This does not go with the rest."),
        "readonly": _("This cannot be changed here."),
    }
    for fault in refusal.faults:
        place = fault.property.partition(".")[0]
        form.add_error(
            place if place in form.fields else None, words.get(fault.code) or said(refusal)
        )
    if not refusal.faults:
        form.add_error(None, said(refusal))


def said(refusal: VaultError) -> str:
    """What a service said, in the reader's language: services speak English, as the wire does."""
    if refusal.message in SENTENCES:
        return _(refusal.message)
    return _("It cannot be done like this, and nothing was changed.")


def end_of(day: date | None) -> datetime | None:
    """The end of a day in the person's zone; of the last days that there are, a little before."""
    if day is None:
        return None
    last = min(day, _LAST) + timedelta(days=1)
    return timezone.make_aware(datetime.combine(last, time.min))
