"""Gates and approvals in our own API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from triggers_app.gates import approvals, rules
from triggers_app.gates.rules import GateFields
from triggers_app.models import Gate, Pending
from vaultportal.api import query
from vaultportal.api.views import VaultAPIView
from vaultportal.api.wire import Fields

MAX_COMMENT = 1000


class GateObjectDocument(serializers.Serializer[object]):
    kind = serializers.CharField()
    id = serializers.CharField()


class GateDocument(serializers.Serializer[object]):
    id = serializers.UUIDField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    name = serializers.CharField()
    trigger = serializers.CharField()
    operations = serializers.ListField(child=serializers.CharField(), required=False)
    objects = GateObjectDocument(many=True, required=False)
    roles = serializers.ListField(child=serializers.UUIDField(), required=False)
    approval = serializers.ChoiceField(["subscriber", "people"], required=False)
    approvers = serializers.ListField(child=serializers.UUIDField(), required=False)
    may_approve_own = serializers.BooleanField(required=False)
    response_deadline = serializers.CharField(required=False)
    usable_for = serializers.IntegerField(required=False)
    enabled = serializers.BooleanField(required=False)


class GateListDocument(serializers.Serializer[object]):
    items = GateDocument(many=True)


class ApprovalDocument(serializers.Serializer[object]):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(Pending.State.choices)
    trigger = serializers.CharField()
    operation = serializers.CharField()
    object = GateObjectDocument()
    object_name = serializers.CharField()
    object_version = serializers.CharField()
    asked_by = serializers.CharField()
    reason = serializers.CharField()
    comment = serializers.CharField()
    decided_by = serializers.CharField()
    details = serializers.DictField()
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True)


class ApprovalListDocument(serializers.Serializer[object]):
    items = ApprovalDocument(many=True)


class DecisionDocument(serializers.Serializer[object]):
    approved = serializers.BooleanField()
    comment = serializers.CharField(required=False)


class GateListView(VaultAPIView):
    """GET, POST /api/v1/triggers/gates"""

    @extend_schema(
        operation_id="listGates", summary="List the gates", responses={200: GateListDocument}
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.reply({"items": [_gate(gate) for gate in rules.list_gates(self.actor)]})

    @extend_schema(
        operation_id="addGate",
        summary="Ask before an operation",
        request=GateDocument,
        responses={201: GateDocument},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        gate = rules.add_gate(self.actor, _fields(self.json_object()))
        place = f"/api/v1/triggers/gates/{gate.pk}"
        return self.reply(_gate(gate), 201, {"Location": place})


class GateView(VaultAPIView):
    """GET, PUT, DELETE /api/v1/triggers/gates/{id}"""

    @extend_schema(operation_id="getGate", summary="One gate", responses={200: GateDocument})
    def get(self, request: HttpRequest, gate_id: UUID) -> HttpResponse:
        return self.reply(_gate(rules.get_gate(self.actor, gate_id)))

    @extend_schema(
        operation_id="replaceGate",
        summary="Replace what a gate says",
        parameters=[OpenApiParameter("version", OpenApiTypes.INT)],
        request=GateDocument,
        responses={200: GateDocument},
    )
    def put(self, request: HttpRequest, gate_id: UUID) -> HttpResponse:
        version = query.integer(request, "version", 0) or None
        fields = _fields(self.json_object())
        return self.reply(_gate(rules.change_gate(self.actor, gate_id, fields, version=version)))

    @extend_schema(operation_id="deleteGate", summary="Ask no more", responses={204: None})
    def delete(self, request: HttpRequest, gate_id: UUID) -> HttpResponse:
        rules.delete_gate(self.actor, gate_id)
        return self.empty(204)


class ApprovalListView(VaultAPIView):
    """GET /api/v1/approvals"""

    @extend_schema(
        operation_id="listApprovals",
        summary="What waits for a decision, and what was decided; newest first",
        parameters=[
            OpenApiParameter("mine", OpenApiTypes.BOOL, description="Only what I have asked."),
            OpenApiParameter("todo", OpenApiTypes.BOOL, description="Only what I may decide now."),
            OpenApiParameter("state", OpenApiTypes.STR, enum=Pending.State.values),
            OpenApiParameter("before", OpenApiTypes.UUID, description="id of the last one seen."),
            OpenApiParameter("limit", OpenApiTypes.INT),
        ],
        responses={200: ApprovalListDocument},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        limit = query.integer(request, "limit", 50, least=1, most=approvals.MAX_PAGE)
        if query.boolean(request, "todo"):
            found = list(approvals.decidable(self.actor)[:limit])
        else:
            state = request.GET.get("state", "")
            if state and state not in Pending.State.values:
                raise query.refuse("state", "choice", "must be one of the states")
            found = approvals.list_approvals(
                self.actor,
                mine=query.boolean(request, "mine"),
                state=state,
                before=_before(request),
                limit=limit,
            )
        return self.reply({"items": [_approval(pending) for pending in found]})


class ApprovalView(VaultAPIView):
    """GET /api/v1/approvals/{id}"""

    @extend_schema(
        operation_id="getApproval",
        summary="Whether it is decided",
        responses={200: ApprovalDocument},
    )
    def get(self, request: HttpRequest, approval_id: UUID) -> HttpResponse:
        return self.reply(_approval(approvals.get_approval(self.actor, approval_id)))


class DecisionView(VaultAPIView):
    """POST /api/v1/approvals/{id}/decision"""

    @extend_schema(
        operation_id="decideApproval",
        summary="Allow it once, or deny it",
        request=DecisionDocument,
        responses={200: ApprovalDocument},
    )
    def post(self, request: HttpRequest, approval_id: UUID) -> HttpResponse:
        fields = Fields(self.json_object())
        approved = fields.boolean("approved", required=True)
        comment = fields.text("comment", max_length=MAX_COMMENT)
        fields.refuse_unknown()
        fields.check()
        decided = approvals.decide(
            self.actor, approval_id, approved=bool(approved), comment=comment
        )
        return self.reply(_approval(decided))


def _fields(body: Any) -> GateFields:
    fields = Fields(body)
    read = GateFields(
        name=fields.text("name", required=True),
        trigger=fields.text("trigger", required=True),
        operations=tuple(fields.texts("operations", most=rules.MAX_OPERATIONS) or ()),
        objects=_objects(fields),
        roles=_uuids(fields, "roles"),
        approval=fields.text("approval", Gate.Approval.SUBSCRIBER),
        approvers=_uuids(fields, "approvers"),
        may_approve_own=bool(fields.boolean("may_approve_own")),
        response_deadline=fields.text("response_deadline", "PT1H"),
        usable_for=fields.integer("usable_for", 900) or 0,
        enabled=bool(fields.boolean("enabled", default=True)),
    )
    for name in ("id", "version"):  # as they were read; the address decides
        fields.given(name)
    fields.refuse_unknown()
    fields.check()
    return read


def _objects(fields: Fields) -> tuple[tuple[str, str], ...]:
    found = []
    for each in fields.objects("objects", most=rules.MAX_OBJECTS) or ():
        kind = each.text("kind", required=True, blank=False, max_length=64)
        found.append((kind, each.text("id", required=True, blank=False, max_length=255)))
    return tuple(found)


def _uuids(fields: Fields, name: str) -> tuple[UUID, ...]:
    found: list[UUID] = []
    for index, text in enumerate(fields.texts(name, most=100) or ()):
        try:
            found.append(UUID(text))
        except ValueError:
            fields.fault(f"{name}.{index}", "format", "must be a UUID")
    return tuple(found)


def _before(request: HttpRequest) -> UUID | None:
    text = request.GET.get("before", "")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise query.refuse("before", "format", "must be a UUID") from None


def _gate(gate: Gate) -> dict[str, Any]:
    return {
        "id": gate.pk,
        "version": gate.version,
        "name": gate.name,
        "trigger": gate.trigger,
        "operations": gate.operations,
        "objects": [
            {"kind": each.kind, "id": each.object_id} for each in gate.objects_behind.all()
        ],
        "roles": [role.uuid for role in gate.roles.all()],
        "approval": gate.approval,
        "approvers": [role.uuid for role in gate.approvers.all()],
        "may_approve_own": gate.may_approve_own,
        "response_deadline": gate.response_deadline,
        "usable_for": gate.usable_for,
        "enabled": gate.enabled,
    }


def _approval(pending: Pending) -> dict[str, Any]:
    return {
        "id": pending.pk,
        "state": pending.state,
        "trigger": pending.trigger,
        "operation": pending.operation,
        "object": {"kind": pending.object_kind, "id": pending.object_id},
        "object_name": pending.object_name,
        "object_version": pending.object_version,
        "asked_by": pending.actor_name,
        "reason": pending.reason,
        "details": pending.details,
        "comment": pending.comment,
        "decided_by": pending.approver_name,
        "created_at": pending.created_at,
        "decided_at": pending.decided_at,
        "expires_at": pending.expires_at,
        "used_at": pending.used_at,
    }
