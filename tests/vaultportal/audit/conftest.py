"""Fixtures of the audit tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from tests import factories
from vaultportal import trail
from vaultportal.crypto import keyring
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

Forge = Callable[..., None]


@pytest.fixture
def actor(db: None) -> Actor:
    """A person without rights."""
    return factories.actor_of(factories.make_person(), reason="AppFunctionality")


@pytest.fixture
def written(actor: Actor) -> Actor:
    """Forty entries in several chains; at least one chain has three."""
    for number in range(40):
        with trail.unit():
            trail.record(
                actor, "thing.do", Target("thing", f"id-{number % 8}", "name"), place=number
            )
    return actor


@pytest.fixture
def forge(db: None) -> Forge:
    """Runs a statement as somebody who owns the tables and has got the triggers out of the way."""

    def run(statement: str, *parameters: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else ALTER TABLE waits for them
            for table in ("auditentry", "audithead", "checkpoint", "signingkey"):
                cursor.execute(f"ALTER TABLE audit_{table} DISABLE TRIGGER USER")
            cursor.execute(statement, parameters)

    return run


@pytest.fixture(autouse=True)
def _keys_of_this_database() -> None:
    """The database of the test before had other keys; a process looks again after a second."""
    keyring.forget()
