"""User groups, which are the portal's roles, and the wire's own roles. Contract section 9."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from s3vault_app import roles, selectors
from s3vault_app.api import answers, lists
from s3vault_app.api.base import WireView
from s3vault_app.api.openapi import MAP, TEXT, Op, many, record
from s3vault_app.api.views.users import security
from s3vault_app.services import people
from vaultportal.api.wire import Fields
from vaultportal.identity.models import Role

FIELDS = {"id": ("id", "usergroupid"), "name": ("name", "usergroupname")}
_FILTER = (("fq", "FIELD:OP:VALUE, repeatable."), ("level", "Ignored."))
_HEIRS = (("newUserId", "Who inherits."), ("newUserGroupId", "Which group inherits."))


class GroupsV4View(WireView):
    """/commandcenter/api/V4/UserGroup"""

    operations = {
        "get": Op("User groups with their members", query=_FILTER),
        "post": Op("Create a user group", body=record("name", name=TEXT, description=TEXT)),
    }

    def get(self, request: HttpRequest) -> HttpResponse:
        """By number; members for those who may know them."""
        found, total = narrowed(request, list(selectors.people.list_groups(self.actor)))
        members = selectors.people.members_of(self.actor, found)
        rows = [answers.group(each, members[each.pk]) for each in found]
        return self.reply({"userGroups": rows, "numberOfUserGroups": total})

    def post(self, request: HttpRequest) -> HttpResponse:
        """An empty group."""
        fields = self.fields()
        name = fields.text("name", required=True, max_length=150)
        comment = fields.text("description", max_length=4096)
        fields.check()
        made = people.create_group(self.actor, name, comment)
        return self.reply({"id": made.pk, "name": made.name})


class GroupV4View(WireView):
    """/commandcenter/api/V4/UserGroup/{id}"""

    operations = {"get": Op("One user group with its members")}

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """Not wrapped."""
        found = selectors.people.get_group(self.actor, number)
        members = selectors.people.members_of(self.actor, [found])
        return self.reply(answers.group(found, members[found.pk]))


class GroupsView(WireView):
    """/commandcenter/api/UserGroup"""

    mild = True
    operations = {
        "post": Op(
            "Create user groups, the older way",
            body=record("groups", groups=many(MAP)),
            query=(("includeSystemCreated", "Ignored; cvpysdk sends a literal %s."),),
        )
    }

    def post(self, request: HttpRequest) -> HttpResponse:
        """With the users that are named."""
        fields = self.fields()
        new = [_read(each) for each in fields.objects("groups", required=True, most=100)]
        fields.check()
        response = []
        for name, users in new:
            made = people.create_group(self.actor, name, users=users)
            entity = {
                "userGroupId": made.pk,
                "userGroupName": made.name,
                "_type_": answers.GROUP,
            }
            response.append({"errorCode": 0, "errorString": "", "entity": entity})
        return self.reply({"response": response})


class GroupView(WireView):
    """/commandcenter/api/UserGroup/{id}"""

    mild = True
    operations = {"delete": Op("Delete a user group", query=_HEIRS)}

    def delete(self, request: HttpRequest, number: int) -> HttpResponse:
        """Its rights on vaults pass on."""
        people.delete_group(
            self.actor,
            number,
            heir=self.number("newUserId"),
            heir_group=self.number("newUserGroupId"),
        )
        return self.reply({"response": [{"errorCode": 0, "errorString": ""}]})


class GroupSecurityView(WireView):
    """/commandcenter/api/UserGroup/{id}/Security"""

    operations = {"get": Op("The vaults that a user group was given")}

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """As for users."""
        return self.reply(security(self, selectors.people.get_group(self.actor, number)))


class RolesV4View(WireView):
    """/commandcenter/api/V4/Role"""

    operations = {"get": Op("Roles that can be given on vaults")}

    def get(self, request: HttpRequest) -> HttpResponse:
        """Fixed ones."""
        return self.reply({"roles": [{"id": role.id, "name": role.name} for role in roles.ROLES]})


class RolesView(WireView):
    """/commandcenter/api/Security/Roles"""

    operations = {"get": Op("Roles that can be given on vaults, in the older form")}

    def get(self, request: HttpRequest) -> HttpResponse:
        """With what the wire calls their rights."""
        rows = [
            {
                "role": {"roleId": role.id, "roleName": role.name},
                "categoryPermission": {
                    "categoriesPermissionList": [
                        {"permissionName": action} for action in role.actions
                    ]
                },
            }
            for role in roles.ROLES
        ]
        return self.reply({"roleProperties": rows})


def narrowed(request: HttpRequest, found: list[Role]) -> tuple[list[Role], int]:
    """The groups that the query asks for, and how many there are before paging."""
    by_id = {each.pk: each for each in found}
    rows = [{"id": each.pk, "name": each.name} for each in found]
    wanted, total = lists.narrow(request, rows, FIELDS)
    return [by_id[row["id"]] for row in wanted], total


def _read(fields: Fields) -> tuple[str, list[str]]:
    entity = Fields(
        fields.object("userGroupEntity", required=True) or {}, "userGroupEntity.", fields.faults
    )
    users = [
        name
        for each in fields.objects("users", most=1000)
        if (name := each.text("userName", max_length=255))
    ]
    return entity.text("userGroupName", required=True, max_length=150), users
