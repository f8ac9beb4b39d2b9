"""Why somebody browses a collection: said once, kept for the session, sent with each read."""

from __future__ import annotations

from django.http import HttpRequest

from collections_app.services.options import DEFAULT_REASON
from vaultportal.ui import reasons

KEY = "browsing_reason"
# In the trail: pages asked for masks, not for values.
MASKED = "masked"
# "Other" says nothing without a note, and a list has no place for one.
CHOICES = tuple(reason for reason in reasons.WIRE if not reason.needs_note)


def browsing_reason(request: HttpRequest) -> str:
    """The reason in force; ``?reason=`` changes it."""
    known = {reason.code for reason in CHOICES}
    said = request.GET.get("reason", "")
    if said in known and request.session.get(KEY) != said:
        request.session[KEY] = said
    kept = request.session.get(KEY, DEFAULT_REASON)
    return kept if kept in known else DEFAULT_REASON
