"""What is asked before something is done to many secrets, or to the settings of one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from secrets_app import limits, names, types
from secrets_app.ui.forms import TicketField
from vaultportal.directory import selectors as directory
from vaultportal.identity.actor import Actor

_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class EndField(forms.DateTimeField):
    """A date and a time in the person's zone, which may be over."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **kwargs)

    def validate(self, value: datetime | None) -> None:
        super().validate(value)
        if limits.fault_of_end(value, ""):
            raise forms.ValidationError(_("This year is too far away."))


class MomentField(EndField):
    """A date and a time in the person's zone, which must lie ahead."""

    def validate(self, value: datetime | None) -> None:
        super().validate(value)
        if value is not None and value <= timezone.now():
            raise forms.ValidationError(_("This lies in the past."))


def check_folder(folder: str) -> str:
    """The folder without slashes at its ends; ValidationError for one that cannot be."""
    clean = folder.strip("/")
    if clean and names.fault_of(clean):
        raise forms.ValidationError(
            _("This name cannot be used: no control characters, no empty, '.' or '..' parts.")
        )
    return clean


class BulkForm(forms.Form):
    """Asks nothing but whether."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class ShareForm(BulkForm):
    """Which role, and what it may do."""

    role = forms.ChoiceField(label=gettext_lazy("Role"))
    rights = forms.MultipleChoiceField(
        label=gettext_lazy("It may"),
        choices=[("read", gettext_lazy("read")), ("write", gettext_lazy("write"))],
        initial=["read"],
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        roles = directory.list_roles(actor).values_list("uuid", "name")
        field = self.fields["role"]
        field.choices = [("", _("Choose a role")), *((str(uuid), name) for uuid, name in roles)]  # type: ignore[attr-defined]  # a ChoiceField


class MoveForm(BulkForm):
    """Where to."""

    folder = forms.CharField(
        label=gettext_lazy("Folder"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Empty for the top. The last part of each name stays."),
        widget=forms.TextInput(_PLAIN),
    )

    def clean_folder(self) -> str:
        return check_folder(self.cleaned_data["folder"])


class ExpireForm(BulkForm):
    """When."""

    expires_at = MomentField(
        label=gettext_lazy("Expires"),
        required=False,
        help_text=gettext_lazy("Empty for never. After it nobody can read them."),
    )


class SettingsForm(forms.Form):
    """Name, folder, type and end of one secret, how much of its past is kept, what looks need."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=names.MAX_LENGTH,
        strip=False,
        help_text=gettext_lazy("A slash makes a folder: prod/db/orders"),
        widget=forms.TextInput(_PLAIN),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Type"), required=False)
    expires_at = EndField(
        label=gettext_lazy("Expires"),
        required=False,
        help_text=gettext_lazy("Empty for never. After it nobody can read the secret."),
    )
    keep_versions = forms.IntegerField(
        label=gettext_lazy("Versions to keep"), required=False, min_value=1, max_value=1000
    )
    keep_days = forms.IntegerField(
        label=gettext_lazy("Days to keep versions"), required=False, min_value=1, max_value=32_000
    )
    needs_ticket = TicketField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        field.choices = [(each.name, each.title) for each in types.every_kind()]  # type: ignore[attr-defined]  # a ChoiceField

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if names.fault_of(name):
            raise forms.ValidationError(
                _("This name cannot be used: no control characters, no empty, '.' or '..' parts.")
            )
        return name
