"""How many statements the hot paths cost, and along which indexes they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from secrets_app import selectors
from secrets_app.payload import Payload
from secrets_app.records import Ref
from secrets_app.selectors import Window
from secrets_app.services import secrets
from secrets_app.services.secrets import Draft
from secrets_app.services.sharing import RoleChange
from tests.factories import as_admin, as_member, as_owner, make_role, unique
from tests.secrets_app.factories import make_personal, make_shared, ref, uuids
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db
BRACKETS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


def statements(call: Callable[[], Any]) -> list[str]:
    """The statements of a call, transaction brackets aside."""
    with CaptureQueriesContext(connection) as captured:
        call()
    return [
        query["sql"] for query in captured.captured_queries if not query["sql"].startswith(BRACKETS)
    ]


@pytest.fixture(autouse=True)
def owner() -> Actor:
    """Somebody whose keys are in the process already, with all else that a process reads once."""
    owner = as_owner()
    secrets.read_secret(owner, ref(make_personal(owner)))
    return owner


def test_reading_costs_one_statement_and_the_trail(owner: Actor) -> None:
    made = make_personal(owner, readers=(make_role(), make_role()))

    run = statements(lambda: secrets.read_secret(owner, Ref.personal(owner.user_id, made.name)))

    assert len(run) == 3, run


def test_reading_through_a_role_costs_the_same() -> None:
    role = make_role()
    member, made = as_member(role), make_shared(readers=(role,))

    assert len(statements(lambda: secrets.read_secret(member, Ref.shared(made.name)))) == 3


def test_creating_costs_one_statement_and_the_trail(owner: Actor) -> None:
    draft = Draft(unique("new"), Payload.of({"a": 1}), owner.user_id, uuids(make_role()))

    run = statements(lambda: secrets.create_secret(owner, draft))

    assert len(run) == 3, run


def test_replacing_costs_a_look_a_write_and_the_trail(owner: Actor) -> None:
    made = make_personal(owner)

    run = statements(lambda: secrets.replace_secret(owner, ref(made), payload=Payload.of({"a": 2})))

    assert len(run) == 4, run


def test_new_role_lists_cost_one_more(owner: Actor) -> None:
    role, made = make_role(), make_personal(owner)
    change = RoleChange(uuids(role))

    run = statements(
        lambda: secrets.replace_secret(owner, ref(made), read_roles=change, write_roles=change)
    )

    assert len(run) == 5, run


def test_deleting_costs_a_look_a_write_and_the_trail(owner: Actor) -> None:
    made = make_personal(owner)

    assert len(statements(lambda: secrets.delete_secret(owner, ref(made)))) == 4


def test_metadata_cost_one_statement(owner: Actor) -> None:
    made = make_personal(owner)

    assert len(statements(lambda: selectors.get_secret(owner, ref(made)))) == 1


@pytest.mark.parametrize("matches", [3, 30])
def test_a_page_costs_two_statements_however_many_there_are(matches: int) -> None:
    admin, word, roles = as_admin(), unique("word"), (make_role(), make_role())
    for index in range(matches):
        make_shared(admin, name=f"{word}/{index}", readers=roles, writers=roles)

    run = statements(
        lambda: selectors.search_secrets(admin, Window(limit=3), keywords=word, filter="shared")
    )

    assert len(run) == 2, run
