"""Finding code by its name, what uses which bundle, and whether code runs here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from collections_app.models import Action, Bundle, CustomType
from collections_app.permissions import Capability
from collections_app.services import script_host
from collections_app.services.actions import http_call_info, vote
from vaultportal.errors import Disabled, Forbidden, NotImplementedHere
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role


def find_bundles(actor: Actor, words: str, limit: int) -> list[tuple[str, str]]:
    """Name and description of bundles called so, for who may read code; one statement."""
    if not access.holds(actor, Capability.CODE_READER):
        return []
    rows = Bundle.objects.filter(name__icontains=words).order_by("name")
    return list(rows.values_list("name", "description")[:limit])


def find_types(actor: Actor, words: str, limit: int) -> list[tuple[str, str]]:
    """Name and base of custom types called so, for who may read types; one statement."""
    if not access.holds(actor, Capability.TYPES_READER):
        return []
    rows = CustomType.objects.filter(name__icontains=words).order_by("name")
    return list(rows.values_list("name", "base_type_name")[:limit])


def find_actions(actor: Actor, words: str) -> list[tuple[str, str]]:
    """Name and description of actions called so that the actor may read; one statement."""
    if not access.holds(actor, Capability.ACTION_READER):
        return []
    rows = Action.objects.filter(name__icontains=words).order_by("name")
    found = list(rows.values_list("name", "description"))
    built_in = http_call_info()
    if words.casefold() in built_in.name:
        found.append((built_in.name, built_in.description))
    return [each for each in found if _reads(actor, each[0])]


def _reads(actor: Actor, name: str) -> bool:
    """Whether the policies let the actor see an action; without a statement."""
    try:
        vote(actor, "read", name)
    except Forbidden:
        return False
    return True


def uses() -> Mapping[str, list[dict[str, str]]]:
    """By bundle: kind and name of each data type and action that is made of it; two statements.

    The caller has checked that the reader may see code.
    """
    found: dict[str, list[dict[str, str]]] = {}
    for row in CustomType.objects.order_by("name"):
        for bundle in row.bundle_names:
            found.setdefault(bundle, []).append({"kind": "type", "name": row.name})
    for action in Action.objects.select_related("bundle").order_by("name"):
        each = {"kind": "action", "name": action.name}
        found.setdefault(action.bundle.name, []).append(each)
    return found


def switched_off() -> dict[str, datetime]:
    """The actions that ran out of time too often, and since when they are off: one statement.

    The caller has checked that the reader may see actions.
    """
    rows = Action.objects.exclude(disabled_at=None).order_by("name")
    return {row.name: row.disabled_at for row in rows if row.disabled_at is not None}


def may_write(actor: Actor) -> bool:
    """Whether the actor may store code."""
    return access.holds(actor, Capability.CODE_WRITER)


def sees_any(actor: Actor) -> bool:
    """Whether the actor may look into any of the code. Costs no statement."""
    rights = (Capability.CODE_READER, Capability.TYPES_READER, Capability.ACTION_READER)
    return any(access.holds(actor, right) for right in rights)


def lendable_roles(actor: Actor) -> list[str]:
    """The names of the roles that the actor may give to an action."""
    roles = Role.objects.live().filter(system=False).order_by("name")
    if not access.holds(actor, Capability.IAM_WRITER):
        roles = roles.filter(pk__in=actor.role_ids)
    return list(roles.values_list("name", flat=True))


def runtime() -> str:
    """Whether code runs here: "", or ``disabled`` (by the operator) or ``missing`` (no sandbox)."""
    try:
        script_host.require_runtime()
    except Disabled:
        return "disabled"
    except NotImplementedHere:
        return "missing"
    return ""
