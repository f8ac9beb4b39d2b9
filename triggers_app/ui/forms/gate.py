"""A gate as people write it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from triggers_app import durations
from triggers_app.gates import rules
from triggers_app.gates.rules import GateFields
from triggers_app.models import Gate
from triggers_app.ui.forms import fields
from triggers_app.ui.forms.fields import PLAIN, DurationField
from vaultportal.errors import VaultError

PLACES = {"operations": "trigger", "response_deadline": "deadline", "usable_for": "usable"}
MAX_KIND, MAX_OBJECT = 64, 255


class GateForm(forms.Form):
    """Which operation, who decides, in what time, and for how long an allowance is good."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=rules.MAX_NAME, widget=forms.TextInput(PLAIN)
    )
    trigger = forms.ChoiceField(label=gettext_lazy("Before"))
    objects = forms.CharField(
        label=gettext_lazy("Only for these objects"),
        required=False,
        help_text=gettext_lazy(
            "One a line: a kind such as secret, a blank, and its id. Without any, for all."
        ),
        widget=forms.Textarea({**PLAIN, "rows": 3, "class": "form-control vp-mono"}),
    )
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Only for holders of"),
        required=False,
        help_text=gettext_lazy("Without any, for everybody."),
        widget=forms.SelectMultiple({"size": 5}),
    )
    approval = forms.ChoiceField(
        label=gettext_lazy("Decided by"),
        choices=[
            (Gate.Approval.PEOPLE, gettext_lazy("People with a role")),
            (Gate.Approval.SUBSCRIBER, gettext_lazy("The trigger's subscriber")),
        ],
        initial=Gate.Approval.PEOPLE,
        widget=forms.RadioSelect,
    )
    approvers = forms.MultipleChoiceField(
        label=gettext_lazy("Roles that decide"),
        required=False,
        help_text=gettext_lazy("Whoever holds one of them may decide; the first word counts."),
        widget=forms.SelectMultiple({"size": 5}),
    )
    may_approve_own = forms.BooleanField(
        label=gettext_lazy("Who asks may also decide"), required=False
    )
    deadline = DurationField(
        label=gettext_lazy("Time to decide"),
        most=durations.MOST,
        initial=3600,
        help_text=gettext_lazy("For people. When it is over, the operation is refused."),
    )
    usable = DurationField(
        label=gettext_lazy("An allowance is good for"),
        most=rules.MOST_USABLE,
        initial=900,
        help_text=gettext_lazy("It can be used once."),
    )
    enabled = forms.BooleanField(label=gettext_lazy("In force"), required=False, initial=True)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        roles: Iterable[tuple[UUID, str]],
        stored: Gate | None = None,
        **kwargs: Any,
    ) -> None:
        if stored is not None:
            kwargs.setdefault("initial", _initial(stored))
        super().__init__(*args, **kwargs)
        self.stored = stored
        named = [(str(key), name) for key, name in roles]
        self._choose("roles", named)
        self._choose("approvers", named)
        asking = dict(fields.trigger_choices("REQUEST_RESPONSE"))
        self._choose(
            "trigger", [(name, asking[name]) for name in rules.OPERATIONS if name in asking]
        )

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def clean_objects(self) -> tuple[tuple[str, str], ...]:
        """Kind and id of each line."""
        found = []
        for line in self.cleaned_data["objects"].splitlines():
            if not line.strip():
                continue
            kind, _blank, identifier = line.strip().partition(" ")
            identifier = identifier.strip()
            if not identifier or len(kind) > MAX_KIND or len(identifier) > MAX_OBJECT:
                raise forms.ValidationError(_("Each line is a kind, a blank and an id."))
            found.append((kind, identifier))
        return tuple(found)

    def gate(self) -> GateFields:
        """What it says, for the service."""
        given, stored = self.cleaned_data, self.stored
        keeps = stored is not None and stored.trigger == given["trigger"]
        return GateFields(
            name=given["name"],
            trigger=given["trigger"],
            operations=tuple(stored.operations) if stored is not None and keeps else (),
            objects=given["objects"],
            roles=tuple(UUID(each) for each in given["roles"]),
            approval=given["approval"],
            approvers=tuple(UUID(each) for each in given["approvers"]),
            may_approve_own=given["may_approve_own"],
            response_deadline=fields.iso_duration(
                given["deadline"], stored.response_deadline if stored else ""
            ),
            usable_for=given["usable"],
            enabled=given["enabled"],
        )

    def refuse(self, error: VaultError) -> None:
        """Put what the service says beside its fields."""
        fields.refuse(self, error, PLACES)


def _initial(gate: Gate) -> dict[str, Any]:
    return {
        "name": gate.name,
        "trigger": gate.trigger,
        "objects": "\n".join(f"{each.kind} {each.object_id}" for each in gate.objects_behind.all()),
        "roles": [str(role.uuid) for role in gate.roles.all()],
        "approval": gate.approval,
        "approvers": [str(role.uuid) for role in gate.approvers.all()],
        "may_approve_own": gate.may_approve_own,
        "deadline": durations.seconds(gate.response_deadline),
        "usable": gate.usable_for,
        "enabled": gate.enabled,
        "version": gate.version,
    }
