"""People's accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from vaultportal import trail
from vaultportal.directory import notices, rows, text
from vaultportal.directory.models import Notice
from vaultportal.directory.permissions import RolePermission, UserPermission
from vaultportal.directory.services import administrators, credentials, passwords
from vaultportal.errors import Conflict, Fault, Invalid
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User
from vaultportal.trail import Target


@dataclass(frozen=True, slots=True)
class PersonFields:
    """What may be said about a person; None leaves a field as it is.

    attributes: fields of a dialect without a column; they replace the old ones whole.
    """

    username: str | None = None
    email: str | None = None
    full_name: str | None = None
    language: str | None = None
    time_zone: str | None = None
    attributes: Mapping[str, Any] | None = None

    def given(self) -> dict[str, Any]:
        """The fields that are not None, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


@trail.unit()
def create_person(
    actor: Actor, person: PersonFields, *, password: str | None = None, is_staff: bool = False
) -> User:
    """Make an account for a person; without ``password`` it cannot be signed in to by one.

    is_staff: may open the administration pages; needs the right to hand out roles.

    Raises:
        Forbidden: the actor may not add people.
        Invalid: no or a bad user name, or a password that is too weak.
        Conflict: the user name is taken, in any letter case.

    Source: PrivX local-user-store, ``POST /local-user-store/api/v1/users``.
    """
    access.require(actor, UserPermission.ADD, User)
    if is_staff:
        access.require(actor, RolePermission.CHANGE, Role)
    user = User(kind=User.Kind.PERSON, is_staff=is_staff, **person.given())
    check(user)
    user.set_unusable_password()
    if password is not None:
        passwords.store(user, password)
    save(user, new=True)
    trail.record(actor, "user.create", Target("user", str(user.pk), user.username))
    return user


@trail.unit()
def change_person(
    actor: Actor, user_id: UUID, person: PersonFields, *, password: str | None = None
) -> User:
    """Change what is said about a person, and the password when one is given.

    Raises:
        NotFound, Forbidden, Invalid, Conflict: as for ``create_person``.

    Source: PrivX local-user-store, ``PUT /local-user-store/api/v1/users/{user_id}``.
    """
    access.require(actor, UserPermission.CHANGE, User)
    user = rows.person(user_id)
    administrators.require_not_above(actor, user)
    before = user.email
    changed = apply(user, person)
    if password is not None:
        passwords.store(user, password)
        credentials.end_all(user)
        changed.append("password")
    save(user)
    target = Target("user", str(user.pk), user.username)
    trail.record(actor, "user.change", target, changed=[*changed])
    if "password" in changed:
        notices.tell(actor, user, Notice.Kind.PASSWORD, recipient=before)
    if "email" in changed:
        for address in filter(None, (before, user.email)):
            notices.tell(actor, user, Notice.Kind.EMAIL, recipient=address)
    return user


@trail.unit()
def change_profile(actor: Actor, person: PersonFields) -> User:
    """Change what a person may say about themselves: name, language, time zone.

    Raises:
        Invalid: a field that only a manager may change.
    """
    for name in ("username", "email", "attributes"):
        if getattr(person, name) is not None:
            fault = Fault(name, "readonly", "cannot be changed here")
            raise Invalid(message=f"{name} cannot be changed here.", faults=(fault,))
    user = rows.person(actor.user_id)
    changed = apply(user, person)
    save(user)
    target = Target("user", str(user.pk), user.username)
    trail.record(actor, "user.change_profile", target, changed=[*changed])
    return user


@trail.unit()
def disable_person(actor: Actor, user_id: UUID) -> None:
    """Stop an account at once: sessions and tokens end, keys are refused. It can be enabled again.

    Raises:
        NotFound, Forbidden; Conflict: nobody else is in charge.
    """
    _set_active(actor, user_id, active=False)


@trail.unit()
def enable_person(actor: Actor, user_id: UUID) -> None:
    """Let a disabled account sign in again; what was ended stays ended."""
    _set_active(actor, user_id, active=True)


def _set_active(actor: Actor, user_id: UUID, *, active: bool) -> None:
    access.require(actor, UserPermission.CHANGE, User)
    with administrators.somebody_stays_in_charge():
        user = rows.person(user_id)
        administrators.require_not_above(actor, user)
        was_active, user.is_active = user.is_active, active
        user.save(update_fields=["is_active", "updated_at"])
        if not active:
            credentials.end_all(user)
    action = "user.enable" if active else "user.disable"
    trail.record(actor, action, Target("user", str(user.pk), user.username))
    if was_active and not active:
        notices.tell(actor, user, Notice.Kind.DISABLED)


@trail.unit()
def delete_person(actor: Actor, user_id: UUID) -> None:
    """Erase an account with its credentials, roles and grants. What it owns stays for managers.

    Raises:
        NotFound, Forbidden; Conflict: nobody else is in charge.

    Source: PrivX local-user-store, ``DELETE /local-user-store/api/v1/users/{user_id}``.
    """
    access.require(actor, UserPermission.DELETE, User)
    with administrators.somebody_stays_in_charge():
        user = rows.person(user_id)
        administrators.require_not_above(actor, user)
        target = Target("user", str(user.pk), user.username)
        credentials.end_all(user)
        user.delete()
    trail.record(actor, "user.delete", target)


def apply(user: User, person: PersonFields) -> list[str]:
    """Set the given fields on the unsaved ``user``; the names of those that differ."""
    changed = []
    for name, value in person.given().items():
        if getattr(user, name) != value:
            setattr(user, name, value)
            changed.append(name)
    check(user)
    return changed


def check(user: User) -> None:
    """Invalid unless the account says what an account may say."""
    text.check_name("username", user.username, 255)
    text.check_line("full_name", user.full_name, 255)
    text.check_line("language", user.language, 16)
    text.check_line("time_zone", user.time_zone, 64)
    text.check_line("email", user.email, 254)
    text.check_kept("attributes", user.attributes)
    if user.email:
        try:
            validate_email(user.email)
        except ValidationError:
            fault = Fault("email", "format", "is not an e-mail address")
            raise Invalid(message="The e-mail address is not one.", faults=(fault,)) from None


def save(user: User, *, new: bool = False) -> None:
    """Save, with a taken user name as a Conflict."""
    try:
        with transaction.atomic():
            user.save(force_insert=new)
    except IntegrityError as clash:
        raise Conflict("user", faults=(Fault("username", "duplicate", "is taken"),)) from clash
