"""The rows of the collections: schemas, objects, tokens, jobs."""

from collections_app.models.collection import (
    Collection,
    CollectionRoleGrant,
    CollectionUserGrant,
    Property,
    SchemaEpoch,
)
from collections_app.models.job import ConfigurationVariable, SchemaJob
from collections_app.models.object import IndexEntry, Object, SubstringEntry
from collections_app.models.token import Token, TransactionId

__all__ = [
    "Collection",
    "CollectionRoleGrant",
    "CollectionUserGrant",
    "ConfigurationVariable",
    "IndexEntry",
    "Object",
    "Property",
    "SchemaEpoch",
    "SchemaJob",
    "SubstringEntry",
    "Token",
    "TransactionId",
]
