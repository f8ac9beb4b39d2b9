"""Run inside a portal (``manage.py shell``): principals of every kind, printed as JSON."""

from __future__ import annotations

import json
import sys

from secrets_app.permissions import SecretPermission
from tests.factories import make_api_key, make_client, make_person, make_role, member_of, unique
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import ADMIN


def main() -> None:
    """Owners, a client, managers of several kinds, an auditor, and who has roles."""
    readers, writers, both, lonely = (make_role(name=unique(word)) for word in ROLES)
    adders = make_role(permissions=[SecretPermission.ADD])
    managers = make_role(
        permissions=[
            SecretPermission.VIEW,
            SecretPermission.ADD,
            SecretPermission.CHANGE,
            SecretPermission.DELETE,
        ]
    )
    auditors = make_role()
    people: dict[str, User] = {name: make_person(username=unique(name)) for name in PEOPLE}
    people["client"] = make_client()
    member_of(people["reader"], readers)
    member_of(people["writer"], writers)
    member_of(people["both"], both)
    member_of(people["adder"], adders)
    member_of(people["manager"], managers)
    member_of(people["auditor"], auditors)
    member_of(people["admin"], Role.objects.get(name=ADMIN))
    sys.stdout.write(
        json.dumps(
            {
                "people": {
                    name: {"id": str(user.pk), "token": make_api_key(user)[0]}
                    for name, user in people.items()
                },
                "roles": {
                    word: {"id": str(role.uuid), "name": role.name}
                    for word, role in zip(ROLES, (readers, writers, both, lonely), strict=True)
                },
            }
        )
    )


ROLES = ("readers", "writers", "both", "lonely")
PEOPLE = (
    *("owner", "other", "reader", "writer", "both"),
    *("adder", "manager", "auditor", "admin", "stranger"),
)
