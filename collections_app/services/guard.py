"""May this call be made: capability, then policies per property, then tenants.

A capability is held by a role everywhere, or by a grant on one collection. Policies vote on every
property that is touched: one allow and no deny for each, or the whole call is refused. A grant
counts as an allow for its own operation, and a deny of any policy still wins.
"""

from __future__ import annotations

from collections.abc import Collection as Names
from collections.abc import Iterable, Mapping

from django.db.models import Model

from collections_app import catalog
from collections_app.errors import capability_missing, policy_refused, tenant_refused
from collections_app.models import Collection
from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.services.options import DEFAULT_REASON
from vaultportal.directory import options
from vaultportal.directory.builtin import VAULT_ADMIN
from vaultportal.errors import Forbidden, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.identity.permissions import PermissionEnum

# What a grant must hold to count as an allow vote for an operation.
GRANTED_BY: Mapping[str, Capability] = {
    "read": Capability.OBJECTS_READER,
    "write": Capability.OBJECTS_CREATOR,
    "update": Capability.OBJECTS_UPDATER,
    "delete": Capability.OBJECTS_DELETER,
    "search": Capability.DATA_SEARCHER,
    "stats": Capability.DATA_READER,
    "tokenize": Capability.TOKENS_WRITER,
    "detokenize": Capability.TOKENS_DETOKENIZER,
    "encrypt": Capability.CRYPTO_ENCRYPTER,
    "decrypt": Capability.CRYPTO_DECRYPTER,
    "hash": Capability.CRYPTO_HASHER,
}
UNCOVERING = frozenset({"read", "detokenize", "decrypt"})


def require(actor: Actor, capability: Capability, collection: str = "") -> None:
    """Refuse an actor who holds ``capability`` neither everywhere nor on ``collection``.

    Whether the collection exists does not show.

    Raises:
        Forbidden: with reason ``capability``.
    """
    if access.holds(actor, capability):
        return
    if collection:
        try:
            schema = catalog.known(collection)
        except NotFound:
            raise capability_missing(actor.name, capability, collection) from None
        if access.may(actor, capability, Collection(pk=schema.id)):
            return
    raise capability_missing(actor.name, capability, collection)


def vote(
    actor: Actor,
    operation: str,
    schema: CollectionSchema,
    resources: Iterable[Names[str]],
    *,
    granted_by: Capability | None = None,
) -> None:
    """Put every resource to the policies of the actor's roles; see the module.

    granted_by: the capability whose grant allows it, where it is not the operation's usual one.

    Raises:
        Forbidden: with reason ``policy``.
    """
    if operation in UNCOVERING and _is_barred_admin(actor):
        raise policy_refused(actor.name)
    capability = granted_by or GRANTED_BY.get(operation)
    vote_on(actor, operation, resources, capability, Collection(pk=schema.id))


def vote_on(
    actor: Actor,
    operation: str,
    resources: Iterable[Names[str]],
    permission: PermissionEnum | None,
    row: Model | None,
) -> None:
    """The same, where a grant of ``permission`` on ``row`` counts as an allow.

    Raises:
        Forbidden: with reason ``policy``.
    """
    named = [frozenset(names) for names in resources]
    reason = actor.reason or DEFAULT_REASON
    try:
        access.vote(actor, operation, named, reason)
    except Forbidden:
        denied = any(
            rule.denies
            for names in named
            for rule in actor.policies.voters(operation, names, reason)
        )
        if denied or permission is None or row is None or not _has_grant(actor, permission, row):
            raise policy_refused(actor.name) from None


def _has_grant(actor: Actor, permission: PermissionEnum, row: Model) -> bool:
    """Whether a grant on this very row gives the permission, whatever roles give."""
    bare = actor.with_(permissions=frozenset(), is_superuser=False)
    return access.may(bare, permission, row)


def _is_barred_admin(actor: Actor) -> bool:
    """The operator decides whether the built-in user Admin may read data."""
    return is_vault_admin(actor) and not options.get(options.ADMIN_MAY_READ_DATA)


def is_vault_admin(actor: Actor) -> bool:
    """Whether it is the built-in user Admin."""
    return actor.name == VAULT_ADMIN and actor.kind == User.Kind.CLIENT


def check_tenants(tenants: Names[str], touched: Iterable[str | None]) -> None:
    """Refuse the whole call when one of the objects belongs to none of ``tenants``."""
    if tenants and any(tenant not in tenants for tenant in touched):
        raise tenant_refused()
