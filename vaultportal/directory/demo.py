"""Sample people and roles: a small company whose teams share what they must and no more."""

from __future__ import annotations

from vaultportal.directory.services import memberships, people, roles
from vaultportal.directory.services.memberships import Given
from vaultportal.directory.services.people import PersonFields
from vaultportal.directory.services.roles import RoleFields
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Membership, Role, User

ROLES = {
    "Operations": ("Keeps the servers running.", frozenset({"secrets_app.add_secret"})),
    "Payments": ("Runs the shop's payments.", frozenset()),
    "Support": ("Answers customers.", frozenset()),
}
PEOPLE = {
    "nora": ("Nora Lind", ("Operations",)),
    "tomas": ("Tomás Reyes", ("Operations", "Payments")),
    "mei": ("Mei Tanaka", ("Payments",)),
    "oskar": ("Oskar Brandt", ("Support",)),
}


def load(actor: Actor) -> str:
    """Make what is missing. Nobody gets a password: an administrator gives them one."""
    by_name = {role.name: role for role in Role.objects.live().filter(name__in=ROLES)}
    for name, (comment, rights) in ROLES.items():
        if name not in by_name:
            fields = RoleFields(name=name, comment=comment, rights=rights)
            by_name[name] = roles.create_role(actor, fields)
    for username, (full_name, held) in PEOPLE.items():
        user = User.objects.filter(username=username).first()
        if user is None:
            fields_of = PersonFields(
                username=username, full_name=full_name, email=f"{username}@example.org"
            )
            user = people.create_person(actor, fields_of)
        present = set(Membership.objects.filter(user=user).values_list("group_id", flat=True))
        for name in held:
            if by_name[name].pk not in present:
                memberships.add_role(actor, user.pk, Given(by_name[name].uuid))
    return f"{len(PEOPLE)} people, {len(ROLES)} roles"
