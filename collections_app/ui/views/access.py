"""Who may do what with one collection, in sentences: policies, grants, and a tester."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app.errors import capability_missing
from collections_app.schema.compiled import CollectionSchema
from collections_app.selectors import grants, policies
from collections_app.selectors.masking import covered_keys
from collections_app.selectors.testing import Trial, try_vote
from collections_app.services import granting
from collections_app.ui import ending, wording
from collections_app.ui.views.base import CollectionView
from collections_app.ui.words import OPERATIONS, RIGHTS
from vaultportal.errors import Conflict, Invalid
from vaultportal.identity.models import Role, User
from vaultportal.ui import reasons, undo

EVERYTHING = [(reason.code, reason.title) for reason in reasons.WIRE]


class GrantForm(forms.Form):
    """Let a role or a person do one thing."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), required=False)
    user = forms.CharField(
        label=gettext_lazy("or the user name of a person or program"),
        max_length=255,
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none"}),
    )
    right = forms.ChoiceField(
        label=gettext_lazy("May"),
        choices=[(right.codename, RIGHTS[right.codename]) for right in granting.GRANTABLE],
    )
    ends = forms.ChoiceField(
        label=gettext_lazy("Ends"), choices=ending.CHOICES, initial=ending.NEVER
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        found = [("", "—"), *((str(role.uuid), role.name) for role in grants.roles())]
        self.fields["role"].choices = found  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if bool(given.get("role")) == bool(given.get("user")):
            raise forms.ValidationError(_("Choose a role, or name somebody."))
        return given

    def holder(self) -> User | Role | None:
        """Who is let in."""
        given = self.cleaned_data
        if given["role"]:
            return grants.holder("role", given["role"])
        return grants.user_named(given["user"].strip())


class TrialForm(forms.Form):
    """What is put to the policies."""

    who = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Empty: yourself."),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none"}),
    )
    operation = forms.ChoiceField(label=gettext_lazy("May"), choices=OPERATIONS)
    key = forms.ChoiceField(label=gettext_lazy("What"))
    reason = forms.ChoiceField(label=gettext_lazy("For"), choices=EVERYTHING)

    def __init__(self, schema: CollectionSchema, data: Any = None) -> None:
        super().__init__(data)
        ordered = sorted(schema.properties.values(), key=lambda each: each.name)
        keys = [key for each in ordered for key in dict.fromkeys((each.name, *covered_keys(each)))]
        self.fields["key"].choices = [(key, key) for key in keys]  # type: ignore[attr-defined]  # a ChoiceField


class AccessView(CollectionView):
    """GET /collections/{name}/access/, with a trial in the query; POST gives or takes a grant."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        schema = self.schema_of(name)
        asked = "operation" in request.GET
        form = TrialForm(schema, request.GET if asked else None)
        trial = self._try(schema, form) if asked else None
        return self._page(schema, form, trial, GrantForm())

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        schema = self.schema_of(name)
        if not granting.may_grant(self.actor, schema):  # before names are looked up
            raise capability_missing(self.actor.name)
        if request.POST.get("do") in ("take", "back"):
            return self._take_or_give_back(schema)
        form = GrantForm(request.POST)
        if form.is_valid():
            holder = form.holder()
            if holder is None:
                form.add_error(None, _("Nobody has this name."))
            elif self._give(schema, form, holder):
                return redirect("collections:access", name)
        return self._page(schema, TrialForm(schema), None, form, 422)

    def _give(self, schema: CollectionSchema, form: GrantForm, holder: User | Role) -> bool:
        given = form.cleaned_data
        until, right = None, right_of(given["right"])
        if given["ends"] != ending.NEVER:
            until = timezone.now() + timedelta(seconds=int(given["ends"]))
        back = _way_back(schema, holder, right) or _named("take", holder, right)
        try:
            granting.grant_collection(self.actor, schema.name, holder, right, valid_until=until)
        except (Conflict, Invalid) as refusal:
            form.add_error(None, refusal.message)
            return False
        undo.tell(self.request, _("Access given."), self.request.path, back)
        return True

    def _take_or_give_back(self, schema: CollectionSchema) -> HttpResponse:
        request, posted = self.request, self.request.POST
        try:
            holder = grants.holder(posted.get("kind", ""), str(UUID(posted.get("holder", ""))))
        except ValueError:
            raise Http404 from None
        if holder is None:
            raise Http404
        right = right_of(posted.get("right", ""))
        if posted["do"] == "back":
            until = undo.time_of(request, "until")
            granting.grant_collection(self.actor, schema.name, holder, right, valid_until=until)
            messages.success(request, _("Access given back."))
        else:
            back = _way_back(schema, holder, right)
            granting.revoke_collection(self.actor, schema.name, holder, right)
            undo.tell(request, _("Access taken back."), request.path, back)
        return redirect("collections:access", schema.name)

    def _try(self, schema: CollectionSchema, form: TrialForm) -> Trial | None:
        if not form.is_valid():
            return None
        given = form.cleaned_data
        who = given["who"].strip()
        found = try_vote(self.actor, schema, who, given["operation"], given["key"], given["reason"])
        if found is None:
            form.add_error("who", _("There is nobody of this name whom you may look at."))
        return found

    def _page(
        self,
        schema: CollectionSchema,
        trial_form: TrialForm,
        trial: Trial | None,
        grant_form: GrantForm,
        status: int = 200,
    ) -> HttpResponse:
        may_grant = granting.may_grant(self.actor, schema)
        found = grants.grants_of(schema) if may_grant else []
        spoken = policies.policies_of(self.actor, schema)
        context = {
            **self.head(schema, "access"),
            "sentences": [wording.policy(each) for each in spoken],
            "sees_all": policies.sees_all(self.actor),
            "may_grant": may_grant,
            "grants": [(each, RIGHTS.get(each.right, each.right)) for each in found],
            "grant_form": grant_form,
            "trial_form": trial_form,
            "trial": trial,
        }
        template = "collections_app/access.html"
        return self.render(template, template, context, status)


def _way_back(
    schema: CollectionSchema, holder: User | Role, right: granting.Granted
) -> dict[str, str] | None:
    """What gives the grant as it is now; None where there is none."""
    named = _named("back", holder, right)
    for each in grants.grants_of(schema):
        if (each.kind, each.holder, each.right) == (named["kind"], named["holder"], named["right"]):
            return {**named, "until": undo.text_of(each.until)}
    return None


def _named(do: str, holder: User | Role, right: granting.Granted) -> dict[str, str]:
    if isinstance(holder, Role):
        kind, number = "role", holder.uuid
    else:
        kind, number = "user", holder.pk
    return {"do": do, "kind": kind, "holder": str(number), "right": right.codename}


def right_of(codename: str) -> granting.Granted:
    """The right of that codename; Http404 for one that there is not."""
    for each in granting.GRANTABLE:
        if each.codename == codename:
            return each
    raise Http404
