"""What an import and an export need to know."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from secrets_app.services.exports import LEAST_PASSPHRASE
from secrets_app.ui.forms_access import PLAIN
from secrets_app.ui.forms_bulk import check_folder
from vaultportal.directory import selectors as directory
from vaultportal.directory import tickets
from vaultportal.identity.actor import Actor

FORMATS = [
    ("dotenv", gettext_lazy(".env file")),
    ("csv", gettext_lazy("Any CSV with a heading")),
    ("bitwarden-json", gettext_lazy("Bitwarden, JSON")),
    ("bitwarden-csv", gettext_lazy("Bitwarden, CSV")),
    ("1password-1pux", gettext_lazy("1Password, 1PUX")),
    ("1password-csv", gettext_lazy("1Password, CSV")),
    ("keepass", gettext_lazy("KeePass, KDBX")),
    ("kv-json", gettext_lazy("Vault or OpenBao KV, JSON")),
]
PLACES = [
    ("personal", gettext_lazy("Personal secrets")),
    ("shared", gettext_lazy("Shared secrets")),
]


class ImportForm(forms.Form):
    """The file, what it is, and where its secrets go."""

    source = forms.ChoiceField(label=gettext_lazy("Format"), choices=FORMATS)
    content = forms.FileField(label=gettext_lazy("File"))
    password = forms.CharField(
        label=gettext_lazy("Password of the file"),
        required=False,
        max_length=1024,
        strip=False,
        help_text=gettext_lazy("For KeePass."),
        widget=forms.PasswordInput({"autocomplete": "off"}),
    )
    keyfile = forms.FileField(
        label=gettext_lazy("Key file"), required=False, help_text=gettext_lazy("For KeePass.")
    )
    to = forms.ChoiceField(label=gettext_lazy("Into"), choices=PLACES)
    folder = forms.CharField(
        label=gettext_lazy("Folder"), required=False, max_length=200, widget=forms.TextInput(PLAIN)
    )
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles that may read them"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, actor: Actor, may_share: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_share:
            self.fields["to"].choices = PLACES[:1]  # type: ignore[attr-defined]  # a ChoiceField
            del self.fields["roles"]
            return
        roles = directory.list_roles(actor).values_list("uuid", "name")
        choices = [(str(uuid), name) for uuid, name in roles]
        self.fields["roles"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def clean_folder(self) -> str:
        return check_folder(self.cleaned_data["folder"])


class ExportForm(forms.Form):
    """Which secrets, the ticket that some need, and the passphrase of the archive."""

    which = forms.ChoiceField(
        label=gettext_lazy("Which secrets"),
        choices=[
            ("personal", gettext_lazy("My own")),
            ("readable", gettext_lazy("All that I may read")),
        ],
        widget=forms.RadioSelect,
        initial="personal",
    )
    words = forms.CharField(
        label=gettext_lazy("With one of these words in the name"),
        required=False,
        max_length=200,
        widget=forms.TextInput(PLAIN),
    )
    note = forms.CharField(
        label=gettext_lazy("Ticket or note"),
        required=False,
        max_length=tickets.LONGEST_NOTE,
        help_text=gettext_lazy("Secrets of which each look needs a ticket are left out without."),
        widget=forms.TextInput(PLAIN),
    )
    passphrase = forms.CharField(
        label=gettext_lazy("Passphrase of the archive"),
        min_length=LEAST_PASSPHRASE,
        max_length=1024,
        strip=False,
        help_text=gettext_lazy("Twelve characters or more. Without it nobody opens the archive."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=gettext_lazy("Passphrase again"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def clean_note(self) -> str:
        note: str = self.cleaned_data["note"]
        if note and not tickets.is_given(note):
            raise forms.ValidationError(tickets.wanted())
        return note

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("passphrase") and given.get("again") != given["passphrase"]:
            self.add_error("again", gettext_lazy("The two are not the same."))
        return given
