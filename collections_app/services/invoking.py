"""Invoke an action: check who asks, run the function with its own role, account for the run.

Nothing of the run is kept: not what went in, not what came out, not what the code wrote.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import orjson

from collections_app.code_errors import code_missing
from collections_app.errors import bad_request
from collections_app.events import ACTION_APPROVAL, ACTION_INVOKED
from collections_app.models import Action
from collections_app.permissions import ActionPermission
from collections_app.services import (
    acting,
    actions,
    approval,
    bundles,
    http_call,
    script_host,
    switching_off,
)
from collections_app.services.options import DEFAULT_REASON
from collections_app.services.vault_host import VaultHost
from vaultportal import trail
from vaultportal.errors import Stale, VaultError
from vaultportal.identity.actor import Actor
from vaultportal.identity.ids import uuid7

R = TypeVar("R")


@dataclass(slots=True)
class Run:
    """One invocation, for the trail. ``host`` is what it has asked for so far."""

    caller: Actor
    target: trail.Target
    invocation: UUID
    function: str
    digest: str
    role: str
    host: VaultHost | None = None
    action: Action | None = None  # None for the built-in one


def invoke(actor: Actor, name: str, body: Any) -> Any:
    """Run an action of the team's own with ``body``; what its function returned, as JSON.

    The function runs with the rights of the action's role, and with those only; ``actor`` needs
    CapActionInvoker and a policy for ``invoke`` on the action, or a grant on it.

    Raises:
        Forbidden: PV1007, PV1006. NotFound: PV1004. Gone: PV1033, the role was retired.
        Disabled: PV1003, also for an action that was switched off. NotImplementedHere: PV2001.
        Unavailable: PV1009, out of time.
        Pending: a gate stands before it, and somebody has been asked.
        CodeFailed: PV9013, the code has failed. Whatever ``vault.*`` or ``fetch`` refused and the
            code did not catch rises as the refusal that it is.

    Source: Piiano Vault, ``POST /data/actions/{action}``.
    """
    row = _admitted(actor, name)
    check_input(body)
    approval.before_action(actor, str(row.id), row.name, {"body": body, **_code_of(row)})
    if ACTION_APPROVAL.id in actor.gated:  # somebody may have thought for seconds
        asked_about = _code_of(row)
        row = _admitted(actor, name)
        if _code_of(row) != asked_about:
            raise Stale("action")
    invocation = uuid7()
    function = bundles.in_bundle(row.bundle, row.function_name)
    if function is None:
        raise code_missing("function")
    run = Run(
        actor,
        actions.target_of(row),
        invocation,
        row.function,
        row.bundle.digest,
        row.role.name,
        action=row,
    )
    acting_as = acting.with_role(
        actor, row.role, subject=row.id, name=row.name, invocation=str(invocation)
    )
    host = run.host = VaultHost(acting_as, run.target, function)
    argument = {
        "user": actor.name,
        "role": row.role.name,
        "reason": actor.reason or DEFAULT_REASON,
        "body": body,
    }
    return accounted(run, lambda: script_host.run(function, [argument], host=host, vault=True))


def invoke_http_call(actor: Actor, body: Any) -> dict[str, Any]:
    """Run the built-in action ``http_call``; see ``services.http_call``.

    Source: Piiano Vault, ``POST /data/actions/http_call``.
    """
    actions.require_invoker(actor, actions.HTTP_CALL)
    actions.vote(actor, "invoke", actions.HTTP_CALL)
    call = http_call.parse(body)
    check_input(body)
    approval.before_action(actor, actions.HTTP_CALL, actions.HTTP_CALL, {"body": body})
    invocation = uuid7()
    acting_as, role = http_call.acting_for(actor, str(invocation))
    target = trail.Target("action", actions.HTTP_CALL, actions.HTTP_CALL)
    run = Run(actor, target, invocation, "", "", role)
    host = run.host = http_call.host_for(acting_as, target)
    return accounted(run, lambda: http_call.perform(host, call))


def _code_of(row: Action) -> dict[str, Any]:
    """What is run with whose rights: a decision is about exactly that."""
    return {"function": row.function, "digest": row.bundle.digest, "role": row.role_id}


def check_input(body: Any) -> None:
    """PV1012 for a number that JavaScript and our JSON would not carry whole."""
    try:
        orjson.dumps(body)
    except TypeError:
        raise bad_request("body", "holds a number beyond 64 bits") from None


def _admitted(actor: Actor, name: str) -> Action:
    """The action, once it is clear that the actor may invoke it and that code runs here."""
    actions.require_invoker(actor, name)
    script_host.require_runtime()
    row = actions.find(name)
    if row is None:
        raise code_missing("action")
    actions.vote(actor, "invoke", name, row, ActionPermission.INVOKE)
    switching_off.require_on(row)
    return row


def accounted(run: Run, work: Callable[[], R]) -> R:
    """The result of ``work``, once the trail has the run; a failure leaves its trace too."""
    began = time.monotonic()
    try:
        result = work()
    except Exception as fault:  # a run that met a bug of ours has been made all the same
        _account(run, began, fault)
        raise
    _account(run, began)
    return result


def _cause_of(fault: Exception) -> str:
    """In our words: what a failure of another kind says may hold a value."""
    return fault.reason or fault.kind if isinstance(fault, VaultError) else "internal"


@trail.unit()
def _account(run: Run, began: float, fault: Exception | None = None) -> None:
    host = run.host
    outcome = "success" if fault is None else "failure"
    if run.action is not None:
        switching_off.note(run.action, fault)
    trail.record(
        run.caller,
        "action.invoke",
        run.target,
        outcome=outcome,
        cause="" if fault is None else _cause_of(fault),
        invocation=str(run.invocation),
        function=run.function,
        digest=run.digest,
        role=run.role,
        milliseconds=int((time.monotonic() - began) * 1000),
        requests=host.requests if host else 0,
        sent_to=[*host.sent_to[:100]] if host else [],
    )
    trail.emit(
        ACTION_INVOKED,
        run.caller,
        id=run.target.id,
        name=run.target.name,
        action=run.target.name,
        targets=[*host.sent_to[:100]] if host else [],
        function=run.function,
        role=run.role,
        outcome=outcome,
        reason=run.caller.reason or DEFAULT_REASON,
    )
