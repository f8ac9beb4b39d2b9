"""The role-store service: roles, who holds them, and users as holders of roles.

Source: PrivX role-store API, ``/role-store/api/v1``; contract section 9.
"""

from __future__ import annotations

from functools import reduce
from operator import and_

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema

from secrets_app.api import identity_wire as wire
from secrets_app.api import people_wire
from vaultportal.api import body
from vaultportal.api.views import VaultAPIView
from vaultportal.api.wire import Fields, invalid
from vaultportal.directory import selectors
from vaultportal.directory.services import memberships, roles
from vaultportal.errors import Fault

OBJECT = OpenApiTypes.OBJECT
MAX_NAMES = 1000


class RolesView(VaultAPIView):
    """GET, POST /role-store/api/v1/roles"""

    @extend_schema(summary="List roles", responses={200: OBJECT})
    def get(self, request: HttpRequest) -> HttpResponse:
        window = wire.role_window(request)
        return self.reply(wire.page(selectors.list_roles(self.actor), window, wire.roles))

    @extend_schema(summary="Create a role", request=OBJECT, responses={201: OBJECT})
    def post(self, request: HttpRequest) -> HttpResponse:
        made = roles.create_role(self.actor, wire.role_fields(Fields(self.json_object())))
        return self.reply({"id": str(made.uuid)}, 201)


class RoleView(VaultAPIView):
    """GET, PUT, DELETE /role-store/api/v1/roles/{role_id}"""

    @extend_schema(summary="Get a role", responses={200: OBJECT})
    def get(self, request: HttpRequest, role_id: str) -> HttpResponse:
        return self.reply(wire.role(selectors.get_role(self.actor, wire.identifier(role_id))))

    @extend_schema(summary="Replace a role", request=OBJECT, responses={200: None})
    def put(self, request: HttpRequest, role_id: str) -> HttpResponse:
        present = selectors.get_role(self.actor, wire.identifier(role_id))
        fields = wire.role_fields(Fields(self.json_object()), present)
        roles.change_role(self.actor, present.uuid, fields)
        return self.empty()

    @extend_schema(summary="Delete a role", responses={200: None})
    def delete(self, request: HttpRequest, role_id: str) -> HttpResponse:
        roles.retire_role(self.actor, wire.identifier(role_id))
        return self.empty()


class ResolveRolesView(VaultAPIView):
    """POST /role-store/api/v1/roles/resolve"""

    @extend_schema(summary="Find roles by their names", request=OBJECT, responses={200: OBJECT})
    def post(self, request: HttpRequest) -> HttpResponse:
        names = _names(wire.as_array(self.json()))
        found = selectors.find_roles(self.actor, names)
        return self.reply(wire.page(found, wire.Window(0, MAX_NAMES), wire.roles))


class SearchRolesView(VaultAPIView):
    """POST /role-store/api/v1/roles/search"""

    @extend_schema(summary="Search roles by name", request=OBJECT, responses={200: OBJECT})
    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object() if body.raw(request) else {})
        window = wire.role_window(request, fields)
        names = fields.texts("name", most=MAX_NAMES)
        fields.check()
        found = selectors.list_roles(self.actor)
        if names:
            found = found.filter(name__in=[name for name in names if "\x00" not in name])
        return self.reply(wire.page(found, window, wire.roles))


class MembersView(VaultAPIView):
    """GET /role-store/api/v1/roles/{role_id}/members"""

    @extend_schema(summary="List who holds a role", responses={200: OBJECT})
    def get(self, request: HttpRequest, role_id: str) -> HttpResponse:
        window = wire.user_window(request)
        found = selectors.list_members(self.actor, wire.identifier(role_id))
        return self.reply(wire.page(found, window, people_wire.principals))


class UserView(VaultAPIView):
    """GET /role-store/api/v1/users/{user_id} and /users/{user_id}/resolve"""

    @extend_schema(summary="Get a user with roles", responses={200: OBJECT})
    def get(self, request: HttpRequest, user_id: str) -> HttpResponse:
        found = selectors.get_principal(self.actor, wire.user_id(self.actor, user_id))
        document = people_wire.principals([found])[0]
        return self.reply(document | {"permissions": people_wire.permissions(found)})


class SearchUsersView(VaultAPIView):
    """POST /role-store/api/v1/users/search"""

    @extend_schema(summary="Search users", request=OBJECT, responses={200: OBJECT})
    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object() if body.raw(request) else {})
        window = wire.user_window(request, fields)
        words = wire.keywords(fields.text("keywords", max_length=1000))
        source = fields.text("source")
        ids = fields.texts("user_id", most=MAX_NAMES)
        fields.check()
        found = selectors.list_people(self.actor)
        if ids:
            found = found.filter(pk__in=[wire.identifier(each) for each in ids])
        if words:
            found = found.filter(reduce(and_, map(_mentions, words)))
        if source not in ("", str(selectors.LOCAL.id), selectors.LOCAL.name):
            found = found.none()
        return self.reply(wire.page(found, window, people_wire.principals))


class UserRolesView(VaultAPIView):
    """GET, PUT /role-store/api/v1/users/{user_id}/roles"""

    @extend_schema(summary="List the roles of a user", responses={200: OBJECT})
    def get(self, request: HttpRequest, user_id: str) -> HttpResponse:
        held = selectors.list_memberships(self.actor, wire.user_id(self.actor, user_id))
        return self.reply(wire.cut(held, wire.window(request, limit=1000), people_wire.handle))

    @extend_schema(summary="Replace the roles of a user", request=OBJECT, responses={200: None})
    def put(self, request: HttpRequest, user_id: str) -> HttpResponse:
        given = wire.given_roles(wire.as_array(self.json()))
        memberships.set_roles(self.actor, wire.user_id(self.actor, user_id), given)
        return self.empty()


class SourcesView(VaultAPIView):
    """GET /role-store/api/v1/sources"""

    @extend_schema(summary="List where users come from", responses={200: OBJECT})
    def get(self, request: HttpRequest) -> HttpResponse:
        items = [
            {"id": str(source.id), "name": source.name, "enabled": True}
            for source in selectors.list_sources(self.actor)
        ]
        return self.reply({"count": len(items), "items": items})


def _names(items: list[object]) -> list[str]:
    faults = [
        Fault(str(index), "type", "must be a string")
        for index, item in enumerate(items)
        if not isinstance(item, str)
    ]
    if len(items) > MAX_NAMES:
        faults.append(Fault("names", "range", f"must have at most {MAX_NAMES} items"))
    if faults:
        raise invalid(faults)
    return [item for item in items if isinstance(item, str) and "\x00" not in item]


def _mentions(word: str) -> Q:
    return Q(username__icontains=word) | Q(full_name__icontains=word) | Q(email__icontains=word)
