"""A person's password: set by themselves or by a manager, never told to anybody."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from vaultportal import trail
from vaultportal.directory import notices, rows
from vaultportal.directory.models import KeptCredential, Notice
from vaultportal.directory.permissions import UserPermission
from vaultportal.directory.services import administrators, credentials
from vaultportal.errors import Fault, Forbidden, Invalid
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.trail import Target


def check_strength(password: str, user: User) -> None:
    """Invalid with a fault per rule that ``password`` breaks for ``user``."""
    try:
        password_validation.validate_password(password, user)
    except ValidationError as weak:
        message = " ".join(weak.messages)
        fault = Fault("password", "format", "is not strong enough")
        raise Invalid(message=message, reason="weak_password", faults=(fault,)) from None


def store(user: User, password: str) -> None:
    """Hash ``password`` into the field of ``user``, unsaved; forget one that was kept to show."""
    check_strength(password, user)
    user.set_password(password)
    KeptCredential.objects.filter(user_id=user.pk, kind=KeptCredential.Kind.PASSWORD).delete()


@trail.unit()
def set_password(actor: Actor, user_id: UUID, password: str) -> None:
    """Give a person a new password, and end whatever runs under the old one.

    Raises:
        NotFound: there is no such person.
        Forbidden: the actor may not change people, or the person is an administrator and the
            actor may not make one.
        Invalid: the password is too weak.
    """
    access.require(actor, UserPermission.CHANGE, User)
    person = rows.person(user_id)
    administrators.require_not_above(actor, person)
    store(person, password)
    person.save(update_fields=["password", "updated_at"])
    credentials.end_all(person)
    trail.record(actor, "user.set_password", Target("user", str(person.pk), person.username))
    notices.tell(actor, person, Notice.Kind.PASSWORD)


@trail.unit()
def change_own_password(actor: Actor, *, old: str, new: str) -> None:
    """Replace one's own password, knowing the old one. Other sessions and tokens end.

    Raises:
        Forbidden: ``old`` is not right, with reason ``wrong_password``.
        Invalid: ``new`` is too weak.
    """
    person = rows.person(actor.user_id)
    if not person.check_password(old):
        raise Forbidden("user", "The present password is not right.", reason="wrong_password")
    store(person, new)
    person.save(update_fields=["password", "updated_at"])
    credentials.end_all(person, but=actor.credential)
    trail.record(actor, "user.change_password", Target("user", str(person.pk), person.username))
    notices.tell(actor, person, Notice.Kind.PASSWORD)
