"""Browsers of people, and a collection with a few objects of one of them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.test import Client

from collections_app import pvschema
from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import adding, collections
from collections_app.services.options import WriteOptions
from tests.factories import actor_of, make_person, make_role, unique
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User

PROPERTIES = """
  email EMAIL UNIQUE COMMENT 'Contact address',
  ssn SSN NULL,
  note STRING NULL,
  city STRING NOT ENCRYPTED NULL
"""
MAIL, SSN = "mara.lindqvist@example.com", "078-05-1120"


def browser_of(user: User, *, reason: str = "AccountManagement", is_proven: bool = True) -> Client:
    """Signed in a moment ago (or long ago), and with a reason for browsing unless it is ""."""
    client = Client()
    client.force_login(user)
    session = client.session
    at = time.time() - (0 if is_proven else 10_000)
    session["account_authentication_methods"] = [{"method": "password", "at": at}]
    session["account_authentication_methods_user"] = str(user.pk)
    if reason:
        session["browsing_reason"] = reason
    session.save()
    return client


@dataclass
class Place:
    """A collection, its owner, and one object of it."""

    owner: User
    actor: Actor
    schema: CollectionSchema
    object_id: UUID

    @property
    def name(self) -> str:
        return self.schema.name

    @property
    def url(self) -> str:
        return f"/collections/{self.name}/"

    @property
    def object_url(self) -> str:
        return f"{self.url}objects/{self.object_id}/"

    def add(self, **values: str) -> UUID:
        """One more object."""
        return adding.add_object(self.actor, self.name, values, WriteOptions())


@pytest.fixture
def place(db: None) -> Place:
    """A person who may make collections has made one."""
    owner = make_person(username=unique("owner"))
    make_role(permissions=[Capability.COLLECTIONS_WRITER], members=[owner])
    actor = actor_of(owner)
    name = unique("c").replace("-", "_")[:30]
    draft = pvschema.parse(f"{name} PERSONS ({PROPERTIES});")
    schema = collections.add_collection(actor, draft)
    body = {"email": MAIL, "ssn": SSN, "city": "Berlin"}
    made = adding.add_object(actor, name, body, WriteOptions())
    return Place(owner, actor, schema, made)


@pytest.fixture
def browser(place: Place) -> Client:
    """The owner's."""
    return browser_of(place.owner)


@pytest.fixture
def stranger(db: None) -> Client:
    """Somebody else's, who holds nothing."""
    return browser_of(make_person(username=unique("stranger")))
