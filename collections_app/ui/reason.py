"""Why somebody browses: asked once, kept for the session, sent with each read."""

from __future__ import annotations

from django.http import HttpRequest

from vaultportal.ui import reasons

KEY = "browsing_reason"
# In the trail: pages asked for masks, not for values.
MASKED = "masked"
# "Other" says nothing without a note, and a list has no place for one.
CHOICES = tuple(reason for reason in reasons.WIRE if not reason.needs_note)
_KNOWN = frozenset(reason.code for reason in CHOICES)


def browsing_reason(request: HttpRequest) -> str:
    """The reason in force; "" while nobody has said one. ``?reason=`` says or changes it."""
    said = request.GET.get("reason", "")
    if said in _KNOWN and request.session.get(KEY) != said:
        request.session[KEY] = said
    kept = str(request.session.get(KEY, ""))
    return kept if kept in _KNOWN else ""
