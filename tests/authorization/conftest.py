"""One cast for all rows of a file."""

from __future__ import annotations

import pytest

from tests.authorization.cast import Cast
from tests.portal import Portal


# Made anew for each file: a token lives for less than a whole run takes.
@pytest.fixture(scope="module")
def cast(portal: Portal) -> Cast:
    return Cast(portal)
