"""Hashing looks at what the tenants of the call have, and at nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from collections_app.schema.compiled import CollectionSchema
from collections_app.services.adding import add_object
from collections_app.services.encrypting import hash_objects
from collections_app.services.options import Expiration, WriteOptions
from collections_app.services.tokenizing import tokenize
from vaultportal.errors import Forbidden
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db


def test_an_object_is_hashed_for_its_tenant_alone(
    keeper: Actor, make_collection: Callable[..., CollectionSchema]
) -> None:
    name = make_collection().name
    body = {"full_name": "Ida", "_tenant_id": "north"}
    made = add_object(keeper, name, body, WriteOptions())
    item: dict[str, Any] = {"object": {"id": str(made)}, "props": ["full_name"]}

    (hashed,) = hash_objects(keeper, name, [item], tenants=("north",))

    kind = {"type": "deterministic", **item}
    (token,) = tokenize(keeper, name, [kind], expiration=Expiration(), tenants=("north",))
    assert token["token_id"] == hashed
    with pytest.raises(Forbidden):
        hash_objects(keeper, name, [item], tenants=("south",))
