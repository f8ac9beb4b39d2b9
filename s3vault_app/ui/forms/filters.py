"""What lists can be narrowed by; every filter stands in the address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from s3vault_app.models import Vault
from s3vault_app.ui import words
from s3vault_app.ui.words import Said

ANY = ("", _("Any"))


def _states(table: Mapping[str, Said], *, but: tuple[str, ...] = ()) -> list[Any]:
    return [ANY, *((value, word) for value, (_kind, word) in table.items() if value not in but)]


def _names(table: Mapping[str, str | Promise]) -> list[Any]:
    return [ANY, *table.items()]


class VaultFilter(forms.Form):
    """Of the list of vaults."""

    q = forms.CharField(label=_("Name"), max_length=63)
    state = forms.ChoiceField(
        label=_("State"), choices=_states(words.VAULT, but=(Vault.State.DELETED,))
    )
    plan = forms.IntegerField(label=_("Plan"), widget=forms.HiddenInput)


class MachineFilter(forms.Form):
    """Of the list of endpoints."""

    q = forms.CharField(label=_("Name or host"), max_length=255)
    endpoint = forms.ChoiceField(label=_("Endpoint"), choices=_states(words.ENGINE))
    trust = forms.ChoiceField(label=_("Machine"), choices=_states(words.MACHINE))


class JobFilter(forms.Form):
    """Of the list of jobs."""

    q = forms.CharField(label=_("Vault"), max_length=63)
    type = forms.ChoiceField(label=_("Type"), choices=_names(words.TYPES))
    state = forms.ChoiceField(label=_("State"), choices=_states(words.JOB))


class LogFilter(forms.Form):
    """Of the log of one job. machine: by number."""

    machine = forms.IntegerField(label=_("Machine"), widget=forms.HiddenInput)
    level = forms.ChoiceField(label=_("Level"), choices=[("", _("All")), ("6", _("Trouble"))])
