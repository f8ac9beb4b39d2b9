"""Who may do what on one collection: grants, given and taken by its owner."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from collections_app import catalog
from collections_app.errors import bad_request, capability_missing
from collections_app.models import Collection, CollectionRoleGrant, CollectionUserGrant
from collections_app.permissions import Capability, CollectionPermission
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import claims, guard, tracing
from vaultportal import trail
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role, User

Granted = Capability | CollectionPermission
# What makes sense on one collection; the rest is about the vault as a whole.
GRANTABLE: tuple[Granted, ...] = (
    Capability.COLLECTIONS_READER,
    Capability.OBJECTS_READER,
    Capability.OBJECTS_LISTER,
    Capability.DATA_READER,
    Capability.DATA_SEARCHER,
    Capability.DATA_CREATOR,
    Capability.DATA_UPDATER,
    Capability.DATA_DELETER,
    Capability.DATA_WRITER,
    Capability.TOKENS_READER,
    Capability.TOKENS_WRITER,
    Capability.TOKENS_DETOKENIZER,
    Capability.CRYPTO_ENCRYPTER,
    Capability.CRYPTO_DECRYPTER,
    Capability.CRYPTO_HASHER,
    Capability.COLLECTIONS_WRITER,
    CollectionPermission.OWN,
)


def has_grant(actor: Actor, schema: CollectionSchema, right: Granted) -> bool:
    """Whether a grant on this collection, or a role, gives the right."""
    return access.may(actor, right, Collection(pk=schema.id))


def may_grant(actor: Actor, schema: CollectionSchema) -> bool:
    """Whether the actor owns the collection, or writes who has which role."""
    if claims.of(actor):
        return False
    is_manager = access.holds(actor, Capability.IAM_WRITER)
    return is_manager or has_grant(actor, schema, CollectionPermission.OWN)


@trail.unit()
def grant_collection(
    actor: Actor,
    name: str,
    to: User | Role,
    right: Granted,
    *,
    valid_until: datetime | None = None,
) -> None:
    """Let somebody do one thing on one collection, whatever policies their roles have.

    A policy that denies it still wins. Who owns it for a time gives nothing that lasts longer, and
    makes nobody an owner.

    Raises:
        Forbidden: PV1007 for who neither owns it nor holds CapIAMWriter, and for making an owner
            when one's own grant has an end. NotFound: PV1004.
        Invalid: PV1012, a right that is not about one collection, or an end after the giver's own.
        Conflict: the role is retired.
    """
    schema = _admitted(actor, name, right)
    end = _end_of_giver(actor, schema)
    if end is not None:
        if right == CollectionPermission.OWN:
            raise capability_missing(actor.name)
        if valid_until is None or valid_until > end:
            raise bad_request("valid_until", "must not be after the end of your own grant")
    access.grant(actor, to, right, Collection(pk=schema.id), valid_until=valid_until)
    until = valid_until.isoformat() if valid_until else None
    _record(actor, "collection.grant", schema, to, right, valid_until=until)


@trail.unit()
def revoke_collection(actor: Actor, name: str, of: User | Role, right: Granted) -> bool:
    """Take a grant away; whether there was one. Raises as ``grant_collection``."""
    schema = _admitted(actor, name, right)
    gone = access.revoke(actor, of, right, Collection(pk=schema.id))
    if gone:
        _record(actor, "collection.revoke", schema, of, right)
    return gone


def _admitted(actor: Actor, name: str, right: Granted) -> CollectionSchema:
    guard.require(actor, Capability.COLLECTIONS_READER, name)
    schema = catalog.known(name)
    if not may_grant(actor, schema):
        raise capability_missing(actor.name)
    if right not in GRANTABLE:
        raise bad_request("right", "must be one that a collection can be granted with")
    return schema


def _end_of_giver(actor: Actor, schema: CollectionSchema) -> datetime | None:
    """When the last of the actor's grants to own it ends; None for never, as for managers."""
    lasting = (Capability.IAM_WRITER, CollectionPermission.OWN)
    if any(access.holds(actor, each) for each in lasting):
        return None
    now = timezone.now()
    in_force = Q(valid_until=None) | Q(valid_until__gt=now)
    own = {
        "content_object_id": schema.id,
        "permission__codename": CollectionPermission.OWN.codename,
    }
    users = CollectionUserGrant.objects.filter(in_force, user_id=actor.user_id, **own)
    roles = CollectionRoleGrant.objects.filter(in_force, group_id__in=actor.role_ids, **own)
    ends = [end for table in (users, roles) for end in table.values_list("valid_until", flat=True)]
    if None in ends:
        return None
    return max((end for end in ends if end is not None), default=now)


def _record(
    actor: Actor,
    action: str,
    schema: CollectionSchema,
    holder: User | Role,
    right: Granted,
    **further: Any,
) -> None:
    kind = "role" if isinstance(holder, Role) else "user"
    number = str(holder.uuid if isinstance(holder, Role) else holder.pk)
    trail.record(
        actor,
        action,
        tracing.target_of(schema),
        holder=number,
        kind=kind,
        right=right.codename,
        **further,
    )
