"""A machine as somebody types it. What signs in goes in, and is never shown again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from s3vault_app.models import Machine
from s3vault_app.services.machines import PORTS, SSH_PORT, Login, MachineFields

MOST_KEY = 64 * 1024
PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
# Where a refusal of the service stands on the page.
PLACES = {"clientName": "name", "hostName": "host", "userName": "user"}


class LoginForm(forms.Form):
    """What signs in: a password, a private key, or a pair that the portal makes."""

    user = forms.CharField(
        label=gettext_lazy("SSH user"), max_length=64, widget=forms.TextInput(dict(PLAIN))
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=1024,
        strip=False,
        required=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    private_key = forms.CharField(
        label=gettext_lazy("Private key"),
        max_length=MOST_KEY,
        strip=False,
        required=False,
        help_text=gettext_lazy(
            "In OpenSSH's form. Without key and password the portal makes a pair."
        ),
        widget=forms.Textarea({"rows": 3, "class": "form-control vp-mono", **PLAIN}),
    )
    passphrase = forms.CharField(
        label=gettext_lazy("Passphrase of the key"),
        max_length=1024,
        strip=False,
        required=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def login(self) -> Login:
        """What goes in."""
        given = self.cleaned_data
        key = given["private_key"].replace("\r\n", "\n")
        return Login(
            user=given["user"],
            password=given["password"],
            private_key=f"{key.strip()}\n" if key.strip() else "",
            passphrase=given["passphrase"],
        )


class MachineForm(LoginForm):
    """Name, place and login. Folders and ports have defaults that fit."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=255, widget=forms.TextInput(dict(PLAIN))
    )
    host = forms.CharField(
        label=gettext_lazy("Host name or IP address"),
        max_length=255,
        widget=forms.TextInput(dict(PLAIN)),
    )
    port = forms.IntegerField(
        label=gettext_lazy("SSH port"), initial=SSH_PORT, min_value=1, max_value=65535
    )
    address = forms.CharField(
        label=gettext_lazy("Address of the endpoint"),
        max_length=255,
        required=False,
        help_text=gettext_lazy(
            "What endpoints listen on and URLs name, where that is not the host."
        ),
        widget=forms.TextInput(dict(PLAIN)),
    )
    install_root = forms.CharField(
        label=gettext_lazy("Folder for the program"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Left empty, a folder in the home of the SSH user."),
        widget=forms.TextInput(dict(PLAIN)),
    )
    data_root = forms.CharField(
        label=gettext_lazy("Folder for the data"),
        max_length=255,
        required=False,
        widget=forms.TextInput(dict(PLAIN)),
    )
    s3_port = forms.IntegerField(
        label=gettext_lazy("Port of the endpoint"),
        required=False,
        min_value=1024,
        max_value=55535,
        help_text=gettext_lazy("9443 when left empty."),
    )
    filer_port = forms.IntegerField(
        label=gettext_lazy("Port of the filer"), required=False, min_value=1024, max_value=55535
    )
    master_port = forms.IntegerField(
        label=gettext_lazy("Port of the master"), required=False, min_value=1024, max_value=55535
    )
    volume_port = forms.IntegerField(
        label=gettext_lazy("Port of the volumes"), required=False, min_value=1024, max_value=55535
    )

    field_order = ("name", "host", "port", "user", "password", "private_key", "passphrase")
    FURTHER = (
        "address",
        "install_root",
        "data_root",
        "s3_port",
        "filer_port",
        "master_port",
        "volume_port",
    )

    @property
    def main(self) -> list[Any]:
        """What is always asked."""
        return [self[name] for name in self.fields if name not in self.FURTHER]

    @property
    def further(self) -> list[Any]:
        """What usually stays as it is."""
        return [self[name] for name in self.FURTHER if name in self.fields]

    @property
    def is_further_wrong(self) -> bool:
        return any(field.errors for field in self.further)

    def machine_fields(self) -> MachineFields:
        """For the service."""
        given = self.cleaned_data
        ports = {role: given[f"{role}_port"] for role in PORTS if given.get(f"{role}_port")}
        return MachineFields(
            name=given["name"].strip(),
            host=given["host"].strip(),
            port=given["port"],
            address=given["address"].strip(),
            install_root=given["install_root"].strip(),
            data_root=given["data_root"].strip(),
            ports=ports,
            login=self.login(),
        )


class MachineEditForm(MachineForm):
    """The same for a machine that is there: a login that is left empty stays."""

    def __init__(self, *args: Any, machine: Machine, **kwargs: Any) -> None:
        initial = {
            name: getattr(machine, name)
            for name in ("name", "host", "port", "address", "install_root", "data_root", "user")
        }
        initial |= {f"{role}_port": machine.ports.get(role) for role in PORTS}
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self.fields["private_key"].help_text = ""
        for name in ("password", "private_key", "passphrase"):
            self.fields[name].widget.attrs["aria-describedby"] = "login-kept"
        if machine.kind == Machine.Kind.LOCAL:
            for name in ("port", "user", "password", "private_key", "passphrase"):
                del self.fields[name]

    def login(self) -> Login:
        """Nothing for the machine that the portal runs on."""
        return super().login() if "user" in self.fields else Login()

    def machine_fields(self) -> MachineFields:
        self.cleaned_data.setdefault("port", None)
        return super().machine_fields()
