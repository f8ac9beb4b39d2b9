"""Whom code acts as: an actor with the rights of one role, in the name of no user.

Grants on single rows that the caller holds do not count: the code has just its role. What the call
says of itself (reason, note, address, request) is the caller's, and a signed token that keeps the
caller to some objects keeps the code to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db import connection

from collections_app.code_errors import code_missing, role_gone
from collections_app.errors import capability_missing
from collections_app.permissions import Capability
from collections_app.services import claims
from collections_app.services.claims import TokenActor
from vaultportal.identity import access, lookup, policies
from vaultportal.identity.actor import Actor, Credential
from vaultportal.identity.models import Policy, Role
from vaultportal.identity.policies import Policies

KIND = "action"
_COLUMNS = ("name", "policy_type", "operations", "reasons", "resources")


@dataclass(frozen=True, slots=True)
class Rights:
    """What a role may at one identity epoch."""

    epoch: int | None
    permissions: frozenset[str]
    policies: Policies


_known: dict[UUID, Rights] = {}


def role_named(name: str) -> Role:
    """A role that code may be given, or PV1004: a live one, and none that is built in."""
    roles = Role.objects.live().filter(name=name, system=False)
    role = None if "\0" in name else roles.first()
    if role is None:
        raise code_missing("role")
    return role


def require_no_more(actor: Actor, role: Role) -> None:
    """Refuse who would lend code rights of which they do not dispose.

    Raises:
        Forbidden: PV1007, they neither have the role nor write who has which; PV1006, a signed
            token keeps them to some objects, and the role does not.
    """
    claims.refuse_restricted(actor)
    if role.pk not in actor.role_ids and not access.holds(actor, Capability.IAM_WRITER):
        raise capability_missing(actor.name)


def with_role(caller: Actor, role: Role, *, subject: UUID, name: str, invocation: str) -> Actor:
    """The actor that code of ``subject`` runs as.

    subject, name: the action. invocation: names this one run in the trail.

    Raises:
        Gone: PV1033, the role was retired.
    """
    if role.deleted_at is not None:
        raise role_gone()
    rights = _rights_of(role)
    return TokenActor(
        user_id=subject,
        number=0,
        name=name,
        kind=KIND,
        role_ids=(role.pk,),
        permissions=rights.permissions,
        is_staff=False,
        is_superuser=False,
        credential=Credential("invocation", invocation, client_id=caller.name),
        request_id=caller.request_id,
        address=caller.address,
        user_agent=caller.user_agent,
        reason=caller.reason,
        note=caller.note,
        custom_audit=caller.custom_audit,
        policies=rights.policies,
        gated=caller.gated,
        asker=caller.asker or caller,
        props=claims.of(caller),
    )


def _rights_of(role: Role) -> Rights:
    """The rights as they are now: one small statement while nothing about identities changes."""
    epoch = lookup.epoch()
    known = _known.get(role.uuid)
    if known is not None and epoch is not None and known.epoch == epoch:
        return known
    held = Permission.objects.filter(group=role.pk).values_list(
        "content_type__app_label", "codename"
    )
    rules = Policy.objects.filter(roles=role).order_by("name").values(*_COLUMNS)
    found = Rights(
        epoch,
        frozenset(f"{app}.{codename}" for app, codename in held),
        policies.read(dict(row) for row in rules),
    )
    # Inside a transaction the epoch may be one that is rolled back and given again.
    if not connection.in_atomic_block:
        _known[role.uuid] = found
    return found
