"""A credential in each of its lives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vaultportal.crypto.conftest import sample_tables
from tests.vaultportal.crypto.fields.canary import CANARY
from tests.vaultportal.crypto.samples import Credential


@pytest.fixture
def tables(db: None) -> Iterator[None]:
    """The sample tables, gone with the test's transaction; the keys are those of the session."""
    with sample_tables():
        yield


@pytest.fixture
def stored(tables: None) -> Credential:
    """A row as the database gives it: nothing opened yet."""
    row = Credential.objects.create(secret=CANARY, note="remark", config={"token": CANARY})
    return Credential.objects.get(pk=row.pk)


@pytest.fixture
def opened(stored: Credential) -> Credential:
    """A row whose values were looked at."""
    assert stored.secret == CANARY
    assert stored.config == {"token": CANARY}
    return stored


@pytest.fixture
def refreshed(stored: Credential) -> Credential:
    """A row that was read anew."""
    stored.refresh_from_db()
    return stored


@pytest.fixture
def unsaved(tables: None) -> Credential:
    """A row that was never stored."""
    return Credential(secret=CANARY, config={"token": CANARY})


@pytest.fixture(params=["stored", "opened", "refreshed", "unsaved"])
def row(request: pytest.FixtureRequest, tables: None) -> Credential:
    """A row in each of its lives."""
    found: Credential = request.getfixturevalue(request.param)
    return found
