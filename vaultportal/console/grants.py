"""Grants on single rows in the console: given, given another end, and taken, by the apps' services.

An app subclasses ``GrantForm`` and ``GrantAdmin`` once for each kind of row that its people share.
A form without rights has its grants looked at alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vaultportal.console.base import ServiceAdmin, ServiceForm, shown_fields
from vaultportal.directory import explaining, rows
from vaultportal.errors import NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.grant_tables import has_field, numbers
from vaultportal.identity.models import Role, User
from vaultportal.identity.permissions import PermissionEnum

Holder = User | Role
_ENDS = "until"
_ASKED = ("thing", "person", "role", "right")


class GrantForm(ServiceForm):
    """Who gets which right on one row, and until when; a grant that stands keeps all but its end.

    rights: those that can be given here. model: whose rows are shared.
    ends: whether the service gives a right for a time.
    """

    rights: ClassVar[Sequence[PermissionEnum]] = ()
    model: ClassVar[type[Model]]
    ends: ClassVar[bool] = True

    thing = forms.CharField(
        label=gettext_lazy("On what"),
        max_length=512,
        help_text=gettext_lazy("Whole name or id of one that you may see."),
    )
    person = forms.CharField(
        label=gettext_lazy("Who"), max_length=255, help_text=gettext_lazy("User name or id.")
    )
    role = forms.ModelChoiceField(label=gettext_lazy("Role"), queryset=rows.live_roles())
    right = forms.ChoiceField(label=gettext_lazy("Right"))
    until = forms.SplitDateTimeField(
        label=gettext_lazy("Until"), required=False, widget=AdminSplitDateTime
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unused = {"role" if has_field(type(self.instance), "user") else "person"}
        if not self.instance._state.adding:
            unused |= set(_ASKED)
            self.fields[_ENDS].initial = getattr(self.instance, "valid_until", None)
        for name in unused if self.ends else {*unused, _ENDS}:
            self.fields.pop(name, None)
        if "right" in self.fields:
            choices = [(each.codename, each.codename.replace("_", " ")) for each in self.rights]
            self.fields["right"].choices = choices  # type: ignore[attr-defined]  # a choice field

    def give(self, to: Holder, thing: Any, right: PermissionEnum, until: datetime | None) -> None:
        """Call the service of the app."""
        raise TypeError(f"{type(self).__name__} has no service.")

    def apply(self) -> Model:
        """Give the right, or give it another end."""
        given, row = self.cleaned_data, self.instance
        if row._state.adding:
            right = next(each for each in self.rights if each.codename == given["right"])
            thing, to = self._thing(right), self._holder()
        else:
            right = right_of(self.rights, row)
            thing, to = row.content_object, holder_of(row)
        self.give(to, thing, right, given.get(_ENDS))
        holder = "group_id" if isinstance(to, Role) else "user_id"
        number = numbers.on(right, self.model)
        found: Model = type(row)._base_manager.get(
            **{holder: to.pk}, permission_id=number, content_object=thing
        )
        return found

    def _thing(self, right: PermissionEnum) -> Model:
        try:
            return explaining.find_thing(self.actor, right, self.cleaned_data["thing"])
        except NotFound:
            raise NotFound("object", _("There is none, or none that you may see.")) from None

    def _holder(self) -> Holder:
        role: Role | None = self.cleaned_data.get("role")
        return role or explaining.find_person(self.actor, self.cleaned_data["person"])


class GrantAdmin(ServiceAdmin):
    """The grants on the rows that one may know of."""

    form: type[GrantForm]
    list_display = ("content_object", "held_by", "right")
    see: ClassVar[PermissionEnum]

    def take(self, actor: Actor, of: Holder, thing: Any, right: PermissionEnum) -> None:
        """Call the service of the app."""
        raise TypeError(f"{type(self).__name__} takes nothing.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Grants on rows that the person may know of."""
        rows = super().get_queryset(request).select_related("content_object", "permission")
        rows = rows.select_related("user" if has_field(self.model, "user") else "group")
        actor = self.actor(request)
        if access.holds(actor, self.see):
            return rows
        seen = access.permitted(actor, self.see, self.form.model._default_manager.all())
        return rows.filter(content_object__in=seen)

    def columns(self) -> Sequence[str]:
        """What, who, which right, until when."""
        ends = ("valid_until",) if self.form.ends else ()
        return (*self.list_display, *ends)

    def get_list_select_related(self, request: HttpRequest) -> Any:
        """As in ``get_queryset``."""
        return ("content_object", "permission", _holder_field(self.model))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The question for a new one; else what stands, and the end that can be changed."""
        ends = (_ENDS,) if self.form.ends else ()
        if obj is None:
            holder = "person" if has_field(self.model, "user") else "role"
            return ("thing", holder, "right", *ends)
        return (*self.get_readonly_fields(request, obj), *ends)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All that stands in a grant."""
        if obj is None:
            return ()
        hidden = ("id", "permission", "user", "group", "valid_until", "content_object")
        told = [name for name in shown_fields(self.model) if name not in hidden]
        return ("content_object", "held_by", "right", *told)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody where nothing is given here."""
        return bool(self.form.rights) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Its end can be changed where a grant has one, and the right is given here."""
        if not self.form.ends or not self._is_given_here(obj):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A right that is given elsewhere is taken elsewhere."""
        return self._is_given_here(obj) and super().has_delete_permission(request, obj)

    def remove(self, actor: Actor, obj: Any) -> None:
        """Take the right away."""
        self.take(actor, holder_of(obj), obj.content_object, right_of(self.form.rights, obj))

    def trail_id(self, row: Any) -> str:
        """A grant is told with its row."""
        return str(row.content_object_id)

    @admin.display(description=gettext_lazy("Who"))
    def held_by(self, row: Any) -> str:
        """The name of the person or role."""
        return str(getattr(row, _holder_field(self.model)))

    @admin.display(description=gettext_lazy("Right"))
    def right(self, row: Any) -> str:
        """The right in words."""
        return str(row.permission.codename).replace("_", " ")

    def _is_given_here(self, row: Any) -> bool:
        return row is None or row.permission.codename in _codenames(tuple(self.form.rights))


def holder_of(row: Any) -> Holder:
    """The person, or the role as a role."""
    if has_field(type(row), "user"):
        user: User = row.user
        return user
    return rows.role_of_group(row.group_id)


def right_of(rights: Sequence[PermissionEnum], row: Any) -> PermissionEnum:
    """Which of ``rights`` a grant gives; NotFound for one that is given elsewhere."""
    found = next((each for each in rights if each.codename == row.permission.codename), None)
    if found is None:
        raise NotFound("grant")
    return found


def _holder_field(table: type[Model]) -> str:
    return "user" if has_field(table, "user") else "group"


@cache
def _codenames(rights: tuple[PermissionEnum, ...]) -> frozenset[str]:
    return frozenset(each.codename for each in rights)
