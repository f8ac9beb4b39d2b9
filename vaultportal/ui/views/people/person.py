"""One person: roles, ways in, and what a manager does about them."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vaultportal import trail
from vaultportal.audit.permissions import AuditPermission
from vaultportal.directory import custody, people_list, selectors
from vaultportal.directory.people_list import PeopleFilter
from vaultportal.directory.permissions import ApiKeyPermission, RolePermission, UserPermission
from vaultportal.directory.services import accounts, keys, memberships, passwords, people
from vaultportal.directory.services.memberships import Given
from vaultportal.directory.services.people import PersonFields
from vaultportal.errors import Conflict, Invalid, NotFound
from vaultportal.identity import access, browsers
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.identity.models.role import EVERYONE
from vaultportal.ui import faults, passphrase, undo
from vaultportal.ui.audit_links import audit_url
from vaultportal.ui.people_forms import GiveRoleForm, PersonForm
from vaultportal.ui.views.base import PortalView
from vaultportal.ui.views.confirm import Confirmation, ConfirmView
from vaultportal.ui.views.keys_many import REVOKE
from vaultportal.ui.views.people.lists import people_reads


def role_choices(actor: Actor) -> list[tuple[str, str]]:
    """The live roles that ``actor`` can give, by name."""
    if not may_hand_out(actor):
        return []
    return [
        (str(role.uuid), role.name) for role in selectors.list_roles(actor) if role.name != EVERYONE
    ]


def may_hand_out(actor: Actor) -> bool:
    """Whether ``actor`` may give people roles."""
    return access.holds(actor, UserPermission.CHANGE) and access.holds(actor, RolePermission.CHANGE)


class NewPersonView(PortalView):
    """GET, POST /access/people/new/: an account, and its first password for this one time."""

    def get(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, UserPermission.ADD, User)
        return self._page(PersonForm(roles=role_choices(self.actor)))

    def post(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, UserPermission.ADD, User)
        self.require_recent_proof()
        form = PersonForm(request.POST, roles=role_choices(self.actor))
        if form.is_valid():
            given = form.cleaned_data
            password = passphrase.generate()
            fields = PersonFields(
                username=given["username"], full_name=given["full_name"], email=given["email"]
            )
            try:
                with trail.unit():
                    person = people.create_person(self.actor, fields, password=password)
                    roles = [Given(UUID(role)) for role in given.get("roles", ())]
                    if roles:
                        memberships.set_roles(self.actor, person.pk, roles)
            except (Invalid, Conflict) as refusal:
                faults.put(form, refusal)
            else:
                return once(self, person, password)
        return self._page(form, 422)

    def _page(self, form: PersonForm, status: int = 200) -> HttpResponse:
        crumbs = [(_("People"), reverse("ui:people")), (_("New person"), "")]
        context = {"form": form, "crumbs": crumbs}
        return self.render("people/new.html", "people/new.html", context, status)


class PersonView(PortalView):
    """GET /access/people/{id}/; POST gives or takes a role, ends sessions, revokes a key."""

    def get(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        return self._page(user_id)

    def post(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        self.require_recent_proof()
        action = request.POST.get("action", "")
        if action == "give":
            form = GiveRoleForm(request.POST, roles=role_choices(self.actor))
            if not form.is_valid():
                return self._page(user_id, form, 422)
            until = faults.end_of(form.cleaned_data["until"])
            self._give(user_id, Given(UUID(form.cleaned_data["role"]), valid_until=until))
        elif action == "back":
            since, until = undo.time_of(request, "from"), undo.time_of(request, "until")
            self._give(user_id, Given(_uuid(request, "role"), since, until))
        elif action == "take":
            role = _uuid(request, "role")
            back = self._as_it_is(user_id, role)
            memberships.remove_role(self.actor, user_id, role)
            undo.tell(request, _("Role taken away."), request.path, back)
        elif action == "sessions":
            accounts.end_sessions(self.actor, user_id)
            messages.success(request, _("Sessions ended."))
        elif action == "revoke":
            keys.revoke_key(self.actor, _uuid(request, "key"))
            messages.success(request, _("Key revoked."))
        elif action == "enable":
            people.enable_person(self.actor, user_id)
            url = reverse("ui:person_disable", args=(user_id,))
            undo.tell(request, _("Account enabled."), url, {})
        return redirect("ui:person", user_id)

    def _give(self, user_id: UUID, given: Given) -> None:
        role = str(given.role)
        back = self._as_it_is(user_id, given.role) or {"action": "take", "role": role}
        memberships.add_role(self.actor, user_id, given)
        undo.tell(self.request, _("Role given."), self.request.path, back)

    def _as_it_is(self, user_id: UUID, role: UUID) -> dict[str, str] | None:
        """What gives the role back for the time that it is given for now; None if it is not."""
        for held, given in selectors.memberships_of([user_id])[user_id]:
            if held.uuid == role:
                since, until = undo.text_of(given.valid_from), undo.text_of(given.valid_until)
                return {"action": "back", "role": str(role), "from": since, "until": until}
        return None

    def _page(
        self, user_id: UUID, form: GiveRoleForm | None = None, status: int = 200
    ) -> HttpResponse:
        access.require(self.actor, UserPermission.VIEW, User)
        person = people_list.choose_people(self.actor, PeopleFilter()).filter(pk=user_id).first()
        if person is None:
            raise NotFound("user")
        sees_keys = access.holds(self.actor, ApiKeyPermission.VIEW)
        context: dict[str, Any] = {
            "person": person,
            "given": selectors.list_memberships(self.actor, user_id),
            "sessions": [
                (row, browsers.browser_of(row.user_agent), browsers.system_of(row.user_agent))
                for row in people_list.sessions_of(self.actor, user_id)
            ],
            "keys": selectors.list_keys(self.actor, user_id) if sees_keys else None,
            "actions": (REVOKE,),
            "form": form or GiveRoleForm(roles=role_choices(self.actor)),
            "may_change": access.holds(self.actor, UserPermission.CHANGE),
            "may_hand_out": may_hand_out(self.actor),
            "did": audit_url(self.actor, actor=str(user_id)),
            "reads": people_reads([user_id]).get(user_id)
            if access.holds(self.actor, AuditPermission.VIEW)
            else None,
            "crumbs": [(_("People"), reverse("ui:people")), (person.get_full_name(), "")],
        }
        return self.render("people/person.html", "people/person.html", context, status)


class _PersonConfirm(ConfirmView):
    """A question about one person."""

    @cached_property
    def person(self) -> User:
        access.require(self.actor, UserPermission.CHANGE, User)
        return selectors.get_person(self.actor, self.kwargs["user_id"])

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.require_recent_proof()
        return super().post(request, **kwargs)

    def done_url(self) -> str:
        return reverse("ui:person", args=(self.person.pk,))


class DisablePersonView(_PersonConfirm):
    """GET asks, saying what nobody else could open; POST disables."""

    def confirmation(self) -> Confirmation:
        count = len(people_list.sessions_of(self.actor, self.person.pk))
        ends = ngettext("%(n)d session ends.", "%(n)d sessions end.", count) % {"n": count}
        alone = tuple(
            _("%(n)d %(kind)s that nobody else can open%(names)s")
            % {
                "n": held.count,
                "kind": held.kind,
                "names": (": " + ", ".join(held.names)) if held.names else "",
            }
            for held in custody.only_theirs(self.actor, self.person)
        )
        return Confirmation(
            title=_("Disable %(name)s") % {"name": self.person.get_full_name()},
            text=_("Signing in, API keys and tokens stop at once. It can be enabled again."),
            button=_("Disable"),
            back_url=self.done_url(),
            consequences=(ends, *alone),
        )

    def carry_out(self) -> None:
        people.disable_person(self.actor, self.person.pk)
        undo.tell(self.request, _("Account disabled."), self.done_url(), {"action": "enable"})


class ResetFactorView(_PersonConfirm):
    """GET asks, POST takes every second factor off."""

    def confirmation(self) -> Confirmation:
        return Confirmation(
            title=_("Reset the second factor of %(name)s") % {"name": self.person.get_full_name()},
            text=_("For who has lost the device. Make sure by another way that it is really them."),
            button=_("Reset"),
            back_url=self.done_url(),
            consequences=(
                _("Passkeys, authenticator app and recovery codes are gone."),
                _("The password alone signs them in until they set up a new one."),
                _("Their sessions end."),
            ),
            word=self.person.username,
        )

    def carry_out(self) -> None:
        accounts.reset_factors(self.actor, self.person.pk)
        messages.success(self.request, _("Second factor reset."))


class NewPasswordView(_PersonConfirm):
    """GET asks, POST makes a password and shows it once."""

    def confirmation(self) -> Confirmation:
        return Confirmation(
            title=_("A new password for %(name)s") % {"name": self.person.get_full_name()},
            text=_("It is generated and shown once. Their sessions and tokens end."),
            button=_("Make a password"),
            back_url=self.done_url(),
        )

    def carry_out(self) -> None:
        raise TypeError("The password is shown by post().")

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.require_recent_proof()
        password = passphrase.generate()
        passwords.set_password(self.actor, self.person.pk, password)
        return once(self, self.person, password)


def once(view: PortalView, person: User, password: str) -> HttpResponse:
    """The page that shows a generated password, this one time."""
    values = [(_("User name"), person.username, False), (_("Password"), password, True)]
    context = {
        "title": _("Password of %(name)s") % {"name": person.get_full_name()},
        "text": _("Hand it over by a way that others cannot read; they change it under Profile."),
        "values": values,
        "save_as": f"people/{person.username}",
        "stored_url": reverse("ui:person", args=(person.pk,)),
        "crumbs": [(_("People"), reverse("ui:people")), (person.get_full_name(), "")],
    }
    return view.render("people/once.html", "people/once.html", context)


def _uuid(request: HttpRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise NotFound(name) from None
