"""The queue of what waits for people, and what they decide."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from triggers_app.gates import decisions
from triggers_app.models import Gate, Pending
from triggers_app.permissions import GatePermission
from vaultportal import trail
from vaultportal.errors import Conflict, Forbidden, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.permissions import is_covered

State = Pending.State
MAX_PAGE = 250


def visible(actor: Actor) -> QuerySet[Pending]:
    """What the actor has asked, may decide, or may see as an overseer; newest first.

    One statement beside its own: the planner has to know which gates it is about, or it walks
    through all questions that there ever were to find none.
    """
    rows = Pending.objects.order_by("-pk")
    if access.holds(actor, GatePermission.VIEW_PENDING):
        return rows
    gates = list(Gate.objects.filter(_people(actor)).values_list("pk", flat=True).distinct())
    return rows.filter(Q(actor_id=actor.user_id) | Q(gate_id__in=gates))


def decidable(actor: Actor) -> QuerySet[Pending]:
    """What waits for the actor's word now; oldest first.

    By the time and not by the key, whose index leads through all that was ever decided.
    """
    own = Q(actor_id=actor.user_id) & ~Q(Exists(_approving(actor).filter(may_approve_own=True)))
    return (
        Pending.objects.filter(
            Exists(_approving(actor)), state=State.WAITING, expires_at__gt=datetime.now(UTC)
        )
        .exclude(own)
        .order_by("created_at", "pk")
    )


def list_approvals(
    actor: Actor,
    *,
    mine: bool = False,
    state: str = "",
    before: UUID | None = None,
    limit: int = 50,
) -> list[Pending]:
    """A page of ``visible``, newest first. mine: only what the actor has asked."""
    rows = (
        Pending.objects.filter(actor_id=actor.user_id).order_by("-pk") if mine else visible(actor)
    )
    if state:
        rows = rows.filter(state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows[: min(limit, MAX_PAGE)])


def get_approval(actor: Actor, pending_id: UUID) -> Pending:
    """One of ``visible``. Raises NotFound."""
    pending = visible(actor).filter(pk=pending_id).first()
    if pending is None:
        raise NotFound("approval")
    return pending


@trail.unit()
def decide(actor: Actor, pending_id: UUID, *, approved: bool, comment: str = "") -> Pending:
    """Allow or deny what waits. Of several who decide, the first one counts.

    Raises:
        NotFound: there is none that the actor may know of.
        Forbidden: it is not theirs to decide: no approver's role, or they have asked themselves.
        Conflict: it is decided, or its time is over.
    """
    pending = get_approval(actor, pending_id)
    gate = decisions.gate_of(pending)
    if gate is None or not Gate.objects.filter(_people(actor), pk=gate.pk).exists():
        raise Forbidden(message="You may not decide this.", reason="gate.not_approver")
    if pending.actor_id == actor.user_id and not gate.may_approve_own:
        raise Forbidden(message=decisions.OWN, reason="gate.own")
    now = datetime.now(UTC)
    if pending.state != State.WAITING or pending.expires_at <= now:
        raise Conflict("approval", message="This is decided, or its time is over.")
    comment = comment[: decisions.MAX_COMMENT]
    if approved:
        written = decisions.allow(
            actor, pending, now, comment, approver_name=actor.name, approver_id=actor.user_id
        )
    else:
        written = decisions.deny(actor, pending, now, comment)
    if not written:
        raise Conflict("approval", message="Somebody else has decided this just now.")
    pending.refresh_from_db()
    return pending


def _people(actor: Actor) -> Q:
    """Gates whose approver the actor is, as far as the credential reaches."""
    if not is_covered(GatePermission.VIEW_PENDING, actor.credential.scopes):
        return Q(pk__in=[])
    return Q(approval=Gate.Approval.PEOPLE, approvers__in=actor.role_ids)


def _approving(actor: Actor) -> QuerySet[Gate]:
    """The gate of a question in an outer query, if the actor is one of its approvers."""
    return Gate.objects.filter(_people(actor), pk=OuterRef("gate_id"))
