"""Fixtures of the trail's tests."""

from __future__ import annotations

import pytest

from tests import factories
from vaultportal.crypto import keyring
from vaultportal.identity.actor import Actor


@pytest.fixture
def actor(db: None) -> Actor:
    """A person without rights, in the middle of a request."""
    person = factories.make_person()
    return factories.actor_of(person, request_id="request-0001", address="192.0.2.7")


@pytest.fixture(autouse=True)
def _keys_of_this_database() -> None:
    """The database of the test before had other keys; a process looks again after a second."""
    keyring.forget()
