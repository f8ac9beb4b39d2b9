"""Who calls: the API client with every right, and people without."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.portal import Portal
from tests.secrets_app.identity_api.wire import CodeFlow, Wire, log_in_machine, unique

PASSWORD = "four quite long words"


@dataclass(frozen=True)
class Person:
    """Somebody with an account, signed in through the code flow."""

    id: str
    username: str
    wire: Wire


# Made anew for each file: a token lives for less than a whole run takes.
@pytest.fixture(scope="module")
def admin(portal: Portal) -> Wire:
    privx = portal.credentials["privx"]
    return log_in_machine(portal, privx["api_client_id"], privx["api_client_secret"])


@pytest.fixture
def person(portal: Portal, admin: Wire) -> Person:
    username = unique("person")
    body = {"username": username, "password": {"password": PASSWORD}}
    made = admin.post("/local-user-store/api/v1/users", body, 201)
    token = CodeFlow(portal).run(username, PASSWORD)["access_token"]
    return Person(made["id"], username, Wire(portal.url, token))
