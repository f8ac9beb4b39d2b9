"""Users and groups on the wire."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from s3vault_app.models import (
    Vault,
    VaultUserGrant,
)
from s3vault_app.permissions import VaultPermission
from tests.factories import as_admin, make_person, make_role, unique
from tests.s3vault_app.api.rig import (
    administrator,
    create,
    stranger,
)
from vaultportal.identity import access
from vaultportal.identity.models import Role, User

pytestmark = pytest.mark.django_db


def test_a_user_is_made_both_ways_and_passes_on_what_was_theirs() -> None:
    admin, name = administrator(), unique("tove")
    password = base64.b64encode(unique("a long password").encode()).decode()
    old = {
        "users": [
            {
                "userEntity": {"userName": name},
                "password": password,
                "email": f"{name}@lab.example",
                "UPN": f"{name}@lab.example",
                "fullName": "Tove",
                "systemGeneratePassword": False,
                "securityAssociations": {},
                "associatedUserGroups": [{}],
            }
        ]
    }
    made = admin("POST", "User", old)
    number = made[1]["response"][0]["entity"]["userId"]
    group = make_role()
    body = {
        "users": [{"name": unique("v4"), "password": password, "userGroups": [{"id": group.pk}]}]
    }
    heir = admin("POST", "V4/User", body)[1]["users"][0]["id"]
    vault, _ = create(admin, owners=[{"userId": number}])

    entity = {"userId": number, "userName": name, "_type_": 13}
    assert made == (200, {"response": [{"errorCode": 0, "errorString": "", "entity": entity}]})
    assert admin("POST", "User", old)[1]["response"][0]["errorCode"] != 0
    shown = admin("GET", f"V4/User/{number}")[1]
    assert (shown["name"], shown["fullName"], shown["enabled"]) == (name, "Tove", True)
    assert admin("PUT", f"User/{number}/disable")[1]["response"][0]["errorCode"] == 0
    assert not User.objects.get(number=number).is_active
    assert (
        admin("PUT", f"V4/User/{number}", {"enabled": True, "fullName": "T"})[1]["errorCode"] == 0
    )
    associations = admin("GET", f"User/{number}/Security")[1]["associations"]
    assert associations[0]["entities"]["entity"][0]["clientId"] == vault
    assert [each["properties"]["role"]["roleName"] for each in associations] == ["S3 User"]
    made_by_admin = admin("GET", f"User/{admin.user.number}/Security")[1]["associations"]
    assert [each["properties"]["role"]["roleName"] for each in made_by_admin] == ["Vault admin"]
    gone = admin("DELETE", f"User/{number}?newUserId={heir}&newUserGroupId=0")
    assert gone == (200, {"response": [{"errorCode": 0, "errorString": ""}]})
    owners = admin("GET", f"V4/CVS3Store/{vault}")[1]["owners"]
    assert [each["userId"] for each in owners] == [heir]


def test_heirs_get_what_lives_for_as_long_as_it_would_have() -> None:
    admin, gone, heir = administrator(), make_person(), make_person()
    vaults = [Vault.objects.get(number=create(admin)[0]) for _ in range(4)]
    now = timezone.now()
    past, soon, later = now - timedelta(1), now + timedelta(1), now + timedelta(2)
    held = ((past, None), (soon, None), (soon, later), (later, soon))
    for vault, (theirs, _) in zip(vaults, held, strict=True):
        access.grant(as_admin(), gone, VaultPermission.USE, vault, valid_until=theirs)
    for vault, (_, own) in list(zip(vaults, held, strict=True))[2:]:
        access.grant(as_admin(), heir, VaultPermission.USE, vault, valid_until=own)

    assert admin("DELETE", f"User/{gone.number}?newUserId={heir.number}")[0] == 200

    found = dict(heir_grants(heir))
    assert found == {vaults[1].pk: soon, vaults[2].pk: later, vaults[3].pk: later}


def heir_grants(heir: User) -> list[tuple[Any, Any]]:
    grants = VaultUserGrant.objects.filter(user=heir)
    return list(grants.values_list("content_object", "valid_until"))


def test_a_stranger_sees_himself_alone_and_makes_nobody() -> None:
    caller = stranger()

    assert [each["id"] for each in caller("GET", "v4/user")[1]["users"]] == [caller.user.number]
    assert caller("GET", f"V4/User/{make_person().number}")[0] == 404
    refused = caller("POST", "User", {"users": [{"userEntity": {"userName": unique("x")}}]})
    assert (refused[0], refused[1]["response"][0]["errorCode"]) == (200, 5)


def test_groups_are_made_listed_and_retired() -> None:
    admin, name, member = administrator(), unique("ops"), make_person()
    body = {"groups": [{"userGroupEntity": {"userGroupName": name},
                        "users": [{"userName": member.username}]}]}  # fmt: skip
    made = admin("POST", "UserGroup?includeSystemCreated=%s", body)
    number = Role.objects.get(name=name).pk

    assert made[1]["response"][0]["errorCode"] == 0
    shown = admin("GET", f"V4/UserGroup/{number}")[1]
    assert shown["users"] == [{"id": member.number, "name": member.username}]
    newer = admin("POST", "V4/UserGroup", {"name": unique("g"), "description": "d"})[1]
    vault, _ = create(admin, userGroups=[{"userGroupId": number}])
    gone = admin("DELETE", f"UserGroup/{number}?newUserId=0&newUserGroupId={newer['id']}")
    assert gone[1]["response"][0] == {"errorCode": 0, "errorString": ""}
    groups = admin("GET", f"V4/CVS3Store/{vault}")[1]["userGroups"]
    assert [each["userGroupId"] for each in groups] == [newer["id"]]
    names = [row["role"]["roleName"] for row in admin("GET", "Security/Roles")[1]["roleProperties"]]
    assert "S3 User" in names
