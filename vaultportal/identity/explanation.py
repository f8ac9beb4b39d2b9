"""Why somebody may do something to a row, or may not: the same facts that the rule looks at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from vaultportal.identity.actor import Actor
from vaultportal.identity.grant_tables import has_field, numbers, tables_of
from vaultportal.identity.models import Membership, Role
from vaultportal.identity.permissions import (
    PermissionEnum,
    is_covered,
    is_model_wide,
    model_wide_sources,
    sources_of,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One fact.

    step: ``credential``, ``model_wide``, ``user_grant``, ``role_grant`` or ``policy``.
    text: the fact in the reader's language.
    permission: the full name of the right that it gives.
    role: the name of the role that it comes through, "" for none.
    until: when it ends by itself.
    counts: whether it is in force; a grant that has ended is told as well, and does not count.
    """

    step: str
    text: str
    permission: str = ""
    role: str = ""
    until: datetime | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer, and the facts it follows from."""

    allowed: bool
    lines: tuple[Line, ...]


def explain(
    actor: Actor,
    permission: PermissionEnum,
    obj: Model,
    *,
    operation: str = "",
    names: Sequence[str] = (),
    reason: str = "",
) -> Explanation:
    """Follow the rule for one actor, right and row, and tell every step.

    operation, names, reason: as one resource of ``access.vote``; without an operation policies are
        not asked.
    """
    covered = is_covered(permission, actor.credential.scopes)
    lines = [_credential(actor, covered=covered), _model_wide(actor, permission)]
    lines += [*_user_grants(actor, permission, obj), *_role_grants(actor, permission, obj)]
    allowed = covered and any(line.counts for line in lines[1:])
    if operation:
        lines += _policies(actor, operation, names, reason)
        allowed = allowed and actor.policies.allow(operation, names, reason)
    return Explanation(allowed, tuple(lines))


def explain_for_all(actor: Actor, permission: PermissionEnum) -> Explanation:
    """The same for a right on all rows at once, which grants do not give."""
    covered = is_covered(permission, actor.credential.scopes)
    lines = (_credential(actor, covered=covered), _model_wide(actor, permission))
    return Explanation(all(line.counts for line in lines), lines)


def _credential(actor: Actor, *, covered: bool) -> Line:
    if actor.credential.scopes is None:
        text = _("The sign-in carries all that the user may do.")
    elif covered:
        text = _("The credential is scoped for it.")
    else:
        text = _("The credential is not scoped for it.")
    return Line("credential", text, counts=covered)


def _model_wide(actor: Actor, permission: PermissionEnum) -> Line:
    if not is_model_wide(permission):
        text = _("Only a grant on the object itself gives this right, to administrators too.")
        return Line("model_wide", text, permission.full_name, counts=False)
    if actor.is_superuser:
        text = _("A superuser manages all objects.")
        return Line("model_wide", text, permission.full_name)
    held = sorted(model_wide_sources(permission) & actor.permissions)
    if held:
        return Line("model_wide", _("A role gives it for all objects."), held[0])
    text = _("No role gives it for all objects.")
    return Line("model_wide", text, permission.full_name, counts=False)


def _user_grants(actor: Actor, permission: PermissionEnum, obj: Model) -> Iterator[Line]:
    for row, source in _grants(tables_of(type(obj)).users, permission, obj, user_id=actor.user_id):
        until = getattr(row, "valid_until", None)
        in_force = until is None or until > timezone.now()
        if in_force:
            text = _("Granted to the user.")
        else:
            text = _("Was granted to the user and has ended.")
        yield Line("user_grant", text, source.full_name, until=until, counts=in_force)


def _role_grants(actor: Actor, permission: PermissionEnum, obj: Model) -> Iterator[Line]:
    """Grants to roles that the user is or was in; of other roles nothing is told."""
    memberships = {
        membership.group_id: membership
        for membership in Membership.objects.filter(user_id=actor.user_id)
    }
    known = {*memberships, *actor.role_ids}
    roles = {role.pk: role for role in Role.objects.filter(pk__in=known)}
    table = tables_of(type(obj)).roles
    for row, source in _grants(table, permission, obj, group_id__in=known):
        role = roles.get(row.group_id)
        name = role.name if role else ""
        until = getattr(row, "valid_until", None)
        membership = memberships.get(row.group_id)
        if until is not None and until <= timezone.now():
            in_force, text = False, _("Was granted to the role %(role)s and has ended.")
        elif role is None or role.deleted_at is not None:
            in_force, text = False, _("Granted to the role %(role)s, which is retired.")
        elif row.group_id not in actor.role_ids:
            in_force, text = False, _("Granted to the role %(role)s, in which the user is not now.")
        elif membership is None:
            in_force, text = True, _("Granted to the role %(role)s, in which everybody is.")
        else:
            in_force, text = True, _("Granted to the role %(role)s, in which the user is.")
            until = min(filter(None, (until, membership.valid_until)), default=None)
        text %= {"role": name}
        yield Line("role_grant", text, source.full_name, name, until, counts=in_force)


def _grants(
    table: type[Model] | None, permission: PermissionEnum, obj: Model, **holder: Any
) -> Iterator[tuple[Any, PermissionEnum]]:
    """The grants on the row that give the right, with the right each was made for."""
    if table is None:
        return
    by_number = {
        number: source for source in sources_of(permission) for number in numbers.of([source])
    }
    order = ["position", "pk"] if has_field(table, "position") else ["pk"]
    rows = table._base_manager.filter(content_object=obj, permission_id__in=by_number, **holder)
    for row in rows.order_by(*order):
        yield row, by_number[row.permission_id]  # type: ignore[attr-defined]  # a grant table


def _policies(actor: Actor, operation: str, names: Sequence[str], reason: str) -> Iterator[Line]:
    voters = list(actor.policies.voters(operation, names, reason))
    for rule in voters:
        text = _("The policy %(name)s denies.") if rule.denies else _("The policy %(name)s allows.")
        yield Line("policy", text % {"name": rule.name})
    if not voters:
        yield Line("policy", _("No policy of the user's roles allows it."), counts=False)
