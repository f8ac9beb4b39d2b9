"""The clients of the wire's tests, a gated secret, and people."""

from __future__ import annotations

import pytest

from secrets_app.records import Written
from tests.factories import as_member, make_role
from tests.secrets_app.factories import make_shared
from tests.triggers_app.api.conftest import sail
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role

__all__ = ["sail"]


@pytest.fixture
def approvers() -> Role:
    return make_role()


@pytest.fixture
def readers() -> Role:
    return make_role()


@pytest.fixture
def reader(readers: Role) -> Actor:
    return as_member(readers)


@pytest.fixture
def secret(readers: Role) -> Written:
    return make_shared(readers=(readers,))
