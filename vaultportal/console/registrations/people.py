"""People, roles and policies: what administrators change, by the directory's services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget, FilteredSelectMultiple
from django.contrib.auth.models import Group, Permission
from django.contrib.postgres.forms import SimpleArrayField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from vaultportal.console.base import MetadataAdmin, ServiceAdmin, ServiceForm
from vaultportal.directory import explaining
from vaultportal.directory.services import accounts, memberships, people, policies, roles
from vaultportal.directory.services.memberships import Given
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Membership, Policy, Role, Session, User
from vaultportal.identity.models.role import EVERYONE

admin.site.unregister(Group)


class PersonForm(ServiceForm):
    """A person's account and roles. A new password replaces the old one and is never shown."""

    password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    held = forms.ModelMultipleChoiceField(
        label=_("Roles"),
        queryset=Role.objects.live().exclude(name=EVERYONE).order_by("name"),
        required=False,
        widget=FilteredSelectMultiple(_("roles"), is_stacked=False),
    )

    class Meta:
        model = User
        fields = ("username", "full_name", "email", "is_active", "is_staff")
        # Beside a password a browser would offer the administrator's own name.
        widgets: ClassVar = {"username": AdminTextInputWidget({"autocomplete": "off"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["held"].initial = Role.objects.live().filter(user=self.instance)

    def apply(self) -> User:
        """Create or change the person, then the roles, then whether the account is on."""
        given = self.cleaned_data
        fields = people.PersonFields(
            username=given["username"], email=given["email"], full_name=given["full_name"]
        )
        password = given["password"] or None
        if self.instance._state.adding:
            person = people.create_person(self.actor, fields, password=password)
        else:
            person = people.change_person(self.actor, self.instance.pk, fields, password=password)
        if "held" in self.changed_data:
            memberships.set_roles(self.actor, person.pk, _given(person, given["held"]))
        if "is_staff" in self.changed_data:
            accounts.set_staff(self.actor, person.pk, staff=given["is_staff"])
        if "is_active" in self.changed_data and not given["is_active"]:
            people.disable_person(self.actor, person.pk)
        elif "is_active" in self.changed_data and self.initial:
            people.enable_person(self.actor, person.pk)
        person.refresh_from_db()
        return person


def _given(person: User, roles: Iterable[Role]) -> list[Given]:
    """The roles, each for the time for which it is held already."""
    held = {row.group_id: row for row in Membership.objects.filter(user=person)}
    return [
        Given(role.uuid, row.valid_from, row.valid_until)
        if (row := held.get(role.pk))
        else Given(role.uuid)
        for role in roles
    ]


@admin.register(User)
class UserAdmin(ServiceAdmin):
    form = PersonForm
    list_display = ("username", "full_name", "email", "kind", "is_active", "is_staff", "number")
    list_filter = ("kind", "is_active", "is_staff")
    search_fields = ("username", "full_name", "email")
    ordering = ("username",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """API clients are looked at here; their page is in the portal."""
        if obj is not None and obj.kind != User.Kind.PERSON:
            return False
        return super().has_change_permission(request, obj)

    def remove(self, actor: Actor, obj: Any) -> None:
        people.delete_person(actor, obj.pk)


class RoleForm(ServiceForm):
    """A role and what it may do for all rows. Rights on single rows are grants, not set here."""

    rights = forms.ModelMultipleChoiceField(
        label=_("Rights for all rows"),
        queryset=Permission.objects.select_related("content_type").order_by(
            "content_type__app_label", "codename"
        ),
        required=False,
        widget=FilteredSelectMultiple(_("rights"), is_stacked=False),
    )
    voting = forms.ModelMultipleChoiceField(
        label=_("Policies"),
        queryset=Policy.objects.order_by("name"),
        required=False,
        widget=FilteredSelectMultiple(_("policies"), is_stacked=False),
    )

    class Meta:
        model = Role
        fields = ("name", "comment")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["rights"].initial = self.instance.permissions.all()
            self.fields["voting"].initial = self.instance.policies.all()

    def apply(self) -> Role:
        """Create or change the role, then the policies that vote for it."""
        given = self.cleaned_data
        names = frozenset(
            f"{right.content_type.app_label}.{right.codename}" for right in given["rights"]
        )
        fields = roles.RoleFields(
            name=given["name"],
            comment=given["comment"],
            rights=names if "rights" in self.changed_data else None,
        )
        if self.instance._state.adding:
            role = roles.create_role(self.actor, fields)
        else:
            role = roles.change_role(self.actor, self.instance.uuid, fields)
        if "voting" in self.changed_data:
            chosen = [policy.name for policy in given["voting"]]
            policies.set_role_policies(self.actor, role.uuid, chosen)
        return role


@admin.register(Role)
class RoleAdmin(ServiceAdmin):
    form = RoleForm
    list_display = ("name", "comment", "system", "deleted_at", "id")
    list_filter = ("system",)
    search_fields = ("name",)
    ordering = ("name",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A retired role is history."""
        is_over = obj is not None and obj.deleted_at is not None
        return not is_over and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing retires twice."""
        is_over = obj is not None and obj.deleted_at is not None
        return not is_over and super().has_delete_permission(request, obj)

    def trail_id(self, row: Any) -> str:
        """Roles are told by their handle."""
        return str(row.uuid)

    def remove(self, actor: Actor, obj: Any) -> None:
        roles.retire_role(actor, obj.uuid)


class PolicyForm(ServiceForm):
    """One vote on parts of rows: a list a field, separated by commas."""

    operations = SimpleArrayField(forms.CharField(), label=_("Operations"))
    reasons = SimpleArrayField(forms.CharField(), label=_("Reasons"))
    resources = SimpleArrayField(forms.CharField(), label=_("Resources"), widget=forms.Textarea)

    class Meta:
        model = Policy
        fields = ("name", "policy_type", "operations", "reasons", "resources")

    def apply(self) -> Policy:
        """Save the policy under its name; a policy with another name is another policy."""
        given = self.cleaned_data
        return policies.save_policy(
            self.actor,
            given.get("name") or self.instance.name,
            policies.PolicyFields(
                policy_type=given["policy_type"],
                operations=tuple(given["operations"]),
                reasons=tuple(given["reasons"]),
                resources=tuple(given["resources"]),
            ),
        )


@admin.register(Policy)
class PolicyAdmin(ServiceAdmin):
    form = PolicyForm
    list_display = ("name", "policy_type", "operations", "reasons")
    list_filter = ("policy_type",)
    search_fields = ("name",)
    ordering = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The name is what a policy is known by."""
        return ("name",) if obj is not None else ()

    def remove(self, actor: Actor, obj: Any) -> None:
        policies.delete_policy(actor, obj.name)


class MembershipForm(ServiceForm):
    """One role for one person or API client, for good or for a time."""

    places: ClassVar[Mapping[str, str]] = {"roles.0": "valid_until"}

    person = forms.CharField(label=_("Who"), max_length=255, help_text=_("User name or id."))
    role = forms.ModelChoiceField(
        label=_("Role"), queryset=Role.objects.live().exclude(name=EVERYONE).order_by("name")
    )

    class Meta:
        model = Membership
        fields = ("valid_from", "valid_until")

    def apply(self) -> Membership:
        """Give the role, or give it other times."""
        given, row = self.cleaned_data, self.instance
        if row._state.adding:
            who, role = explaining.find_person(self.actor, given["person"]).pk, given["role"]
        else:
            who, role = row.user_id, Role.objects.get(pk=row.group_id)
        times = Given(role.uuid, given["valid_from"], given["valid_until"])
        memberships.add_role(self.actor, who, times)
        return Membership.objects.get(user_id=who, group_id=role.pk)


@admin.register(Membership)
class MembershipAdmin(ServiceAdmin):
    """Who is in which role: given, given other times, taken."""

    form = MembershipForm
    list_display = ("user", "group", "valid_from", "valid_until", "granted_by")
    list_select_related = ("user", "group", "granted_by")
    search_fields = ("user__username", "group__name")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who and what, then the times."""
        if obj is None:
            return ("person", "role", "valid_from", "valid_until")
        return (*self.get_readonly_fields(request, obj), "valid_from", "valid_until")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What makes it this membership."""
        return ("user", "group", "granted_by", "created_at") if obj is not None else ()

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002 Django's signature
        **kwargs: Any,
    ) -> type[ServiceForm]:
        """Without the question that only a new one answers."""
        made = super().get_form(request, obj, change, **kwargs)
        if obj is not None:
            for name in ("person", "role"):
                made.base_fields.pop(name, None)
        return made

    def trail_id(self, row: Any) -> str:
        """A membership is told with its person."""
        return str(row.user_id)

    def remove(self, actor: Actor, obj: Any) -> None:
        memberships.remove_role(actor, obj.user_id, Role.objects.get(pk=obj.group_id).uuid)


@admin.register(Session)
class SessionAdmin(MetadataAdmin):
    list_display = ("user", "address", "user_agent", "created_at", "last_seen_at", "expires_at")
    list_select_related = ("user",)
    search_fields = ("user__username",)
