"""The form of a target of log shipping."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from vaultportal.audit.models import LogTarget
from vaultportal.errors import Conflict, Invalid
from vaultportal.shipping.services.targets import MAX_CA, MAX_CREDENTIAL, MAX_NAME, TargetFields
from vaultportal.ui import faults, shipping_words

Kind, Format = LogTarget.Kind, LogTarget.Format
KINDS = [
    (Kind.SYSLOG_TLS, _("Syslog over TLS")),
    (Kind.SYSLOG_TCP, _("Syslog over TCP, not encrypted")),
    (Kind.HTTPS, _("Web address, by POST")),
]
FORMATS = [
    (Format.JSON, _("JSON")),
    (Format.STRUCTURED, _("Structured data (RFC 5424)")),
]
PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class TargetForm(forms.Form):
    """What people decide about a target. stored: whether it has a credential."""

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME, widget=forms.TextInput(PLAIN))
    kind = forms.ChoiceField(label=_("How it is sent"), choices=KINDS)
    address = forms.CharField(
        label=_("Address"),
        max_length=2048,
        help_text=_("Of syslog host and port, such as logs.example.com:6514; else https://…"),
        widget=forms.TextInput(PLAIN),
    )
    format = forms.ChoiceField(
        label=_("Format of a syslog message"),
        choices=FORMATS,
        help_text=_("Web addresses get one JSON object a line in any case."),
    )
    ca = forms.CharField(
        label=_("Certificates that are trusted"),
        max_length=MAX_CA,
        required=False,
        help_text=_("For syslog over TLS, as PEM. Without any, those of the system are trusted."),
        widget=forms.Textarea({"rows": 3, "class": "form-control vp-mono", **PLAIN}),
    )
    credential = forms.CharField(
        label=_("Bearer token"),
        max_length=MAX_CREDENTIAL,
        required=False,
        help_text=_("For web addresses. It is kept encrypted and never shown."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    without_credential = forms.BooleanField(label=_("Forget the stored token"), required=False)
    from_start = forms.BooleanField(
        label=_("Send what is there already, too"), required=False, initial=True
    )

    def __init__(self, *args: Any, is_new: bool, stored: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["from_start"]
        if stored:
            self.fields["credential"].help_text = _("One is stored. Leave it empty to keep it.")
        else:
            del self.fields["without_credential"]

    def given(self) -> TargetFields:
        """For the service; the form is valid."""
        data = self.cleaned_data
        is_gone = data.get("without_credential", False)
        return TargetFields(
            name=data["name"],
            kind=data["kind"],
            address=data["address"],
            format=data["format"],
            ca=data["ca"],
            credential=data["credential"] or ("" if is_gone else None),
        )

    def put(self, refusal: Invalid | Conflict) -> None:
        """What the service refused, beside its field."""
        words = {
            ("credential", "missing"): _t("For another address the token is needed anew."),
            ("credential", "conflict"): _t("Only web addresses take a token."),
            ("ca", "conflict"): _t("Only syslog over TLS takes certificates."),
            ("ca", "format"): _t("These are no certificates, or more than certificates."),
        }
        if refusal.reason.startswith("outbound."):
            self.add_error("address", shipping_words.reason(refusal.reason))
            return
        if refusal.reason == "most":
            self.add_error(None, _t("There are as many targets as there may be."))
            return
        places = [(fault.property, fault.code) for fault in refusal.faults]
        if not places or not words.keys() >= set(places):
            faults.put(self, refusal)
            return
        for place in places:
            self.add_error(place[0], words[place])
