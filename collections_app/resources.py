"""Names what a request touches, for policies: ``patients/properties/ssn.mask``. Pure.

A resource is a set of alternative names: a policy that matches any of them has a say. A property
goes by its own name and by its type's; the raw value and each transformation are different things.
"""

from __future__ import annotations

from collections.abc import Iterable

from collections_app.schema.compiled import CollectionSchema, PropertySchema


def of_property(
    collection: CollectionSchema,
    each: PropertySchema,
    transformer: str = "",
    *,
    archived: bool = False,
) -> frozenset[str]:
    """One property, raw or through one transformation, of active or archived objects.

    The 0.9 short form ``C/P`` is an alternative name for the same thing.
    """
    tail = f".{transformer}" if transformer else ""
    folder = f"{collection.name}/archived" if archived else collection.name
    names = {
        f"{folder}/properties/{each.name}{tail}",
        f"{folder}/types/{each.data_type.name}{tail}",
    }
    if not archived:
        names.add(f"{collection.name}/{each.name}{tail}")
    return frozenset(names)


def of_properties(
    collection: CollectionSchema, properties: Iterable[PropertySchema], *, archived: bool = False
) -> list[frozenset[str]]:
    """Each of ``properties``, raw."""
    return [of_property(collection, each, archived=archived) for each in properties]


def of_tokens(collection: CollectionSchema, *, archived: bool = False) -> frozenset[str]:
    """The tokens of the collection, as things beside its values."""
    folder = f"{collection.name}/archived" if archived else collection.name
    return frozenset({f"{folder}/tokens"})


def of_count(collection: CollectionSchema, noun: str) -> frozenset[str]:
    """How many ``objects`` or ``tokens`` there are."""
    return frozenset({f"{collection.name}/{noun}"})


def of_action(name: str) -> frozenset[str]:
    """An action, or with ``*`` all of them."""
    return frozenset({f"actions/{name}"})
