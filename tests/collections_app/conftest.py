"""An actor with every right, and collections to use it on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any
from uuid import uuid4

import pytest

from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.schema.drafts import collection_from_json
from collections_app.services.claims import TokenActor
from collections_app.services.collections import add_collection
from tests.factories import unique
from vaultportal.identity.actor import Actor, Credential
from vaultportal.identity.models import User
from vaultportal.identity.policies import Rule, prepared

PATIENTS: list[dict[str, Any]] = [
    {"name": "full_name", "data_type_name": "NAME"},
    {"name": "mail", "data_type_name": "EMAIL", "is_unique": True, "is_index": True,
     "is_nullable": True},
    {"name": "phone", "data_type_name": "PHONE_NUMBER", "is_nullable": True},
    {"name": "note", "data_type_name": "STRING", "is_nullable": True, "is_encrypted": False,
     "is_index": True},
]  # fmt: skip

ALLOW_ALL = Rule("allow all", False, frozenset("*"), frozenset("*"), ("*",))  # noqa: FBT003 denies


def an_actor(*rules: Rule, capabilities: list[Capability] | None = None, **changes: Any) -> Actor:
    """An actor of no row: with all capabilities unless some are named, and with these policies."""
    held = list(Capability) if capabilities is None else capabilities
    actor = Actor(
        user_id=uuid4(),
        number=1,
        name="WebServer",
        kind="test",
        role_ids=(),
        permissions=frozenset(each.full_name for each in held),
        is_staff=False,
        is_superuser=False,
        credential=Credential("api_key", "k"),
        policies=prepared(tuple(rules)),
    )
    return actor.with_(**changes)


def restricted(actor: Actor, **props: str) -> TokenActor:
    """The actor, kept by a signed token to objects with these values."""
    own = {each.name: getattr(actor, each.name) for each in fields(actor)}
    return TokenActor(**own, props={name: (value,) for name, value in props.items()})


@pytest.fixture
def keeper(db: None) -> Actor:
    """Holds every capability, and a policy that allows everything."""
    return an_actor(ALLOW_ALL, user_id=User.objects.create_user(unique("keeper")).pk)


@pytest.fixture
def make_collection(keeper: Actor) -> Callable[..., CollectionSchema]:
    """Make a collection with these properties; a name of its own unless one is given."""

    def make(
        properties: list[dict[str, Any]] | None = None, *, name: str = "", kind: str = "PERSONS"
    ) -> CollectionSchema:
        body = {
            "name": name or f"c{uuid4().hex[:12]}",
            "type": kind,
            "properties": PATIENTS if properties is None else properties,
        }
        return add_collection(keeper, collection_from_json(body))

    return make
