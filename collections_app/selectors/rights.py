"""What somebody may do with several collections at once: the guard's answers, without its refusals.

``services.guard`` decides. This says beforehand what it will decide, so that a page shows no button
that cannot work; a fixed number of statements, however many collections there are.
"""

from __future__ import annotations

from collections.abc import Collection as Names
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from collections_app import resources
from collections_app.models import Collection
from collections_app.permissions import Capability, CollectionPermission
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import guard, outgoing
from collections_app.services.options import DEFAULT_REASON
from vaultportal.identity import access
from vaultportal.identity.actor import Actor

Asked = Capability | CollectionPermission


@dataclass(frozen=True, slots=True)
class Rights:
    """granted: the collections on which a grant gives a right, by right."""

    actor: Actor
    granted: Mapping[Asked, frozenset[UUID]]

    def may(self, right: Asked, schema: CollectionSchema) -> bool:
        """Whether a role or a grant gives the right."""
        return access.holds(self.actor, right) or schema.id in self.granted[right]

    def votes(
        self,
        operation: str,
        schema: CollectionSchema,
        named: Iterable[Names[str]],
        granted_by: Capability,
        reason: str = "",
    ) -> bool:
        """Whether policies, or a grant of ``granted_by``, allow it for every resource.

        named: each resource with all its names, as ``resources`` makes them.
        """
        if operation in guard.UNCOVERING and guard.is_vault_admin(self.actor):
            return False
        why = reason or self.actor.reason or DEFAULT_REASON
        is_granted = schema.id in self.granted[granted_by]
        rules = self.actor.policies
        return all(
            rules.allow(operation, names, why)
            or (is_granted and not any(rule.denies for rule in rules.voters(operation, names, why)))
            for names in named
        )

    def reads(
        self,
        schema: CollectionSchema,
        keys: Sequence[str],
        granted_by: Capability,
        operation: str = "read",
        reason: str = "",
        *,
        archived: bool = False,
    ) -> bool:
        """``votes`` for ``property`` or ``property.transformation``."""
        asked = outgoing.columns_of(schema, keys)
        named = outgoing.resources_of(schema, asked, archived=archived)
        return self.votes(operation, schema, named, granted_by, reason)

    def counts(self, schema: CollectionSchema, reason: str = "") -> bool:
        """Whether they may learn how many objects there are."""
        right = Capability.DATA_READER
        if not self.may(right, schema):
            return False
        return self.votes("stats", schema, [resources.of_count(schema, "objects")], right, reason)


def of(actor: Actor, schemas: Iterable[CollectionSchema], *rights: Asked) -> Rights:
    """The rights of ``actor`` on ``schemas``: one statement for each of ``rights``."""
    ids = [schema.id for schema in schemas]
    bare = actor.with_(permissions=frozenset(), is_superuser=False)
    rows = Collection.objects.filter(pk__in=ids)
    return Rights(
        actor,
        {
            right: frozenset(access.permitted(bare, right, rows).values_list("pk", flat=True))
            for right in rights
        },
    )


def uses_tokens(actor: Actor) -> bool:
    """Whether the actor may do anything with tokens of any collection: one statement at most."""
    wanted = (
        Capability.TOKENS_WRITER,
        Capability.TOKENS_DETOKENIZER,
        Capability.TOKENS_READER,
    )
    if any(access.holds(actor, right) for right in wanted):
        return True
    live = Collection.objects.live()
    first, second, third = (access.permitted(actor, right, live) for right in wanted)
    return (first | second | third).exists()
