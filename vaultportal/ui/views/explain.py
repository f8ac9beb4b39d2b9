"""Explain access: who, which right, on what; the verdict and every step to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vaultportal.directory import explaining, selectors
from vaultportal.directory.explaining import Answer, Question
from vaultportal.directory.permissions import (
    ApiClientPermission,
    RolePermission,
    UserPermission,
)
from vaultportal.errors import Forbidden, NotFound
from vaultportal.identity import access
from vaultportal.identity.explanation import Line
from vaultportal.identity.models import User
from vaultportal.identity.permissions import PermissionEnum, is_model_wide, named
from vaultportal.ui import rights
from vaultportal.ui.govern_tabs import people_tabs
from vaultportal.ui.views.base import PortalView

STEPS = {
    "credential": gettext_lazy("credential"),
    "model_wide": gettext_lazy("all objects"),
    "user_grant": gettext_lazy("grant"),
    "role_grant": gettext_lazy("role"),
    "policy": gettext_lazy("policy"),
}


class ExplainForm(forms.Form):
    """The question. ``names``: what the resource is called by policies, one a line."""

    actor = forms.CharField(
        label=gettext_lazy("Who"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("User name or id; empty for yourself."),
    )
    permission = forms.ChoiceField(label=gettext_lazy("Right"))
    object = forms.CharField(
        label=gettext_lazy("On what"),
        max_length=512,
        required=False,
        help_text=gettext_lazy("Whole name or id; empty for all objects of the kind."),
    )
    operation = forms.CharField(
        label=gettext_lazy("Operation that policies vote on"), max_length=64, required=False
    )
    names = forms.CharField(
        label=gettext_lazy("Resource, one name a line"),
        max_length=4000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=255, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_app: dict[str, list[tuple[str, str]]] = {}
        for each in rights.every():
            title = rights.title_of(each.full_name.partition(".")[0])
            by_app.setdefault(title, []).append((each.full_name, rights.words(each)))
        self.fields["permission"].choices = list(by_app.items())  # type: ignore[attr-defined]  # a choice field


class ExplainView(PortalView):
    """GET /access/explain/?actor=&permission=&object=&operation=&names=&reason="""

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = bool(request.GET.get("permission"))
        form = ExplainForm(request.GET if asked else None, initial=dict(request.GET.items()))
        if not access.holds(self.actor, UserPermission.VIEW):
            # Others are nobody's business: the question is about oneself.
            form.fields["actor"].widget = forms.HiddenInput()
        context: dict[str, Any] = {
            "form": form,
            "tabs": people_tabs(self.actor, "ui:explain"),
            "crumbs": [(_("Explain access"), "")],
        }
        status = 200
        if asked and form.is_valid():
            try:
                context |= self._answered(form.cleaned_data)
            except NotFound as nothing:
                field = "actor" if nothing.noun == "user" else "object"
                form.add_error(field, _("There is none, or none that you may see."))
        if form.errors:
            status = 422
        return self.render("explain/explain.html", "explain/explain.html", context, status)

    def _answered(self, given: dict[str, Any]) -> dict[str, Any]:
        permission = named(given["permission"])
        if permission is None:
            raise NotFound("right")
        who = explaining.find_person(self.actor, given["actor"] or str(self.actor.user_id))
        thing = None
        if given["object"]:
            thing = explaining.find_thing(self.actor, permission, given["object"])
        names = tuple(line.strip() for line in given["names"].splitlines() if line.strip())
        if given["operation"] and thing is None:
            raise NotFound("object")
        question = Question(who.pk, permission, thing, given["operation"], names, given["reason"])
        try:
            answer = explaining.answer(self.actor, question)
        except Forbidden:
            raise NotFound("user") from None
        told = [line.role for line in answer.explanation.lines]
        roles = self._roles([*told, *answer.would_help])
        return {
            "answer": answer,
            "who": who,
            "right": rights.words(permission),
            "thing": thing,
            "steps": [
                (STEPS[line.step], line, self._link(line, who, roles))
                for line in answer.explanation.lines
            ],
            "helping": [(name, roles.get(name, "")) for name in answer.would_help],
            "advice": _advice(permission, answer, thing is not None),
        }

    def _roles(self, names: Iterable[str]) -> dict[str, str]:
        """The pages of roles by name, for who may open them."""
        if not access.holds(self.actor, RolePermission.VIEW):
            return {}
        found = selectors.list_roles(self.actor).filter(name__in=set(names) - {""})
        return {role.name: reverse("ui:role", args=(role.uuid,)) for role in found}

    def _link(self, line: Line, who: User, roles: dict[str, str]) -> str:
        """Where a step is decided; "" where the reader may not go."""
        if line.role:
            return roles.get(line.role, "")
        if line.step == "policy":
            return reverse("ui:roles") if access.holds(self.actor, RolePermission.VIEW) else ""
        if who.pk == self.actor.user_id:
            return reverse("ui:keys") if line.step == "credential" else ""
        if who.kind == User.Kind.CLIENT:
            sees = access.holds(self.actor, ApiClientPermission.VIEW)
            return reverse("ui:client", args=(who.pk,)) if sees else ""
        sees = access.holds(self.actor, UserPermission.VIEW)
        return reverse("ui:person", args=(who.pk,)) if sees else ""


def _advice(permission: PermissionEnum, answer: Answer, has_thing: bool) -> list[str]:  # noqa: FBT001 private
    """What would change a no."""
    if answer.allowed:
        return []
    found = []
    if has_thing:
        found.append(_("A grant on the object itself, to the person or to a role of theirs."))
    if is_model_wide(permission):
        found.append(_("A role of theirs that holds the right for all objects."))
    elif not has_thing:
        found.append(
            _("Name an object: this right touches what is kept, so only a grant on one gives it.")
        )
    return found
