"""Why somebody uncovers data: people are always asked, and the answer is on record.

What the settings demand of the answer binds people in the pages; programs that call an API say
what they like, as ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from vaultportal.directory import options, tickets
from vaultportal.directory.options import Option
from vaultportal.errors import Fault, Invalid

LAST = "last_reason"  # in the session: the answer that is offered first
TIMES = (30, 120)  # seconds that a value is shown for; the settings may allow less, or more


@dataclass(frozen=True, slots=True)
class Reason:
    """code: what the trail keeps. needs_note: a sentence must go with it, whatever is set."""

    code: str
    title: str | Promise
    needs_note: bool = False


# For secrets. Collections have the reasons of their wire (``WIRE``).
SECRETS = (
    Reason("IncidentResponse", _("Incident response")),
    Reason("Deployment", _("Deployment")),
    Reason("Rotation", _("Rotation")),
    Reason("Debugging", _("Debugging")),
    Reason("Other", _("Other"), needs_note=True),
)
WIRE = (
    Reason("AppFunctionality", _("App functionality")),
    Reason("AccountManagement", _("Account management")),
    Reason("DataSubjectRequest", _("Data subject request")),
    Reason("FraudPreventionSecurityAndCompliance", _("Fraud prevention, security and compliance")),
    Reason("Maintenance", _("Maintenance")),
    Reason("Analytics", _("Analytics")),
    Reason("Notifications", _("Notifications")),
    Reason("Marketing", _("Marketing")),
    Reason("ThirdPartyMarketing", _("Third-party marketing")),
    Reason("Other", _("Other"), needs_note=True),
)
_TITLES = {reason.code: reason.title for reason in (*SECRETS, *WIRE)}
_MARKED: tuple[str, ...] = ("IncidentResponse",)
NONE = ("", _("No reason"))  # a choice only where the settings do not ask for one


def _check_codes(codes: Sequence[str]) -> None:
    if not _TITLES.keys() >= set(codes):
        fault = Fault(TICKETED.name, "choice", "must hold codes of reasons")
        raise Invalid(message=f"{TICKETED.name} {fault.message}.", faults=(fault,))


REQUIRED = options.register(
    Option(
        "reasons.required",
        default=True,
        help="People give a reason before a page shows them a secret; else they may go without.",
    )
)
LONGEST = options.register(
    Option(
        "reasons.shown_seconds",
        default=TIMES[-1],
        help="The longest time, in seconds, that a page offers to show a value for.",
        least=10,
        most=600,
    )
)
TICKETED = options.register(
    Option(
        "reasons.ticket_for",
        default=_MARKED,
        help="Codes of the reasons that a ticket must go with.",
        check=_check_codes,
    )
)


def title(code: str) -> str:
    """A reason in words; one that nobody listed as it is."""
    return str(_TITLES.get(code, code))


def titles() -> list[tuple[str, str]]:
    """Every reason as (code, title), those of secrets first."""
    return [(code, str(each)) for code, each in _TITLES.items()]


def in_words(code: str, note: str) -> str:
    """What was answered, as the pages repeat it."""
    return ", ".join(filter(None, [title(code), note])) or _now("No reason given")


def takes_note(reason: Reason) -> bool:
    """Whether a ticket or a note must go with it."""
    return reason.needs_note or reason.code in options.get(TICKETED)


def _times() -> list[tuple[int, str]]:
    """What may be chosen, the shortest first."""
    longest = options.get(LONGEST)
    allowed = sorted({each for each in TIMES if each < longest} | {longest})
    return [(each, _time(each)) for each in allowed]


def _time(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    if minutes and not rest:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}


class ReasonForm(forms.Form):
    """Why, what more there is to say, and for how long it is shown.

    The one place that holds an answer against the settings.

    purpose: ``reveal`` shows the value, ``copy`` puts it into the clipboard unseen.
    needs_ticket: each look at the thing needs a reason and a ticket, whatever is set.
    """

    reason = forms.ChoiceField(label=_("Reason"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Ticket or note"),
        max_length=tickets.LONGEST_NOTE,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    seconds = forms.TypedChoiceField(
        label=_("Show for"), coerce=int, required=False, choices=_times
    )
    purpose = forms.ChoiceField(
        choices=[("reveal", ""), ("copy", "")], widget=forms.HiddenInput, initial="reveal"
    )

    def __init__(
        self,
        *args: Any,
        reasons: tuple[Reason, ...],
        needs_ticket: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.reasons = reasons
        self.needs_ticket = needs_ticket
        field = self.fields["reason"]
        offered = [(reason.code, reason.title) for reason in reasons]
        # Policies of collections vote on the reason: there is none to leave out.
        if reasons is SECRETS and not needs_ticket and not options.get(REQUIRED):
            offered.append(NONE)
            field.required = False
        field.choices = offered  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["note"].help_text = lazy(self._hint, str)()

    def clean_seconds(self) -> int:
        """Without an answer (nothing says so without script), the shortest time there is."""
        return self.cleaned_data["seconds"] or _times()[0][0]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if self.needs_ticket:
            if "note" in given and not tickets.is_given(given["note"]):
                self.add_error("note", tickets.wanted())
            return given
        chosen = {reason.code: reason for reason in self.reasons}.get(given.get("reason", ""))
        if chosen is None or "note" not in given or not takes_note(chosen):
            return given
        if chosen.code in options.get(TICKETED) and not tickets.fits(given["note"]):
            said = _now("This reason needs a ticket, which looks like this: %(looks)s")
            self.add_error("note", said % {"looks": tickets.looks()})
        elif not given["note"]:
            self.add_error("note", _("This reason needs a ticket or a note."))
        return given

    def _hint(self) -> str:
        """Which reasons need a note, and what one looks like."""
        if self.needs_ticket:
            return tickets.wanted()
        wanting = ", ".join(str(each.title) for each in self.reasons if takes_note(each))
        if looks := tickets.looks():
            hint = _now("Needed for: %(reasons)s. A ticket looks like this: %(looks)s")
            return hint % {"reasons": wanting, "looks": looks}
        return _now("Needed for: %(reasons)s") % {"reasons": wanting}


def asked(
    request: HttpRequest,
    reasons: tuple[Reason, ...],
    *,
    needs_ticket: bool = False,
    **initial: Any,
) -> ReasonForm:
    """The form as it is shown first: with the last answer of this session chosen, never skipped.

    A ticket is never offered again: each look has its own.
    """
    last = request.session.get(LAST, "")
    known = last if any(reason.code == last for reason in reasons) else reasons[0].code
    first = {"reason": known, **initial}
    return ReasonForm(initial=first, reasons=reasons, needs_ticket=needs_ticket)


def remember(request: HttpRequest, code: str) -> None:
    """Offer ``code`` first the next time."""
    if request.session.get(LAST) != code:
        request.session[LAST] = code
