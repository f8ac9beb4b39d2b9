"""Sample secrets: shared ones for the sample roles, and a personal one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from secrets_app.models import Secret
from secrets_app.payload import Payload
from secrets_app.services.secrets import Draft, create_secret
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User

# Name, data, who reads, who writes: roles of vaultportal/directory/demo.py.
SHARED: list[tuple[str, Mapping[str, Any], list[str], list[str]]] = [
    (
        "db/reporting",
        {"host": "db1.example.org", "port": 5432, "user": "report", "password": "Maple-Tide-31"},
        ["Operations"],
        ["Operations"],
    ),
    (
        "payments/psp-test",
        {"key": "psp_test_8f3c1d", "webhook_secret": "whs_91ab"},
        ["Payments", "Operations"],
        ["Payments"],
    ),
    (
        "support/helpdesk",
        {"user": "helpdesk", "password": "Slow-Green-Kettle"},
        ["Support"],
        [],
    ),
]
OWNER, PERSONAL, PERSONAL_DATA = "nora", "wifi at home", {"password": "three-brown-otters"}


def load(actor: Actor) -> str:
    """Make what is missing; nothing without the sample roles."""
    roles = {role.name: role.uuid for role in Role.objects.live()}
    present = set(Secret.objects.shared().values_list("name", flat=True))
    made = 0
    for name, data, readers, writers in SHARED:
        if name in present or not roles.keys() >= {*readers, *writers}:
            continue
        draft = Draft(
            name,
            Payload.of(data),
            read_roles=tuple(roles[each] for each in readers),
            write_roles=tuple(roles[each] for each in writers),
        )
        create_secret(actor, draft)
        made += 1
    owner = User.objects.filter(username=OWNER).first()
    if owner and not Secret.objects.personal(owner.pk).filter(name=PERSONAL).exists():
        create_secret(actor, Draft(PERSONAL, Payload.of(PERSONAL_DATA), owner_id=owner.pk))
        made += 1
    return f"{made} secrets added"
