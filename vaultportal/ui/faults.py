"""What a service refused of the input, put beside the fields of a form."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from vaultportal.errors import Conflict, Invalid

# The day after it is a time in every zone.
_LAST = date.max - timedelta(days=2)


def put(form: forms.Form, refusal: Invalid | Conflict) -> None:
    """Each fault to its field, what belongs to none on top."""
    words = {
        "duplicate": _("This is taken."),
        "missing": _("This is required."),
        "range": _("This is too long, too short or out of range."),
        "format": _("This is not in the right form."),
        "unknown": _("This does not exist."),
    }
    for fault in refusal.faults:
        place = fault.property.partition(".")[0]
        form.add_error(
            place if place in form.fields else None, words.get(fault.code, refusal.message)
        )
    if not refusal.faults:
        form.add_error(None, refusal.message)


def end_of(day: date | None) -> datetime | None:
    """The end of a day in the person's zone; of the last days that there are, a little before."""
    if day is None:
        return None
    last = min(day, _LAST) + timedelta(days=1)
    return timezone.make_aware(datetime.combine(last, time.min))
