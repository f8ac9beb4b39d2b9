"""The forms of the kit's own pages."""

from __future__ import annotations

from zoneinfo import available_timezones

from allauth.account.forms import LoginForm as AllauthLoginForm
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from vaultportal.identity.models import User

THEMES = [
    (User.Theme.AUTO, _("As the device")),
    (User.Theme.LIGHT, _("Light")),
    (User.Theme.DARK, _("Dark")),
]
DENSITIES = [(User.Density.NORMAL, _("Normal")), (User.Density.COMPACT, _("Compact"))]


class LoginForm(AllauthLoginForm):  # type: ignore[misc]  # without types of its own
    """Name and password. The browser is remembered for the length of a session, no longer."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("remember", None)
        self.fields["login"].label = _("User name or e-mail address")
        self.fields["login"].widget.attrs.update(
            {"autocomplete": "username webauthn", "autocapitalize": "none", "spellcheck": "false"}
        )
        self.fields["password"].help_text = ""


class SetupForm(forms.Form):
    """The first administrator."""

    code = forms.CharField(
        label=_("Code from the server's log"),
        max_length=64,
        help_text=_("The portal wrote it when it started: four groups of four characters."),
        widget=forms.TextInput(
            attrs={
                "class": "form-control vp-code-input",
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )
    full_name = forms.CharField(
        label=_("Your name"), max_length=255, widget=forms.TextInput({"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("You sign in with it."),
        widget=forms.EmailInput({"autocomplete": "username"}),
    )
    passphrase = forms.CharField(
        label=_("Passphrase"),
        max_length=1024,
        strip=False,
        help_text=_("Fifteen characters or more; a few random words are good."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}, render_value=False),
    )


class ProfileForm(forms.Form):
    """What a person says about themselves."""

    full_name = forms.CharField(
        label=_("Name"),
        max_length=255,
        required=False,
        widget=forms.TextInput({"autocomplete": "name"}),
    )
    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)
    theme = forms.ChoiceField(label=_("Theme"), choices=THEMES, widget=forms.RadioSelect)
    density = forms.ChoiceField(label=_("Rows"), choices=DENSITIES, widget=forms.RadioSelect)
    shortcuts = forms.BooleanField(
        label=_("Single keys act, in this browser"),
        required=False,
        help_text=_("Such as / for the search and ? for the list of keys."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they come
        languages = self.fields["language"]
        languages.choices = [("", _("As the browser")), *settings.LANGUAGES]  # type: ignore[attr-defined]  # a ChoiceField
        zones = self.fields["time_zone"]
        zones.choices = [  # type: ignore[attr-defined]  # a ChoiceField
            ("", _("As the portal")),
            *((name, name.replace("_", " ")) for name in sorted(available_timezones())),
        ]


class PasswordForm(forms.Form):
    """A new password, knowing the old one."""

    old = forms.CharField(
        label=_("Present password"),
        max_length=1024,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("New password"),
        max_length=1024,
        strip=False,
        help_text=_("Your other sessions end."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )


class ProofForm(forms.Form):
    """A password, or a code where there is a second factor."""

    proof = forms.CharField(max_length=1024, strip=False, widget=forms.PasswordInput)
