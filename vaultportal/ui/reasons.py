"""Why somebody uncovers data: people are always asked, and the answer is on record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LAST = "last_reason"  # in the session: the answer that is offered first


@dataclass(frozen=True, slots=True)
class Reason:
    """code: what the trail keeps. needs_note: a ticket or a sentence must go with it."""

    code: str
    title: str | Promise
    needs_note: bool = False


# For secrets. Collections have the reasons of their wire (``WIRE``).
SECRETS = (
    Reason("IncidentResponse", _("Incident response"), needs_note=True),
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


def title(code: str) -> str:
    """A reason in words; one that nobody listed as it is."""
    return str(_TITLES.get(code, code))


class ReasonForm(forms.Form):
    """Why, what more there is to say, and for how long it is shown.

    purpose: ``reveal`` shows the value, ``copy`` puts it into the clipboard unseen.
    """

    reason = forms.ChoiceField(label=_("Reason"), widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Ticket or note"),
        max_length=200,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    seconds = forms.TypedChoiceField(
        label=_("Show for"),
        coerce=int,
        required=False,
        choices=[(30, _("30 seconds")), (120, _("2 minutes"))],
    )
    purpose = forms.ChoiceField(
        choices=[("reveal", ""), ("copy", "")], widget=forms.HiddenInput, initial="reveal"
    )

    def __init__(self, *args: Any, reasons: tuple[Reason, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reasons = reasons
        field = self.fields["reason"]
        field.choices = [(reason.code, reason.title) for reason in reasons]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        wanting = {reason.code for reason in self.reasons if reason.needs_note}
        if given.get("reason") in wanting and not given.get("note"):
            self.add_error("note", _("This reason needs a ticket or a note."))
        return given

    @property
    def needing_note(self) -> list[str]:
        """The titles of the reasons that need one."""
        return [str(reason.title) for reason in self.reasons if reason.needs_note]


def asked(request: HttpRequest, reasons: tuple[Reason, ...], **initial: Any) -> ReasonForm:
    """The form as it is shown first: with the last answer of this session chosen, never skipped."""
    last = request.session.get(LAST, "")
    known = last if any(reason.code == last for reason in reasons) else reasons[0].code
    return ReasonForm(initial={"reason": known, "seconds": 30, **initial}, reasons=reasons)


def remember(request: HttpRequest, code: str) -> None:
    """Offer ``code`` first the next time."""
    if request.session.get(LAST) != code:
        request.session[LAST] = code
