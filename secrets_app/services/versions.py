"""Older versions of a secret: read, restore, destroy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from secrets_app import codec, queries, refusals
from secrets_app.models import SecretChange, SecretVersion
from secrets_app.models.secret import scope_of
from secrets_app.records import ANY, Condition, OpenSecret, Ref, SecretInfo, Written
from secrets_app.services import approval, secrets
from vaultportal import trail
from vaultportal.crypto import keyring
from vaultportal.errors import Conflict, NotFound
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

COMPARED_BYTES = 64 * 1024


@trail.read_unit()
def read_version(actor: Actor, ref: Ref, number: int) -> OpenSecret:
    """Uncover an older version, under the rights of today.

    Raises:
        NotFound: no such secret, or no such version of it.
        Forbidden: the actor may view the secret and not read it, it is closed to everybody now, or
            each look needs a ticket and the actor brings none.
        Gone: the version was destroyed.
    """

    def look() -> queries.Found:
        return secrets.find(actor, ref, rights=(queries.READ,), sealed=True, version=number)

    found = look()
    if not found.info.may_read:
        raise refusals.forbidden("read this secret")
    refusals.unless_readable(actor, found.info)
    if found.sealed is not None:
        found = approval.approved(actor, found, look)
    return OpenSecret(found.info, secrets.uncover(actor, found), number)


def describe(info: SecretInfo, number: int) -> SecretVersion:
    """When and by whom a version was made, without what it holds.

    info: of the secret, as the actor was shown it. Raises: NotFound.
    """
    rows = SecretVersion.objects.defer("sealed", "outline").filter(secret_id=info.id, number=number)
    version = rows.first()
    if version is None:
        raise NotFound("version")
    return version


@trail.unit()
def restore_version(actor: Actor, ref: Ref, number: int, *, condition: Condition = ANY) -> Written:
    """Make what an older version holds the newest one. It is shown to nobody on the way.

    Whether it fits the type of today is asked only for who may read it: a refusal would tell.

    Raises:
        NotFound, Gone: as for reading; Forbidden: the actor may not write.
        Stale: ``condition`` does not hold any more.
    """
    found = secrets.find(
        actor, ref, rights=(queries.READ, queries.WRITE), sealed=True, version=number, lock=True
    )
    if not found.info.may_write:
        raise refusals.forbidden("replace this secret")
    condition.require(found.info.etag)
    version = secrets.next_version(
        found,
        secrets.unsealed(found),
        restored_from=number,
        checks_type=bool(found.info.may_read),
    )
    kind = SecretChange.Kind.UPDATED
    return secrets.advance(actor, found.info, ["data"], kind, version=version)


@trail.unit()
def destroy_version(actor: Actor, ref: Ref, number: int) -> None:
    """Erase the ciphertext of one version for good; that it was there stays on record.

    Raises:
        NotFound: no such secret, or no such version; Forbidden: the actor may not write.
        Conflict: it is the current version; a new one must be written first.
    """
    info = secrets.find(actor, ref, rights=(queries.WRITE,), lock=True).info
    if not info.may_write:
        raise refusals.forbidden("destroy a version of this secret")
    if number == info.version:
        raise Conflict("version", "The current version cannot be destroyed.")
    version = SecretVersion.objects.filter(secret_id=info.id, number=number)
    destroyed = version.filter(destroyed_at=None).update(
        sealed=None,
        outline=None,
        destroyed_at=datetime.now(UTC),
        destroyed_by_id=actor.user_id,
    )
    if not destroyed and not version.exists():
        raise NotFound("version")
    target = Target("secret", str(info.id), info.name, number)
    trail.record(actor, "secret.destroy_version", target)


@dataclass(frozen=True, slots=True)
class Changes:
    """What one version changed against the one before it: names of fields, never values."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def changed_names(actor: Actor, ref: Ref, numbers: Sequence[int]) -> dict[int, Changes]:
    """What each of these versions changed, for who may read the secret; for others nothing.

    Values are compared here and leave the service as little as their names would tell. A version
    whose neighbour before it is gone or destroyed, or is too large to compare, is left out.

    Raises:
        NotFound: there is none, or none that the actor may know of.
    """
    found = secrets.find(actor, ref, rights=(queries.READ,), sealed=True)
    info = found.info
    if not info.may_read or not numbers:
        return {}
    wanted = {*numbers, *(number - 1 for number in numbers)}
    rows = SecretVersion.objects.filter(
        secret_id=info.id, number__in=wanted, sealed__isnull=False, size__lte=COMPARED_BYTES
    )
    scope = scope_of(info.owner_id)
    key = keyring.open_object_key(scope, info.id, found.data_key_version, found.wrapped)
    values = {
        number: codec.unseal(key, scope, info.id, number, bytes(sealed or b"")).value
        for number, sealed in rows.values_list("number", "sealed")
    }
    return {
        number: _compared(values[number - 1], values[number])
        for number in numbers
        if number in values and number - 1 in values
    }


def _compared(old: Mapping[str, Any], new: Mapping[str, Any]) -> Changes:
    return Changes(
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        changed=tuple(name for name in new if name in old and new[name] != old[name]),
    )
