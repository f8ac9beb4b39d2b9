"""Roles: who is in them, what they may do, and a change shown before it is saved."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vaultportal import trail
from vaultportal.directory import custody, people_list, selectors
from vaultportal.directory.permissions import PolicyPermission, RolePermission, UserPermission
from vaultportal.directory.services import memberships, policies, roles
from vaultportal.directory.services.roles import RoleFields
from vaultportal.errors import Conflict, Invalid, NotFound
from vaultportal.identity import access
from vaultportal.identity.ids import uuid_of
from vaultportal.identity.models import Role
from vaultportal.identity.models.role import ADMIN
from vaultportal.ui import faults, rights
from vaultportal.ui.diff import Diff
from vaultportal.ui.govern_tabs import people_tabs
from vaultportal.ui.paging import Keyset
from vaultportal.ui.people_forms import RoleForm
from vaultportal.ui.views.base import PortalView
from vaultportal.ui.views.confirm import Confirmation, ConfirmView

SHOWN_MEMBERS = 200


class RolesView(PortalView):
    """GET /access/roles/?after="""

    def get(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, RolePermission.VIEW, Role)

        def rows(cursor: str, limit: int) -> QuerySet[Role]:
            return selectors.roles_behind(self.actor, uuid_of(cursor))[:limit]

        pages = Keyset.of(request, rows, key=lambda role: str(role.uuid))
        context = {
            "roles": [(role, sum(1 for _right in role.permissions.all())) for role in pages.rows],
            "pages": pages,
            "may_add": access.holds(self.actor, RolePermission.ADD),
            "tabs": people_tabs(self.actor, "ui:roles"),
            "crumbs": [(_("Roles"), "")],
        }
        return self.render("roles/roles.html", "roles/roles.html", context)


class RoleView(PortalView):
    """GET /access/roles/{id}/; POST takes somebody out (``member``)."""

    def get(self, request: HttpRequest, role_id: UUID) -> HttpResponse:
        access.require(self.actor, RolePermission.VIEW, Role)
        role = selectors.get_role(self.actor, role_id)
        context = {
            "role": role,
            "groups": _held(role),
            "policies": role.policies.order_by("name"),
            "grants": custody.of_role(role),
            "members": people_list.members_of(self.actor, role)[:SHOWN_MEMBERS]
            if access.holds(self.actor, UserPermission.VIEW)
            else None,
            "may_change": access.holds(self.actor, RolePermission.CHANGE),
            "may_retire": access.holds(self.actor, RolePermission.DELETE) and not role.system,
            "crumbs": [(_("Roles"), reverse("ui:roles")), (role.name, "")],
        }
        return self.render("roles/role.html", "roles/role.html", context)

    def post(self, request: HttpRequest, role_id: UUID) -> HttpResponse:
        self.require_recent_proof()
        try:
            member = UUID(request.POST.get("member", ""))
        except ValueError:
            raise NotFound("user") from None
        memberships.remove_role(self.actor, member, role_id)
        messages.success(request, _("Role taken away."))
        return redirect("ui:role", role_id)


class RoleEditView(PortalView):
    """GET the form; POST shows what would change, and with ``sure`` saves it.

    /access/roles/new/ and /access/roles/{id}/edit/
    """

    def get(self, request: HttpRequest, role_id: UUID | None = None) -> HttpResponse:
        self._require(role_id)
        before = self._before
        form = RoleForm(initial=_fields(before) if before else {})
        return self._page(form, _rights(self._before), _voting(self._before))

    def post(self, request: HttpRequest, role_id: UUID | None = None) -> HttpResponse:
        self._require(role_id)
        form = RoleForm(request.POST)
        chosen = rights.known(request.POST.getlist("rights"), model_wide=True)
        # What is held and has no box here (Django's own verbs of the apps below) stays held.
        chosen |= _rights(self._before) - _offered()
        voting = _voting(self._before)
        if self._may_vote:
            voting = frozenset(request.POST.getlist("policies"))
        if not form.is_valid() or "back" in request.POST:
            status = 200 if "back" in request.POST else 422
            return self._page(form, chosen, voting, status)
        stamp = self._before.updated_at.isoformat() if self._before else ""
        meanwhile = "sure" in request.POST and request.POST.get("stamp", "") != stamp
        if "sure" in request.POST and not meanwhile:
            self.require_recent_proof()
            try:
                role = self._save(form, chosen, voting)
            except (Invalid, Conflict) as refusal:
                faults.put(form, refusal)
                return self._page(form, chosen, voting, 422)
            messages.success(request, _("Role saved."))
            return redirect("ui:role", role.uuid)
        return self._review(form, chosen, voting, stamp, meanwhile=meanwhile)

    @cached_property
    def _before(self) -> Role | None:
        role_id = self.kwargs.get("role_id")
        return selectors.get_role(self.actor, role_id) if role_id else None

    @property
    def _may_vote(self) -> bool:
        """Whether policies stand in the form; else the role keeps its own."""
        return access.holds(self.actor, PolicyPermission.VIEW) and access.holds(
            self.actor, PolicyPermission.CHANGE
        )

    def _require(self, role_id: UUID | None) -> None:
        access.require(self.actor, RolePermission.CHANGE if role_id else RolePermission.ADD, Role)

    @trail.unit()
    def _save(self, form: RoleForm, chosen: frozenset[str], voting: frozenset[str]) -> Role:
        given = form.cleaned_data
        fields = RoleFields(**given)
        if chosen != _rights(self._before):
            fields = RoleFields(**given, rights=chosen)
        if self._before is None:
            role = roles.create_role(self.actor, fields)
        else:
            role = roles.change_role(self.actor, self._before.uuid, fields)
        if voting != _voting(self._before):
            policies.set_role_policies(self.actor, role.uuid, voting)
        return role

    def _review(
        self,
        form: RoleForm,
        chosen: frozenset[str],
        voting: frozenset[str],
        stamp: str,
        *,
        meanwhile: bool,
    ) -> HttpResponse:
        given = form.cleaned_data
        before = self._before
        old = _text(_fields(before), _rights(before), _voting(before)) if before else ""
        new = _text(given, chosen, voting)
        members = before.member_count if before else 0  # type: ignore[attr-defined]  # annotated
        context = {
            "role": before,
            "diff": Diff.of(old, new),
            "form": form,
            "chosen": sorted(chosen),
            "voting": sorted(voting),
            "stamp": stamp,
            "meanwhile": meanwhile,
            "concerns": ngettext(
                "It concerns %(n)d member, from their next request on.",
                "It concerns %(n)d members, from their next request on.",
                members,
            )
            % {"n": members},
            "crumbs": self._crumbs(_("Review")),
        }
        status = 409 if meanwhile else 200
        return self.render("roles/review.html", "roles/review.html", context, status)

    def _page(
        self, form: RoleForm, chosen: frozenset[str], voting: frozenset[str], status: int = 200
    ) -> HttpResponse:
        names = (
            [each.name for each in selectors.list_policies(self.actor)] if self._may_vote else []
        )
        context = {
            "role": self._before,
            "form": form,
            "groups": rights.groups(chosen, model_wide=True),
            "is_fixed": self._before is not None and self._before.name == ADMIN,
            "policies": [(name, name in voting) for name in names],
            "crumbs": self._crumbs(_("Edit") if self._before else _("New role")),
        }
        return self.render("roles/edit.html", "roles/edit.html", context, status)

    def _crumbs(self, here: str) -> list[tuple[str, Any]]:
        crumbs: list[tuple[str, Any]] = [(_("Roles"), reverse("ui:roles"))]
        if self._before:
            crumbs.append((self._before.name, reverse("ui:role", args=(self._before.uuid,))))
        return [*crumbs, (here, "")]


class RetireRoleView(ConfirmView):
    """GET asks, POST retires."""

    @cached_property
    def role(self) -> Role:
        access.require(self.actor, RolePermission.DELETE, Role)
        return selectors.get_role(self.actor, self.kwargs["role_id"])

    def confirmation(self) -> Confirmation:
        members = self.role.member_count  # type: ignore[attr-defined]  # annotated
        grants = sum(count for _kind, _right, count in custody.of_role(self.role))
        return Confirmation(
            title=_("Retire the role %(name)s") % {"name": self.role.name},
            text=_("Nobody holds it any more, it opens nothing, and its name is free again."),
            button=_("Retire"),
            back_url=reverse("ui:role", args=(self.role.uuid,)),
            consequences=(
                ngettext("%(n)d member loses it.", "%(n)d members lose it.", members)
                % {"n": members},
                ngettext("%(n)d grant opens nothing.", "%(n)d grants open nothing.", grants)
                % {"n": grants},
            ),
            word=self.role.name,
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.require_recent_proof()
        return super().post(request, **kwargs)

    def carry_out(self) -> None:
        roles.retire_role(self.actor, self.role.uuid)
        messages.success(self.request, _("Role retired."))

    def done_url(self) -> str:
        return reverse("ui:roles")


def _offered() -> frozenset[str]:
    return frozenset(each.full_name for each in rights.every(model_wide=True))


def _rights(role: Role | None) -> frozenset[str]:
    return roles.rights_of(role) if role else frozenset()


def _voting(role: Role | None) -> frozenset[str]:
    return frozenset(role.policies.values_list("name", flat=True)) if role else frozenset()


def _held(role: Role) -> list[rights.Group]:
    """What the role holds, app by app."""
    found = [
        rights.Group(group.title, tuple(each for each in group.rights if each.is_on))
        for group in rights.groups(_rights(role), model_wide=True)
    ]
    return [group for group in found if group.rights]


def _fields(role: Role) -> dict[str, Any]:
    """As the form has them."""
    return {name: getattr(role, name) for name in RoleForm.base_fields}


def _text(given: Mapping[str, Any], chosen: frozenset[str], voting: frozenset[str]) -> str:
    """A role as lines, for the comparison."""
    said = given["comment"].splitlines()
    lines = [_("Name: %(name)s") % {"name": given["name"]}]
    lines += [_("Description: %(line)s") % {"line": line} for line in said if line]
    if given["needs_factor"]:
        lines.append(_("Its people need a second factor"))
    lines += [_("Right: %(name)s") % {"name": each} for each in sorted(chosen)]
    lines += [_("Policy: %(name)s") % {"name": each} for each in sorted(voting)]
    return "\n".join(lines)
