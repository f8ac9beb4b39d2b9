"""Why somebody browses: asked once, kept for the session, sent with each read and write.

Only a form of ours says or changes it (``views.reason``): an address that somebody else made up
must not decide under which reason a read is recorded.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from vaultportal.identity.actor import Actor
from vaultportal.ui import reasons
from vaultportal.ui.reasons import ReasonForm

KEY = "browsing_reason"
NOTE = "browsing_note"
# In the trail: pages asked for masks, not for values.
MASKED = "masked"
CHOICES = reasons.WIRE
_KNOWN = frozenset(reason.code for reason in CHOICES)


class BrowsingForm(ReasonForm):
    """Why, and the ticket or note that some reasons need."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, reasons=CHOICES, **kwargs)
        for name in ("seconds", "purpose"):  # nothing is shown
            self.fields.pop(name)


def browsing_reason(request: HttpRequest) -> str:
    """The reason in force; "" while nobody has said one."""
    kept = str(request.session.get(KEY, ""))
    return kept if kept in _KNOWN else ""


def remember(request: HttpRequest, code: str, note: str) -> None:
    """Let this session browse for this reason from now on."""
    request.session[KEY] = code
    request.session[NOTE] = note


def with_reason(request: HttpRequest, actor: Actor) -> Actor:
    """The actor with the reason of this session's browsing."""
    return actor.with_(reason=browsing_reason(request), note=_note(request))


def asking(request: HttpRequest) -> dict[str, Any]:
    """What pages need to say why somebody browses, and to ask those who have not said it."""
    code = browsing_reason(request)
    given = {"reason": code, "note": _note(request)} if code else {}
    return {
        "reason": code,
        "reason_in_words": reasons.in_words(code, _note(request)) if code else "",
        "why": BrowsingForm(initial=given),
    }


def _note(request: HttpRequest) -> str:
    return str(request.session.get(NOTE, "")) if browsing_reason(request) else ""
