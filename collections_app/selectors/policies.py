"""The policies that speak of one collection, for who may see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from collections_app import resources
from collections_app.schema.compiled import CollectionSchema
from vaultportal.directory.permissions import PolicyPermission
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Policy
from vaultportal.identity.policies import Globs


@dataclass(frozen=True, slots=True)
class Said:
    """One policy: allows or denies these operations on these globs for these reasons.

    roles: the names of the roles that it votes for; () where only one's own are told.
    """

    name: str
    denies: bool
    operations: tuple[str, ...]
    resources: tuple[str, ...]
    reasons: tuple[str, ...]
    roles: tuple[str, ...] = ()


def sees_all(actor: Actor) -> bool:
    """Whether the actor may see the policies of other people's roles."""
    return access.holds(actor, PolicyPermission.VIEW)


def policies_of(actor: Actor, schema: CollectionSchema) -> list[Said]:
    """By name: all of them for who may see policies, else those of one's own roles."""
    names = _names(schema)
    return [each for each in _known(actor) if _concerns(each, names)]


def _known(actor: Actor) -> Iterable[Said]:
    if not sees_all(actor):
        return [
            Said(
                rule.name,
                rule.denies,
                tuple(sorted(rule.operations)),
                rule.resources,
                tuple(sorted(rule.reasons)),
            )
            for rule in sorted(actor.policies.rules, key=lambda rule: rule.name)
        ]
    return [
        Said(
            row.name,
            row.policy_type == Policy.Type.DENY,
            tuple(row.operations),
            tuple(row.resources),
            tuple(row.reasons),
            tuple(sorted(role.name for role in row.roles.all())),
        )
        for row in Policy.objects.prefetch_related("roles").order_by("name")
    ]


def _names(schema: CollectionSchema) -> set[str]:
    """All names by which anything of the collection goes."""
    found = {f"{schema.name}/tokens", f"{schema.name}/objects"}
    for each in schema.properties.values():
        for transformer in ("", *each.data_type.transformer_names):
            found |= resources.of_property(schema, each, transformer)
            found |= resources.of_property(schema, each, transformer, archived=True)
    return found


def _concerns(policy: Said, names: set[str]) -> bool:
    return Globs(policy.resources).match_any(names)
