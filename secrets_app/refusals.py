"""How secrets say no: each refusal is worded once."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from secrets_app.permissions import SecretPermission
from secrets_app.records import SecretInfo
from vaultportal.directory import tickets
from vaultportal.errors import Conflict, Fault, Forbidden, Gone, Invalid, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.permissions import is_covered


def not_found() -> NotFound:
    """There is no such secret, or none that the actor may know of."""
    return NotFound("secret")


def forbidden(deed: str) -> Forbidden:
    """The actor knows of the secret and may not ``deed``."""
    return Forbidden("secret", f"You may not {deed}.")


def lacking(permission: SecretPermission, secret_id: UUID) -> Forbidden:
    """The actor knows of the secret and lacks this right on it."""
    context = {"permission": permission.full_name, "thing": str(secret_id)}
    return Forbidden("secret", reason="permission", context=context)


def invalid(*faults: Fault) -> Invalid:
    """The parts of the input that are wrong."""
    first = faults[0]
    message = f"{first.property} {first.message}."
    if len(faults) > 1:
        message = f"{len(faults)} problems in the request."
    return Invalid("secret", message, faults=faults)


def taken() -> Conflict:
    """Another secret has the name."""
    return Conflict(
        "secret",
        "There is a secret of this name already.",
        reason="secret.name_taken",
        faults=(Fault("name", "duplicate", "is taken"),),
    )


def destroyed() -> Gone:
    """The ciphertext of the version was erased."""
    return Gone("version", "The data of this version was destroyed.", reason="secret.destroyed")


def unless_may_create(actor: Actor, owner_id: UUID | None) -> None:
    """Forbidden where the actor may make no secret: outside their own store, without ADD."""
    is_own = owner_id == actor.user_id
    if is_own and is_covered(SecretPermission.ADD, actor.credential.scopes):
        return
    if not access.holds(actor, SecretPermission.ADD):
        context = {"permission": SecretPermission.ADD.full_name}
        raise Forbidden("secret", "You may not create secrets here.", context=context)


def unless_open(actor: Actor, info: SecretInfo) -> None:
    """Forbidden for a reader when the secret's time is over or somebody else holds it alone."""
    if info.is_expired:
        raise Forbidden("secret", "The secret has expired.", reason="secret.expired")
    if info.held_by not in (None, actor.user_id) and info.held_until is not None:
        until = info.held_until.astimezone(UTC)
        raise Forbidden(
            "secret",
            f"Somebody else has checked the secret out until {until:%Y-%m-%d %H:%M} UTC.",
            reason="secret.checked_out",
            retry_after=max(1, round((until - datetime.now(UTC)).total_seconds())),
        )


def unless_readable(actor: Actor, info: SecretInfo) -> None:
    """As ``unless_open``, and Forbidden for a person without the ticket that a look needs."""
    unless_open(actor, info)
    if info.needs_ticket:
        tickets.require(actor)
