"""A subscription as people write it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from triggers_app import drafts, durations
from triggers_app.drafts import Draft
from triggers_app.models import Mode, Subscription
from triggers_app.ui.forms import fields
from triggers_app.ui.forms.fields import PLAIN, DurationField
from vaultportal.errors import VaultError

Authentication = Subscription.Authentication
MOST_AT_ONCE = 1000
MOST_PER_SECOND = 100_000
MOST_LETTERS = 512  # of a name of a secret or of a field
PLACES = {
    "triggerId": "trigger",
    "responseDeadline": "deadline",
    "httpConfig.url": "url",
    "httpConfig.basicAuthConfig.userName": "user_name",
    "httpConfig.basicAuthConfig.password": "credential",
    "httpConfig.bearerTokenAuthConfig.bearerToken": "credential",
}


class SubscriptionForm(forms.Form):
    """What is to be sent where, and how. The filter stands in the workbench beside it."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=drafts.MAX_NAME, widget=forms.TextInput(PLAIN)
    )
    trigger = forms.ChoiceField(label=gettext_lazy("Trigger"))
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=drafts.MAX_URL,
        help_text=gettext_lazy("Where each event is posted as JSON, over HTTP."),
        widget=forms.TextInput({**PLAIN, "inputmode": "url"}),
    )
    authentication = forms.ChoiceField(
        label=gettext_lazy("Signs in with"),
        choices=[
            (Authentication.NONE, gettext_lazy("Nothing")),
            (Authentication.BASIC, gettext_lazy("User name and password")),
            (Authentication.BEARER, gettext_lazy("Bearer token")),
        ],
        initial=Authentication.NONE,
        widget=forms.RadioSelect,
    )
    user_name = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=drafts.MAX_USER_NAME,
        required=False,
        widget=forms.TextInput(PLAIN),
    )
    credential = forms.CharField(
        label=gettext_lazy("Password or token"),
        max_length=drafts.MAX_CREDENTIAL,
        required=False,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}, render_value=False),
    )
    secret = forms.CharField(
        label=gettext_lazy("Or from the secret"),
        max_length=MOST_LETTERS,
        required=False,
        help_text=gettext_lazy("Its name. The value is copied now; a later one is not followed."),
        widget=forms.TextInput(PLAIN),
    )
    secret_field = forms.CharField(
        label=gettext_lazy("Its field"),
        max_length=MOST_LETTERS,
        required=False,
        help_text=gettext_lazy("Not needed when it has one alone."),
        widget=forms.TextInput(PLAIN),
    )
    mode = forms.ChoiceField(
        label=gettext_lazy("Answers"),
        choices=[
            (Mode.SYNC, gettext_lazy("At once")),
            (Mode.ASYNC, gettext_lazy("Later, by a call")),
            (Mode.DYNAMIC, gettext_lazy("As it chooses")),
        ],
        initial=Mode.SYNC,
        help_text=gettext_lazy("Only triggers that ask are answered."),
        widget=forms.RadioSelect,
    )
    deadline = DurationField(
        label=gettext_lazy("Deadline"),
        most=durations.MOST,
        initial=3600,
        help_text=gettext_lazy("For answers that come later."),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=drafts.MAX_DESCRIPTION,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    most_at_once = forms.IntegerField(
        label=gettext_lazy("Most at once"),
        min_value=1,
        max_value=MOST_AT_ONCE,
        required=False,
        help_text=gettext_lazy("Requests that are open at the same time."),
    )
    most_per_second = forms.IntegerField(
        label=gettext_lazy("Most in a second"),
        min_value=1,
        max_value=MOST_PER_SECOND,
        required=False,
    )
    ed25519 = forms.BooleanField(
        label=gettext_lazy("Sign with the portal's published key too"), required=False
    )
    enabled = forms.BooleanField(
        label=gettext_lazy("Deliver from now on"), required=False, initial=True
    )
    filter = forms.CharField(
        label=gettext_lazy("Filter"),
        required=False,
        help_text=gettext_lazy("JSONPath; without one, every event is delivered."),
        widget=forms.Textarea(
            {**PLAIN, "rows": 3, "form": "editor", "class": "form-control vp-mono"}
        ),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, stored: Subscription | None = None, **kwargs: Any) -> None:
        if stored is not None:
            kwargs.setdefault("initial", initial_of(stored))
        super().__init__(*args, **kwargs)
        self.stored = stored
        self.fields["trigger"].choices = [("", _("Choose a trigger")), *fields.trigger_choices()]  # type: ignore[attr-defined]  # a ChoiceField
        if stored is not None:
            for name in ("trigger", "enabled"):  # not changed here
                del self.fields[name]
            if stored.credential:
                self.fields["credential"].help_text = _(
                    "Left empty, the stored one stays; another address needs it anew."
                )

    def clean(self) -> dict[str, Any]:
        """The credential comes from one place."""
        given = dict(self.cleaned_data)
        if given.get("secret") and given.get("credential"):
            self.add_error("secret", _("Type it above or name a secret, not both."))
        return given

    def draft(self) -> Draft:
        """What it says, for the service."""
        given, stored = self.cleaned_data, self.stored
        return Draft(
            name=given["name"],
            url=given["url"],
            mode=given["mode"],
            trigger=stored.trigger if stored else given["trigger"],
            description=given["description"] or None,
            response_deadline=fields.iso_duration(
                given["deadline"], stored.response_deadline if stored else ""
            ),
            authentication=given["authentication"],
            user_name=given["user_name"] if given["authentication"] == Authentication.BASIC else "",
            credential=given["credential"] or None,
            enabled=stored.enabled if stored else given["enabled"],
            filter=given["filter"].strip() or None,
        )

    def delivery(self) -> dict[str, Any]:
        """What the wire has no place for, as far as it differs from what is stored."""
        names = ("ed25519", "most_at_once", "most_per_second")
        stored = self.stored or Subscription()
        return {
            name: self.cleaned_data[name]
            for name in names
            if self.cleaned_data[name] != getattr(stored, name)
        }

    def refuse(self, error: VaultError) -> None:
        """Put what the service says beside its fields."""
        fields.refuse(self, error, PLACES)


def initial_of(row: Subscription) -> dict[str, Any]:
    """The fields of a stored subscription; its credential is not among them."""
    names = (
        "name",
        "url",
        "authentication",
        "user_name",
        "mode",
        "description",
        "most_at_once",
        "most_per_second",
        "ed25519",
        "filter",
        "version",
    )
    return {name: getattr(row, name) for name in names} | {"deadline": row.deadline_seconds}


class RotateForm(forms.Form):
    """How long the old signing secret goes on signing too."""

    overlap = forms.TypedChoiceField(
        label=gettext_lazy("The old one signs too for"),
        coerce=int,
        choices=[
            (0, gettext_lazy("not at all")),
            (3600, gettext_lazy("1 hour")),
            (86_400, gettext_lazy("1 day")),
            (604_800, gettext_lazy("7 days")),
            (2_592_000, gettext_lazy("30 days")),
        ],
        initial=86_400,
    )
