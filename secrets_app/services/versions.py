"""Older versions of a secret: read, restore, destroy."""

from __future__ import annotations

from datetime import UTC, datetime

from secrets_app import queries, refusals
from secrets_app.models import SecretChange, SecretVersion
from secrets_app.records import ANY, Condition, OpenSecret, Ref, Written
from secrets_app.services import approval, secrets
from vaultportal import trail
from vaultportal.errors import Conflict, NotFound
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target


@trail.read_unit()
def read_version(actor: Actor, ref: Ref, number: int) -> OpenSecret:
    """Uncover an older version, under the rights of today.

    Raises:
        NotFound: no such secret, or no such version of it.
        Forbidden: the actor may view the secret and not read it, or it is closed to everybody now.
        Gone: the version was destroyed.
    """

    def look() -> queries.Found:
        return secrets.find(actor, ref, rights=(queries.READ,), sealed=True, version=number)

    found = look()
    if not found.info.may_read:
        raise refusals.forbidden("read this secret")
    refusals.unless_open(actor, found.info)
    if found.sealed is not None:
        found = approval.approved(actor, found, look)
    return OpenSecret(found.info, secrets.uncover(actor, found), number)


@trail.unit()
def restore_version(actor: Actor, ref: Ref, number: int, *, condition: Condition = ANY) -> Written:
    """Make what an older version holds the newest one. It is shown to nobody on the way.

    Raises:
        NotFound, Gone: as for reading; Forbidden: the actor may not write.
        Stale: ``condition`` does not hold any more.
    """
    found = secrets.find(
        actor, ref, rights=(queries.WRITE,), sealed=True, version=number, lock=True
    )
    if not found.info.may_write:
        raise refusals.forbidden("replace this secret")
    condition.require(found.info.etag)
    version = secrets.next_version(found, secrets.unsealed(found), restored_from=number)
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
