"""Policies, and which roles they vote for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from vaultportal import trail
from vaultportal.directory import rows, text
from vaultportal.directory.difference import Difference
from vaultportal.directory.permissions import PolicyPermission, RolePermission
from vaultportal.errors import Fault, Invalid, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Policy, Role
from vaultportal.trail import Target

MAX_ITEMS = 1000
MAX_LENGTHS = {"operations": 64, "reasons": 255, "resources": 1024}


@dataclass(frozen=True, slots=True)
class PolicyFields:
    """A policy as written: allow or deny these operations on these globs for these reasons."""

    policy_type: str
    operations: tuple[str, ...]
    reasons: tuple[str, ...]
    resources: tuple[str, ...]


@trail.unit()
def save_policy(actor: Actor, name: str, fields: PolicyFields) -> Policy:
    """Make the policy ``name``, or replace what it says.

    Raises:
        Forbidden: the actor may not change policies.
        Invalid: no name, an unknown type, or a list that is empty or too long.
    """
    access.require(actor, PolicyPermission.CHANGE, Policy)
    _check(name, fields)
    values = {
        "policy_type": fields.policy_type,
        "operations": list(fields.operations),
        "reasons": list(fields.reasons),
        "resources": list(fields.resources),
    }
    policy, made = Policy.objects.update_or_create(name=name, defaults=values)
    target = Target("policy", str(policy.pk), name)
    trail.record(actor, "policy.create" if made else "policy.change", target)
    return policy


@trail.unit()
def delete_policy(actor: Actor, name: str) -> None:
    """Delete the policy ``name``; roles lose its vote. Raises NotFound, Forbidden."""
    access.require(actor, PolicyPermission.DELETE, Policy)
    text.check_kept("name", name)
    policy = Policy.objects.select_for_update().filter(name=name).first()
    if policy is None:
        raise NotFound("policy")
    target = Target("policy", str(policy.pk), name)
    policy.delete()
    trail.record(actor, "policy.delete", target)


@trail.unit()
def set_role_policies(actor: Actor, role_id: UUID, names: Collection[str]) -> None:
    """Let exactly the policies ``names`` vote for a role. Raises NotFound, Forbidden, Invalid."""
    access.require(actor, RolePermission.CHANGE, Role)
    access.require(actor, PolicyPermission.CHANGE, Policy)
    role = rows.role(role_id)
    text.check_kept("policies", list(names))
    found = list(Policy.objects.filter(name__in=names))
    if len(found) != len(set(names)):
        fault = Fault("policies", "unknown", "has one that does not exist")
        raise Invalid(message="A policy does not exist.", faults=(fault,))
    before = frozenset(role.policies.values_list("name", flat=True))
    role.policies.set(found)
    target = Target("role", str(role_id), role.name)
    changed = Difference.of(before, [policy.name for policy in found])
    trail.record(actor, "role.set_policies", target, policies=[*sorted(names)], **changed.detail())


@trail.unit()
def set_trusted_roles(actor: Actor, role_id: UUID, trusted: Collection[UUID]) -> None:
    """Let the holders of the roles ``trusted`` act in the name of a role. Raises as above."""
    access.require(actor, RolePermission.CHANGE, Role)
    role = rows.role(role_id)
    role.trusted_roles.set(rows.roles(list(trusted), "trusted_roles").values())
    target = Target("role", str(role_id), role.name)
    trail.record(actor, "role.set_trusted", target, roles=[*sorted(map(str, trusted))])


def _check(name: str, fields: PolicyFields) -> None:
    faults = []
    if not name or len(name) > 255:
        faults.append(Fault("name", "range", "must have 1 to 255 characters"))
    if fields.policy_type not in Policy.Type.values:
        faults.append(Fault("policy_type", "choice", "must be allow or deny"))
    for list_name, longest in MAX_LENGTHS.items():
        items: tuple[str, ...] = getattr(fields, list_name)
        if not 1 <= len(items) <= MAX_ITEMS:
            faults.append(Fault(list_name, "range", f"must have 1 to {MAX_ITEMS} items"))
        if any(not 1 <= len(item) <= longest for item in items):
            faults.append(
                Fault(list_name, "range", f"has an item over {longest} characters or empty")
            )
    for part in (name, *fields.operations, *fields.reasons, *fields.resources):
        text.check_kept("policy", part)
    if faults:
        raise Invalid(message="The policy is not valid.", faults=tuple(faults))
