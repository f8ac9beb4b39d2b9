"""Create, read, replace and delete one secret, personal or shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from secrets_app import codec, events, limits, names, queries, refusals, types, writes
from secrets_app.models import SecretChange
from secrets_app.models.secret import scope_of
from secrets_app.payload import Payload
from secrets_app.permissions import SecretPermission
from secrets_app.records import ANY, Condition, OpenSecret, Ref, SecretInfo, Written
from secrets_app.services import approval, sharing
from secrets_app.services.sharing import RoleChange
from vaultportal import trail
from vaultportal.crypto import keyring
from vaultportal.errors import Fault, NotFound
from vaultportal.identity.actor import Actor
from vaultportal.identity.ids import uuid7
from vaultportal.trail import Target

MAX_VERSION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Draft:
    """A secret that somebody wants to have.

    name: see ``names``; owner_id: None for a shared one; type: "" for plain JSON.
    read_roles, write_roles: uuids of roles, in the order that they are to keep.
    needs_ticket: people are to give a ticket or a note with each look at it.
    """

    name: str
    payload: Payload
    owner_id: UUID | None = None
    read_roles: tuple[UUID, ...] = ()
    write_roles: tuple[UUID, ...] = ()
    type: str = ""
    expires_at: datetime | None = None
    needs_ticket: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """A secret that was found acceptable and is sealed already."""

    draft: Draft
    new: writes.NewSecret
    version: writes.NewVersion


def create_secret(actor: Actor, draft: Draft) -> Written:
    """Store a new secret. Everybody may keep personal ones; others' and shared ones need ADD.

    Raises:
        Forbidden: neither the owner nor allowed to add; or roles given by who may not share.
        Invalid: name, data, type, owner or a role is not acceptable.
        Conflict: the name is taken in that space; what has it stays as it is.

    Source: PrivX vault, ``POST /vault/api/v1/user/{user_id}/secrets`` and ``…/secrets``.
    """
    refusals.unless_may_create(actor, draft.owner_id)
    if draft.owner_id not in (None, actor.user_id) and not queries.is_user(draft.owner_id):
        raise refusals.invalid(Fault("owner_id", "unknown", "is nobody who could own a secret"))
    sharing.require_for_new(actor, draft.owner_id, draft.read_roles, draft.write_roles)
    return store(actor, prepare(draft))


def prepare(draft: Draft) -> Prepared:
    """Check name, data and type, and seal the data; no statement but for a type of our own.

    Raises:
        Invalid: as for ``create_secret``.
    """
    if fault := names.fault_of(draft.name):
        raise refusals.invalid(fault)
    if fault := limits.fault_of_end(draft.expires_at, "expires_at"):
        raise refusals.invalid(fault)
    limits.check(draft.payload)
    types.check(draft.type, draft.payload)
    secret_id = uuid7()
    scope = scope_of(draft.owner_id)
    key_row, key = keyring.new_object_key(scope, secret_id)
    sealed, outline = codec.seal(key, scope, secret_id, 1, draft.payload)
    new = writes.NewSecret(
        secret_id,
        draft.name,
        draft.owner_id,
        draft.type,
        draft.expires_at,
        draft.needs_ticket,
        key_row,
    )
    return Prepared(draft, new, writes.NewVersion(1, sealed, outline, draft.payload.size))


@trail.unit()
def store(actor: Actor, prepared: Prepared) -> Written:
    """Write what was prepared. The caller has asked whether the actor may.

    Raises:
        Invalid: a role is not there; Conflict: the name is taken.
    """
    draft = prepared.draft
    roles = {
        SecretPermission.READ: draft.read_roles,
        SecretPermission.WRITE: draft.write_roles,
    }
    is_free, are_known = writes.insert(
        actor, prepared.new, prepared.version, roles, datetime.now(UTC)
    )
    if not is_free:
        raise refusals.taken()
    if not are_known:
        raise sharing.unknown_role(roles)
    made = Written(prepared.new.id, draft.name, draft.owner_id, version=1, revision=1)
    trail.emit(events.SECRET_CREATED, actor, **events.subject(made))
    shared, needs_ticket = draft.owner_id is None, draft.needs_ticket
    target = target_of(made)
    trail.record(actor, "secret.create", target, shared=shared, needs_ticket=needs_ticket)
    return made


@trail.read_unit()
def read_secret(actor: Actor, ref: Ref) -> OpenSecret:
    """Uncover the data for who may read it; who may only view gets everything else.

    Raises:
        NotFound: there is none, or none that the actor may know of.
        Forbidden: its time is over, somebody else has it checked out, or a person has given no
            ticket for a look that needs one.
        Pending, Forbidden, Stale: a gate stands before it (``approval.approved``).

    Source: PrivX vault, ``GET /vault/api/v1/user/{user_id}/secrets/{name}`` and
    ``…/secrets/{name}``.
    """

    def look() -> queries.Found:
        return find(actor, ref, rights=(queries.READ,), sealed=True)

    found = look()
    if not found.info.may_read:
        return OpenSecret(found.info, None, found.info.version)
    refusals.unless_readable(actor, found.info)
    found = approval.approved(actor, found, look)
    return OpenSecret(found.info, uncover(actor, found), found.info.version)


@trail.read_unit()
def read_data(actor: Actor, ref: Ref) -> OpenSecret:
    """Uncover the data, or be refused: as ``read_secret`` for callers who want nothing else.

    Raises:
        Forbidden: the actor may view the secret and not read it.
    """
    opened = read_secret(actor, ref)
    if opened.payload is None:
        raise refusals.forbidden("read this secret")
    return opened


def uncover(actor: Actor, found: queries.Found) -> Payload:
    """The data of a secret that the actor may read; the reading is accounted for.

    Must run within a unit of the trail, after READ was found to be held.
    """
    info = found.info
    refusals.unless_readable(actor, info)
    payload = unsealed(found)
    subject = events.subject(info) | {"version": found.number}
    trail.emit(events.SECRET_READ, actor, **subject, client=events.client_of(actor))
    target = Target("secret", str(info.id), info.name, found.number)
    trail.record(actor, "secret.read", target)
    return payload


def unsealed(found: queries.Found) -> Payload:
    """The data itself. Whoever calls this has asked for the right and accounts for it.

    Raises:
        NotFound: there is no such version; Gone: it was destroyed.
    """
    if found.number is None:
        raise NotFound("version")
    if found.sealed is None:
        raise refusals.destroyed()
    info = found.info
    scope = scope_of(info.owner_id)
    key = keyring.open_object_key(scope, info.id, found.data_key_version, found.wrapped)
    return codec.unseal(key, scope, info.id, found.number, found.sealed)


@trail.unit()
def replace_secret(
    actor: Actor,
    ref: Ref,
    *,
    payload: Payload | None = None,
    read_roles: RoleChange | None = None,
    write_roles: RoleChange | None = None,
    condition: Condition = ANY,
) -> Written:
    """Replace the data, the role lists, or both; what is None stays. It never creates or renames.

    Raises:
        NotFound: as for reading.
        Forbidden: the actor may not write, or may write and gave other role lists.
        Invalid: the data or a role is not acceptable.
        Stale: ``condition`` does not hold any more.

    Source: PrivX vault, ``PUT /vault/api/v1/user/{user_id}/secrets/{name}`` and
    ``…/secrets/{name}``.
    """
    found = find(actor, ref, rights=(queries.WRITE, queries.OWN), sealed=True, lock=True)
    info = found.info
    if not info.may_write:
        raise refusals.forbidden("replace this secret")
    condition.require(info.etag)
    roles = sharing.wanted(actor, info, read_roles, write_roles)
    version = None if payload is None else next_version(found, payload)
    lost: list[int] = []
    if roles:
        are_known, lost = writes.set_roles(actor, info.id, roles)
        if not are_known:
            raise sharing.unknown_role(roles)
    changed = (["data"] if version else []) + sharing.words_of(roles)
    kind = SecretChange.Kind.ACCESS if roles and not version else SecretChange.Kind.UPDATED
    return advance(actor, info, changed, kind, version=version, lost_roles=lost)


def next_version(
    found: queries.Found,
    payload: Payload,
    *,
    restored_from: int | None = None,
    checks_type: bool = True,
) -> writes.NewVersion:
    """``payload`` sealed as the version that follows the current one of a secret that is held.

    checks_type: False where a refusal would tell the actor of data that they may not read.
    """
    info = found.info
    limits.check(payload)
    if checks_type:
        types.check(info.type, payload)
    scope = scope_of(info.owner_id)
    number = info.version + 1
    key = keyring.open_object_key(scope, info.id, found.data_key_version, found.wrapped)
    sealed, outline = codec.seal(key, scope, info.id, number, payload)
    return writes.NewVersion(number, sealed, outline, payload.size, restored_from)


def advance(
    actor: Actor,
    info: SecretInfo,
    changed: list[str],
    kind: SecretChange.Kind,
    *,
    version: writes.NewVersion | None = None,
    lost_roles: Sequence[int] = (),
    lost_users: Sequence[UUID] = (),
) -> Written:
    """Write the next revision of a secret that is held, tell of it and account for it.

    changed: names of attributes, never values.
    lost_roles, lost_users: whose right was taken away by the same step.
    """
    number = version.number if version else info.version
    keep = limits.versions_to_keep(info)
    step = writes.Step(kind, number, version, keep, lost_roles, lost_users)
    writes.advance(actor, info.id, step, datetime.now(UTC))
    made = Written(info.id, info.name, info.owner_id, number, info.revision + 1)
    changes = [{"attribute": name} for name in changed]
    trail.emit(events.SECRET_UPDATED, actor, **events.subject(made), changes=changes)
    restored_from = version.restored_from if version else None
    action = "secret.restore" if restored_from else "secret.update"
    trail.record(actor, action, target_of(made), changed=[*changed], restored_from=restored_from)
    return made


@trail.unit()
def delete_secret(actor: Actor, ref: Ref, *, condition: Condition = ANY) -> None:
    """Erase a secret with all its versions, grants and links; its name is free again.

    Raises:
        NotFound, Stale: as for replacing.
        Forbidden: the actor may see it and neither owns it nor manages secrets.

    Source: PrivX vault, ``DELETE /vault/api/v1/user/{user_id}/secrets/{name}`` and
    ``…/secrets/{name}``.
    """
    info = find(actor, ref, rights=(queries.DELETE,), lock=True).info
    if not info.may_delete:
        raise refusals.forbidden("delete this secret")
    condition.require(info.etag)
    writes.erase(actor, info.id, datetime.now(UTC))
    trail.emit(events.SECRET_DELETED, actor, **events.subject(info))
    trail.record(actor, "secret.delete", target_of(info))


def find(
    actor: Actor,
    ref: Ref,
    *,
    rights: tuple[str, ...],
    sealed: bool = False,
    version: int | None = None,
    lock: bool = False,
) -> queries.Found:
    """The secret if the actor may view it, else NotFound; see ``queries.one``."""
    if version is not None and version > MAX_VERSION:
        raise NotFound("version")
    if ref.id is None and not names.is_possible(ref.name):
        raise refusals.not_found()
    found = queries.one(actor, ref, rights=rights, sealed=sealed, version=version, lock=lock)
    if found is None:
        raise refusals.not_found()
    return found


def target_of(secret: SecretInfo | Written) -> Target:
    """The secret as the audit names it."""
    return Target("secret", str(secret.id), secret.name, secret.version)
