"""One administrator and a few people on the wire of the session's portal."""

from __future__ import annotations

import pytest

from tests.portal import Portal
from tests.s3vault_app.api.wire import Wire


@pytest.fixture(scope="module")  # its token is good for half an hour
def admin(portal: Portal) -> Wire:
    wire = Wire(portal)
    access = portal.credentials["commvault"]
    wire.log_in(access["username"], access["password"])
    return wire
