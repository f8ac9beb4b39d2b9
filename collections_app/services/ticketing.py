"""Looks at the values of a collection that needs a ticket for each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from collections_app.schema.compiled import CollectionSchema
from vaultportal.directory import tickets
from vaultportal.identity.actor import Actor

if TYPE_CHECKING:
    from collections_app.services.outgoing import Column


def require(actor: Actor, schema: CollectionSchema, columns: Iterable[Column]) -> None:
    """Refuse a person without a ticket who looks at a sealed value as it is.

    Masks and other transformations are no looks: pages show them for the reason of the browsing.

    Raises:
        Forbidden: with the reason ``tickets.REFUSAL``.
    """
    if schema.needs_ticket and any(
        each.property.is_encrypted and each.key == each.property.name for each in columns
    ):
        tickets.require(actor)
