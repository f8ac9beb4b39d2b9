"""What a manager does to somebody's ways in: sessions, a lost second factor, the administration."""

from __future__ import annotations

from uuid import UUID

from allauth.mfa.models import Authenticator

from vaultportal import trail
from vaultportal.directory import notices, rows
from vaultportal.directory.models import Notice
from vaultportal.directory.permissions import RolePermission, UserPermission
from vaultportal.directory.services import administrators, credentials
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User
from vaultportal.trail import Target


@trail.unit()
def end_sessions(actor: Actor, user_id: UUID) -> None:
    """End every session and token of a person; keys stay.

    Raises:
        NotFound, Forbidden: as for ``people.disable_person``.
    """
    user = _person(actor, user_id)
    credentials.end_all(user, but=actor.credential if user_id == actor.user_id else None)
    trail.record(actor, "user.end_sessions_of", Target("user", str(user.pk), user.username))


@trail.unit()
def reset_factors(actor: Actor, user_id: UUID) -> int:
    """Take every second factor and all recovery codes off a person; sessions end. How many.

    For who has lost the device: until they set up another one, the password or an identity alone
    signs them in.

    Raises:
        NotFound, Forbidden: as for ``people.disable_person``.
    """
    user = _person(actor, user_id)
    gone: int = Authenticator.objects.filter(user_id=user.pk).delete()[0]
    credentials.end_all(user)
    target = Target("user", str(user.pk), user.username)
    trail.record(actor, "user.reset_factors", target, count=gone)
    if gone:
        notices.tell(actor, user, Notice.Kind.FACTOR_REMOVED)
    return gone


@trail.unit()
def set_staff(actor: Actor, user_id: UUID, *, staff: bool) -> None:
    """Let a person into the administration pages, or no longer.

    Raises:
        NotFound; Forbidden: without the right to hand out roles, which the pages can do.
    """
    access.require(actor, RolePermission.CHANGE, Role)
    user = _person(actor, user_id)
    user.is_staff = staff
    user.save(update_fields=["is_staff", "updated_at"])
    trail.record(actor, "user.set_staff", Target("user", str(user.pk), user.username), staff=staff)


def _person(actor: Actor, user_id: UUID) -> User:
    access.require(actor, UserPermission.CHANGE, User)
    user = rows.person(user_id)
    administrators.require_not_above(actor, user)
    return user
