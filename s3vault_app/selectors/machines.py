"""Client machines, for those who may see them."""

from __future__ import annotations

from django.db.models import QuerySet

from s3vault_app import rows
from s3vault_app.models import Machine
from s3vault_app.permissions import MachinePermission
from vaultportal.errors import NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor


def list_machines(actor: Actor) -> QuerySet[Machine]:
    """Live machines, by number; none for those who may see none. Their logins stay sealed."""
    machines = Machine.objects.live().select_related("pool").order_by("number")
    if not access.holds(actor, MachinePermission.VIEW):
        return machines.none()
    return machines.defer("password", "private_key", "passphrase", "certificate_key")


def get_machine(actor: Actor, number: int) -> Machine:
    """One live machine."""
    found = list_machines(actor).filter(number=number).first()
    if found is None:
        raise NotFound("client", reason=rows.UNKNOWN_ID)
    return found


def find_machine(actor: Actor, name: str) -> Machine | None:
    """The live machine of this name in any letter case."""
    return list_machines(actor).filter(name__iexact=name).first()
