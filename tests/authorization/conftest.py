"""One cast for all rows."""

from __future__ import annotations

import pytest

from tests.authorization.cast import Cast
from tests.portal import Portal


@pytest.fixture(scope="session")
def cast(portal: Portal) -> Cast:
    return Cast(portal)
