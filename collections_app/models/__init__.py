"""The rows of the collections: schemas, objects, tokens, jobs, and the team's own code."""

from collections_app.models.bulk import BulkJob
from collections_app.models.bundle import (
    Action,
    ActionRoleGrant,
    ActionUserGrant,
    Bundle,
    CustomType,
)
from collections_app.models.collection import (
    Collection,
    CollectionRoleGrant,
    CollectionUserGrant,
    Property,
    SchemaEpoch,
)
from collections_app.models.export import ObjectExport
from collections_app.models.job import ConfigurationVariable, SchemaJob
from collections_app.models.object import IndexEntry, Object, SubstringEntry
from collections_app.models.provider import IdentityProvider
from collections_app.models.token import Token, TransactionId

__all__ = [
    "Action",
    "ActionRoleGrant",
    "ActionUserGrant",
    "BulkJob",
    "Bundle",
    "Collection",
    "CollectionRoleGrant",
    "CollectionUserGrant",
    "ConfigurationVariable",
    "CustomType",
    "IdentityProvider",
    "IndexEntry",
    "Object",
    "ObjectExport",
    "Property",
    "SchemaEpoch",
    "SchemaJob",
    "SubstringEntry",
    "Token",
    "TransactionId",
]
