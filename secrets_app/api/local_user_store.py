"""The local-user-store service: people's accounts and API clients.

Source: PrivX local-user-store API, ``/local-user-store/api/v1``; contract section 10.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema

from secrets_app.api import identity_wire as wire
from secrets_app.api import people_wire
from vaultportal.api import body, query
from vaultportal.api.views import VaultAPIView
from vaultportal.api.wire import Fields
from vaultportal.directory import selectors
from vaultportal.directory.services import clients, passwords, people

OBJECT = OpenApiTypes.OBJECT
_SORT_CLIENTS = {
    "name": "user__full_name",
    "created": "created_at",
    "updated": "updated_at",
    "id": "pk",
}


class UsersView(VaultAPIView):
    """GET, POST /local-user-store/api/v1/users"""

    @extend_schema(summary="List local users", responses={200: OBJECT})
    def get(self, request: HttpRequest) -> HttpResponse:
        window = wire.user_window(request)
        found = selectors.list_people(self.actor)
        if username := query.text(request, "username"):
            found = found.filter(username__iexact=username.replace("\x00", ""))
        if user_id := query.text(request, "id"):
            found = found.filter(pk=wire.identifier(user_id))
        return self.reply(wire.page(found, window, lambda rows: map(people_wire.local_user, rows)))

    @extend_schema(summary="Create a local user", request=OBJECT, responses={201: OBJECT})
    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object())
        person = people_wire.person_fields(fields, self.actor)
        password = people_wire.password(fields)
        fields.check()
        made = people.create_person(self.actor, person, password=password)
        return self.reply({"id": str(made.pk)}, 201)


class UserView(VaultAPIView):
    """GET, PUT, DELETE /local-user-store/api/v1/users/{user_id}"""

    @extend_schema(summary="Get a local user", responses={200: OBJECT})
    def get(self, request: HttpRequest, user_id: str) -> HttpResponse:
        found = selectors.get_person(self.actor, wire.identifier(user_id))
        return self.reply(people_wire.local_user(found))

    @extend_schema(summary="Replace a local user", request=OBJECT, responses={200: None})
    def put(self, request: HttpRequest, user_id: str) -> HttpResponse:
        present = selectors.get_person(self.actor, wire.identifier(user_id))
        fields = Fields(self.json_object())
        person = people_wire.person_fields(fields, self.actor, present)
        password = people_wire.password(fields)
        fields.check()
        people.change_person(self.actor, present.pk, person, password=password)
        return self.empty()

    @extend_schema(summary="Delete a local user", responses={200: None})
    def delete(self, request: HttpRequest, user_id: str) -> HttpResponse:
        people.delete_person(self.actor, wire.identifier(user_id))
        return self.empty()


class PasswordView(VaultAPIView):
    """PUT /local-user-store/api/v1/users/{user_id}/password"""

    @extend_schema(summary="Set a local user's password", request=OBJECT, responses={200: None})
    def put(self, request: HttpRequest, user_id: str) -> HttpResponse:
        fields = Fields(self.json_object())
        password = fields.text("password", required=True, blank=False)
        fields.check()
        passwords.set_password(self.actor, wire.identifier(user_id), password)
        return self.empty()


class TagsView(VaultAPIView):
    """GET /local-user-store/api/v1/users/tags"""

    @extend_schema(summary="List the tags of local users", responses={200: OBJECT})
    def get(self, request: HttpRequest) -> HttpResponse:
        tags = selectors.list_tags(self.actor)
        return self.reply({"count": len(tags), "items": tags})


class ApiClientsView(VaultAPIView):
    """GET, POST /local-user-store/api/v1/api-clients"""

    @extend_schema(summary="List API clients", responses={200: OBJECT})
    def get(self, request: HttpRequest) -> HttpResponse:
        window = wire.window(request, sort=_SORT_CLIENTS)
        found = selectors.list_clients(self.actor)
        return self.reply(wire.page(found, window, people_wire.clients))

    @extend_schema(summary="Create an API client", request=OBJECT, responses={201: OBJECT})
    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object())
        name = fields.text("name", required=True)
        roles = wire.role_ids(fields, "roles") or []
        fields.check()
        made = clients.create_client(self.actor, name, roles)
        return self.reply({"id": str(made.pk)}, 201)


class SearchApiClientsView(VaultAPIView):
    """POST /local-user-store/api/v1/api-clients/search"""

    @extend_schema(summary="Search API clients by name", request=OBJECT, responses={200: OBJECT})
    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object() if body.raw(request) else {})
        window = wire.window(request, fields, sort=_SORT_CLIENTS)
        words = wire.keywords(fields.text("keywords", max_length=1000))
        fields.check()
        found = selectors.list_clients(self.actor)
        for word in words:
            found = found.filter(user__full_name__icontains=word)
        return self.reply(wire.page(found, window, people_wire.clients))


class ApiClientView(VaultAPIView):
    """GET, PUT, DELETE /local-user-store/api/v1/api-clients/{client_id}"""

    @extend_schema(summary="Get an API client with its secret", responses={200: OBJECT})
    def get(self, request: HttpRequest, client_id: str) -> HttpResponse:
        found = clients.open_client(self.actor, wire.identifier(client_id))
        roles = selectors.memberships_of([found.id])[found.id]
        return self.reply(people_wire.open_client(found, roles))

    @extend_schema(summary="Replace an API client", request=OBJECT, responses={200: None})
    def put(self, request: HttpRequest, client_id: str) -> HttpResponse:
        fields = Fields(self.json_object())
        name = fields.text("name") or None
        roles = wire.role_ids(fields, "roles")
        fields.check()
        clients.change_client(self.actor, wire.identifier(client_id), name=name, roles=roles)
        return self.empty()

    @extend_schema(summary="Delete an API client", responses={200: None})
    def delete(self, request: HttpRequest, client_id: str) -> HttpResponse:
        clients.delete_client(self.actor, wire.identifier(client_id))
        return self.empty()
