"""Users in both forms. Contract section 9."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.http import HttpRequest, HttpResponse

from s3vault_app import selectors
from s3vault_app.api import answers, lists
from s3vault_app.api.base import WireView
from s3vault_app.api.openapi import MAP, Op, many, record
from s3vault_app.services import people
from s3vault_app.services.people import NewUser
from vaultportal.api.wire import Fields
from vaultportal.directory.services.people import PersonFields
from vaultportal.errors import Fault, Invalid
from vaultportal.identity.models import Role, User

FIELDS = {
    "id": ("id", "userid"),
    "name": ("name", "username"),
    "email": ("email",),
    "full_name": ("fullname",),
}
MOST_PASSWORD = 1024
_FILTER = (("fq", "FIELD:OP:VALUE, repeatable."), ("start", "First row."), ("limit", "Rows."))
_USERS = record("users", users=many(MAP))
_HEIRS = (("newUserId", "Who inherits."), ("newUserGroupId", "Which group inherits."))


class UsersV4View(WireView):
    """/commandcenter/api/V4/User"""

    operations = {
        "get": Op("Users", query=_FILTER),
        "post": Op("Create users", body=_USERS),
    }

    def get(self, request: HttpRequest) -> HttpResponse:
        """By number; oneself alone, for those who may not see people."""
        found, total = narrowed(request, list(selectors.people.list_users(self.actor)))
        return self.reply({"users": [answers.user(each) for each in found], "numberOfUsers": total})

    def post(self, request: HttpRequest) -> HttpResponse:
        """Passwords come in Base64."""
        fields = self.fields()
        new = [read_user_v4(each) for each in fields.objects("users", required=True, most=100)]
        fields.check()
        made = [people.create_user(self.actor, each) for each in new]
        rows = [{"id": each.number, "name": each.username, "GUID": str(each.pk)} for each in made]
        return self.reply({"users": rows})


class UserV4View(WireView):
    """/commandcenter/api/V4/User/{id}"""

    operations = {
        "get": Op("One user"),
        "put": Op("Change a user", body=MAP),
        "delete": Op("Delete a user", query=_HEIRS),
    }

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """Not wrapped."""
        return self.reply(answers.user(selectors.people.get_user(self.actor, number)))

    def put(self, request: HttpRequest, number: int) -> HttpResponse:
        """Only what is given."""
        fields = self.fields()
        changes = PersonFields(
            username=fields.text("newName", max_length=255) or None,
            email=fields.text("email", max_length=254) or None,
            full_name=fields.text("fullName", max_length=255) or None,
        )
        enabled = fields.boolean("enabled") if fields.given("enabled") else None
        fields.check()
        people.change_user(self.actor, number, changes, enabled=enabled)
        return self.done(id=number)

    def delete(self, request: HttpRequest, number: int) -> HttpResponse:
        """What they owned of vaults passes on."""
        remove(self, number)
        return self.done()


class UsersView(WireView):
    """/commandcenter/api/User"""

    operations = {
        "get": Op("Users in the older form", query=_FILTER),
        "post": Op("Create users, the older way", body=_USERS),
    }

    @property
    def mild(self) -> bool:  # type: ignore[override]  # of the method here, not of the class
        """Writing says failures in the body."""
        return self.http.method == "POST"

    def get(self, request: HttpRequest) -> HttpResponse:
        """By number."""
        found, _ = narrowed(request, list(selectors.people.list_users(self.actor)))
        return self.reply({"users": [answers.legacy_user(each) for each in found]})

    def post(self, request: HttpRequest) -> HttpResponse:
        """The group list may hold one empty object, which is no group."""
        fields = self.fields()
        new = [read_user(each) for each in fields.objects("users", required=True, most=100)]
        fields.check()
        response = []
        for each in new:
            made = people.create_user(self.actor, each)
            entity = answers.user_entity(made)
            response.append({"errorCode": 0, "errorString": "", "entity": entity})
        return self.reply({"response": response})


class UserView(WireView):
    """/commandcenter/api/User/{id}"""

    operations = {
        "get": Op("One user in the older form", query=(("Level", "Ignored."),)),
        "delete": Op("Delete a user", query=_HEIRS),
    }

    @property
    def mild(self) -> bool:  # type: ignore[override]  # of the method here, not of the class
        """Deleting says failures in the body."""
        return self.http.method == "DELETE"

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """In a list of one."""
        found = selectors.people.get_user(self.actor, number)
        return self.reply({"users": [answers.legacy_user(found)]})

    def delete(self, request: HttpRequest, number: int) -> HttpResponse:
        """What they owned of vaults passes on."""
        remove(self, number)
        return self.reply({"response": [{"errorCode": 0, "errorString": ""}]})


class EnableView(WireView):
    """/commandcenter/api/User/{id}/enable"""

    mild = True
    operations = {"put": Op("Let a user sign in again")}

    def put(self, request: HttpRequest, number: int) -> HttpResponse:
        """What was ended stays ended."""
        people.change_user(self.actor, number, PersonFields(), enabled=True)
        return self.reply({"response": [{"errorCode": 0, "errorString": ""}]})


class DisableView(WireView):
    """/commandcenter/api/User/{id}/disable"""

    mild = True
    operations = {"put": Op("Stop a user at once")}

    def put(self, request: HttpRequest, number: int) -> HttpResponse:
        """Sessions, tokens and S3 pairs stop."""
        people.change_user(self.actor, number, PersonFields(), enabled=False)
        return self.reply({"response": [{"errorCode": 0, "errorString": ""}]})


class UserSecurityView(WireView):
    """/commandcenter/api/User/{id}/Security"""

    operations = {"get": Op("The vaults that a user was given")}

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """Direct grants only."""
        return self.reply(security(self, selectors.people.get_user(self.actor, number)))


def security(view: WireView, holder: User | Role) -> dict[str, Any]:
    """The vaults that somebody was given, with the role of the wire that they have there."""
    found = [
        {
            "entities": {"entity": [answers.short_client(vault)]},
            "properties": {"role": {"roleId": role.id, "roleName": role.name}},
        }
        for vault, role in selectors.people.roles_of(view.actor, holder)
    ]
    return {"associations": found}


def remove(view: WireView, number: int) -> None:
    """Delete a user, with the heirs of the query."""
    people.delete_user(
        view.actor,
        number,
        heir=view.number("newUserId"),
        heir_group=view.number("newUserGroupId"),
    )


def narrowed(request: HttpRequest, found: list[User]) -> tuple[list[User], int]:
    """The users that the query asks for, and how many there are before paging."""
    by_id = {each.number: each for each in found}
    rows = [
        {
            "id": each.number,
            "name": each.username,
            "email": each.email,
            "full_name": each.full_name,
        }
        for each in found
    ]
    wanted, total = lists.narrow(request, rows, FIELDS)
    return [by_id[row["id"]] for row in wanted], total


def read_user(fields: Fields) -> NewUser:
    """A new user in the older form."""
    entity = Fields(fields.object("userEntity", required=True) or {}, "userEntity.", fields.faults)
    generated = fields.boolean("systemGeneratePassword")
    groups = [
        name
        for each in fields.objects("associatedUserGroups", most=100)
        if (name := each.text("userGroupName", max_length=150))
    ]
    return NewUser(
        name=entity.text("userName", required=True, max_length=255),
        email=fields.text("email", max_length=254),
        full_name=fields.text("fullName", max_length=255),
        password=None if generated else _password(fields),
        group_names=tuple(groups),
    )


def read_user_v4(fields: Fields) -> NewUser:
    """A new user in the V4 form."""
    generated = fields.boolean("useSystemGeneratePassword")
    groups = [
        number
        for each in fields.objects("userGroups", most=100)
        if (number := each.integer("id", least=1, most=2**31 - 1))
    ]
    return NewUser(
        name=fields.text("name", required=True, max_length=255),
        email=fields.text("email", max_length=254),
        full_name=fields.text("fullName", max_length=255),
        password=None if generated else _password(fields),
        groups=tuple(groups),
    )


def _password(fields: Fields) -> str | None:
    """The decoded password; None without one: an administrator or a link sets it then."""
    text = fields.text("password", max_length=MOST_PASSWORD)
    if not text:
        return None
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        fault = Fault("password", "format", "must be Base64 of UTF-8")
        raise Invalid(message="password must be Base64 of UTF-8.", faults=(fault,)) from None
