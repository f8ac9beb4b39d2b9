"""Actions: list, add, get, delete; and who may invoke which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from collections_app import resources
from collections_app.code_errors import built_in, code_missing
from collections_app.errors import bad_request, capability_missing, exists
from collections_app.models import Action
from collections_app.permissions import ActionPermission, Capability
from collections_app.schema.functions import ACTION, is_code_name, is_reference
from collections_app.schema.wire import check_description
from collections_app.services import acting, bundles, guard
from vaultportal import trail
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User

HTTP_CALL = "http_call"
# Built in, so as old as the contract.
BUILT_IN_SINCE = datetime(2022, 1, 1, tzinfo=UTC)
EVERY = "*"


@dataclass(frozen=True, slots=True)
class ActionInfo:
    """An action as others see it; ``function`` is ``bundle.function``, "" for a built-in one."""

    name: str
    description: str
    function: str
    role: str
    is_builtin: bool
    created_at: datetime
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class ActionDraft:
    """An action as it was asked for."""

    name: str
    function: str
    role: str
    description: str = ""


def list_actions(actor: Actor) -> list[ActionInfo]:
    """Built-in actions, then the team's own by name.

    Raises:
        Forbidden: PV1007, or PV1006 unless a policy lets all actions be read.

    Source: Piiano Vault, ``GET /ctl/actions``.
    """
    guard.require(actor, Capability.ACTION_READER)
    vote(actor, "read", EVERY)
    rows = Action.objects.select_related("bundle", "role").order_by("name")
    return [http_call_info(), *map(info_of, rows)]


def get_action(actor: Actor, name: str) -> ActionInfo:
    """One action.

    Raises:
        Forbidden: PV1007, PV1006. NotFound: PV1004.

    Source: Piiano Vault, ``GET /ctl/actions/{action}``.
    """
    row = None if name == HTTP_CALL else find(name)
    if not access.holds(actor, Capability.ACTION_READER) and (
        row is None or not access.may(actor, ActionPermission.VIEW, row)
    ):
        raise capability_missing(actor.name)
    if name == HTTP_CALL:
        vote(actor, "read", name)
        return http_call_info()
    if row is None:
        raise code_missing("action")
    vote(actor, "read", name, row, ActionPermission.VIEW)
    return info_of(row)


@trail.unit()
def add_action(actor: Actor, draft: ActionDraft) -> ActionInfo:
    """Make an action of a function, to be run with a role.

    Raises:
        Invalid: PV1012. Conflict: PV9001. NotFound: PV1004, the function or the role is not there.
        Forbidden: PV1007 too for a role that is not the actor's to lend.

    Source: Piiano Vault, ``POST /ctl/actions``.
    """
    guard.require(actor, Capability.ACTION_WRITER)
    if not is_code_name(draft.name):
        raise bad_request("name", "must be a letter, then letters, digits and underscores")
    check_description(draft.description)
    if not is_reference(draft.function):
        raise bad_request("function", "must read bundle.function")
    bundles.lock()
    if draft.name == HTTP_CALL or Action.objects.filter(name=draft.name).exists():
        raise exists("action", draft.name)
    function = bundles.function_of(draft.function, ACTION)
    role = acting.role_named(draft.role)
    acting.require_no_more(actor, role)
    row = Action(
        name=draft.name,
        description=draft.description,
        bundle=bundles.find(function.bundle),
        function_name=function.name,
        role=role,
    )
    row.save(force_insert=True)
    trail.record(
        actor, "action.add", target_of(row), function=function.reference, role=row.role.name
    )
    return info_of(row)


@trail.unit()
def delete_action(actor: Actor, name: str) -> None:
    """Delete an action; runs that have begun go on to their end.

    Raises:
        Invalid: PV9005, it is built in. NotFound: PV1004.

    Source: Piiano Vault, ``DELETE /ctl/actions/{action}``.
    """
    guard.require(actor, Capability.ACTION_WRITER)
    if name == HTTP_CALL:
        raise built_in("action", name)
    bundles.lock()
    row = find(name)
    if row is None:
        raise code_missing("action")
    trail.record(actor, "action.delete", target_of(row))
    row.delete()


@trail.unit()
def grant_action(
    actor: Actor, name: str, to: User | Role, *, valid_until: datetime | None = None
) -> None:
    """Let somebody invoke one action, whatever capabilities and policies they have.

    A policy that denies it still wins.

    Raises:
        Forbidden: PV1007 too for an action whose role is not the actor's to lend.
    """
    guard.require(actor, Capability.ACTION_WRITER)
    row = find(name)
    if row is None:
        raise code_missing("action")
    acting.require_no_more(actor, row.role)
    access.grant(actor, to, ActionPermission.INVOKE, row, valid_until=valid_until)
    trail.record(actor, "action.grant", target_of(row), to=str(to.pk), kind=type(to).__name__)


@trail.unit()
def revoke_action(actor: Actor, name: str, of: User | Role) -> bool:
    """Take the grant of one action away; whether there was one."""
    guard.require(actor, Capability.ACTION_WRITER)
    row = find(name)
    if row is None:
        raise code_missing("action")
    gone = access.revoke(actor, of, ActionPermission.INVOKE, row)
    trail.record(actor, "action.revoke", target_of(row), of=str(of.pk), kind=type(of).__name__)
    return gone


def require_invoker(actor: Actor, name: str) -> None:
    """PV1007 unless the actor holds CapActionInvoker, or a grant to invoke just this action."""
    if access.holds(actor, Capability.ACTION_INVOKER):
        return
    row = find(name)
    if row is None or not access.may(actor, ActionPermission.INVOKE, row):
        raise capability_missing(actor.name)


def vote(
    actor: Actor,
    operation: str,
    name: str,
    row: Action | None = None,
    permission: ActionPermission | None = None,
) -> None:
    """Put an action to the actor's policies; a grant of ``permission`` on it counts as an allow.

    Raises:
        Forbidden: PV1006.
    """
    guard.vote_on(actor, operation, [resources.of_action(name)], permission, row)


def find(name: str) -> Action | None:
    """The action with its bundle and role, None when there is none."""
    rows = Action.objects.select_related("bundle", "role")
    return None if "\0" in name else rows.filter(name=name).first()


def info_of(row: Action) -> ActionInfo:
    """The action as others see it."""
    return ActionInfo(
        row.name,
        row.description,
        row.function,
        row.role.name,
        is_builtin=False,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )


def http_call_info() -> ActionInfo:
    """The one built-in action."""
    return ActionInfo(
        HTTP_CALL,
        "Sends an HTTP request with values of the vault in it.",
        "",
        settings.PVAULT_ACTIONS_HTTP_CALL_ROLE,
        is_builtin=True,
        created_at=BUILT_IN_SINCE,
        modified_at=BUILT_IN_SINCE,
    )


def target_of(row: Action) -> trail.Target:
    """The action as what was acted upon."""
    return trail.Target("action", str(row.id), row.name)
