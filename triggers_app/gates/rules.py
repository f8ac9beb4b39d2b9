"""Gates as they are written down: made, changed and deleted by who may, and accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from triggers_app import durations
from triggers_app.models import Gate, GateObject
from triggers_app.permissions import GatePermission
from vaultportal import trail
from vaultportal.errors import Fault, Invalid, NotFound, Stale
from vaultportal.events import catalog
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role
from vaultportal.trail import Target

MAX_OPERATIONS = 16
MAX_OBJECTS = 1000
MAX_NAME = 255
MOST_USABLE = 24 * 3600

# What each question is asked for; a service asks with one of these.
OPERATIONS = {
    "vault:secret-read-approval": ("secret.read",),
    "vault:object-delete-approval": ("object.delete",),
    "vault:object-read-approval": ("token.detokenize",),
    "vault:action-approval": ("action.invoke",),
    "vault:endpoint-install-approval": ("endpoint.install",),
}


@dataclass(frozen=True, slots=True)
class GateFields:
    """A gate as written.

    objects: (kind, id) of each; none stands for all. roles, approvers: uuids of roles.
    response_deadline: ISO 8601, for people. usable_for: seconds.
    """

    name: str
    trigger: str
    operations: tuple[str, ...] = ()
    objects: tuple[tuple[str, str], ...] = ()
    roles: tuple[UUID, ...] = ()
    approval: str = Gate.Approval.SUBSCRIBER
    approvers: tuple[UUID, ...] = ()
    may_approve_own: bool = False
    response_deadline: str = "PT1H"
    usable_for: int = 900
    enabled: bool = True


def list_gates(actor: Actor) -> list[Gate]:
    """All gates, oldest first, for who may see them. Raises Forbidden."""
    access.require(actor, GatePermission.VIEW, Gate)
    related = ("objects_behind", "roles", "approvers")
    return list(Gate.objects.order_by("pk").prefetch_related(*related))


def get_gate(actor: Actor, gate_id: UUID) -> Gate:
    """One gate. Raises Forbidden, NotFound."""
    access.require(actor, GatePermission.VIEW, Gate)
    related = ("objects_behind", "roles", "approvers")
    gate = Gate.objects.filter(pk=gate_id).prefetch_related(*related).first()
    if gate is None:
        raise NotFound("gate")
    return gate


@trail.unit()
def add_gate(actor: Actor, fields: GateFields) -> Gate:
    """Put a gate before operations; it is in force with the next request of every process.

    Raises:
        Forbidden: the actor may not make gates. Invalid: ``faults`` says what is wrong.
    """
    access.require(actor, GatePermission.ADD, Gate)
    roles, approvers = _check(fields)
    now = datetime.now(UTC)
    gate = Gate(author_id=actor.user_id, created_at=now)
    _write(actor, gate, fields, roles, approvers, now)
    trail.record(actor, "gate.create", _target(gate), **_detail(fields))
    return gate


@trail.unit()
def change_gate(
    actor: Actor, gate_id: UUID, fields: GateFields, *, version: int | None = None
) -> Gate:
    """Replace what a gate says. Open questions of it stay as they were asked.

    version: the one that the caller has read, if that matters.

    Raises:
        Forbidden, NotFound, Invalid; Stale: somebody has changed it since ``version``.
    """
    access.require(actor, GatePermission.CHANGE, Gate)
    gate = _locked(gate_id)
    if version is not None and version != gate.version:
        raise Stale("gate")
    roles, approvers = _check(fields)
    gate.version += 1
    _write(actor, gate, fields, roles, approvers, datetime.now(UTC))
    trail.record(actor, "gate.change", _target(gate), **_detail(fields))
    return gate


@trail.unit()
def delete_gate(actor: Actor, gate_id: UUID) -> None:
    """Take a gate away; what waits for it is never allowed. Raises Forbidden, NotFound."""
    access.require(actor, GatePermission.DELETE, Gate)
    gate = _locked(gate_id)
    target = _target(gate)
    gate.delete()
    trail.record(actor, "gate.delete", target)


def _locked(gate_id: UUID) -> Gate:
    gate = Gate.objects.select_for_update().filter(pk=gate_id).first()
    if gate is None:
        raise NotFound("gate")
    return gate


def _write(
    actor: Actor,
    gate: Gate,
    fields: GateFields,
    roles: Sequence[Role],
    approvers: Sequence[Role],
    at: datetime,
) -> None:
    gate.name = fields.name
    gate.trigger = fields.trigger
    gate.operations = list(fields.operations or OPERATIONS[fields.trigger])
    gate.approval = fields.approval
    gate.may_approve_own = fields.may_approve_own
    gate.response_deadline = fields.response_deadline
    gate.usable_for = fields.usable_for
    gate.enabled = fields.enabled
    gate.updated_by_id, gate.updated_at = actor.user_id, at
    gate.save()
    gate.roles.set(roles)
    gate.approvers.set(approvers)
    gate.objects_behind.all().delete()
    GateObject.objects.bulk_create(
        GateObject(gate=gate, kind=kind, object_id=object_id)
        for kind, object_id in dict.fromkeys(fields.objects)
    )


def _check(fields: GateFields) -> tuple[list[Role], list[Role]]:
    faults: list[Fault] = []
    if not 0 < len(fields.name) <= MAX_NAME:
        faults.append(Fault("name", "range", f"must have 1 to {MAX_NAME} characters"))
    event_type = catalog.get(fields.trigger)
    asked_for = OPERATIONS.get(fields.trigger, ())
    if event_type is None or not asked_for:
        faults.append(Fault("trigger", "unknown", "must be a trigger that asks"))
    elif not set(fields.operations) <= set(asked_for):
        known = ", ".join(asked_for)
        faults.append(Fault("operations", "choice", f"must be among {known} for this trigger"))
    if len(fields.objects) > MAX_OBJECTS:
        faults.append(Fault("objects", "range", f"must have at most {MAX_OBJECTS}"))
    if fields.approval not in Gate.Approval.values:
        faults.append(Fault("approval", "choice", "must be subscriber or people"))
    if fields.approval == Gate.Approval.PEOPLE and not fields.approvers:
        faults.append(Fault("approvers", "missing", "is required when people decide"))
    if not durations.is_deadline(fields.response_deadline):
        faults.append(Fault("response_deadline", "format", "must be from PT1S to P30D"))
    if not 1 <= fields.usable_for <= MOST_USABLE:
        faults.append(Fault("usable_for", "range", f"must be 1 to {MOST_USABLE} seconds"))
    roles = _roles("roles", fields.roles, faults)
    approvers = _roles("approvers", fields.approvers, faults)
    if faults:
        raise Invalid(message="The gate is not acceptable.", faults=tuple(faults))
    return roles, approvers


def _roles(name: str, wanted: Sequence[UUID], faults: list[Fault]) -> list[Role]:
    found = list(Role.objects.filter(uuid__in=wanted, deleted_at=None)) if wanted else []
    if len(found) != len(set(wanted)):
        faults.append(Fault(name, "unknown", "has one that does not exist"))
    return found


def _target(gate: Gate) -> Target:
    return Target("gate", str(gate.pk), gate.name, gate.version)


def _detail(fields: GateFields) -> dict[str, Any]:
    return {
        "trigger": fields.trigger,
        "approval": fields.approval,
        "objects": len(fields.objects),
        "enabled": fields.enabled,
        "may_approve_own": fields.may_approve_own,
    }
