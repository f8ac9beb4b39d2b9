"""Lists among a hundred thousand secrets: a fixed number of statements, along an index."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from secrets_app import queries, selectors
from secrets_app.models import Secret, SecretRoleGrant
from secrets_app.permissions import SecretPermission
from secrets_app.selectors import Window
from tests.factories import as_admin, as_member, as_owner, as_stranger, make_role
from tests.secrets_app.factories import make_personal, make_shared
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.grant_tables import numbers
from vaultportal.identity.models import Role

pytestmark = pytest.mark.django_db
MANY = 100_000
BRACKETS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")

# Every twentieth is granted to the first role, all others to the second.
FILL = """
WITH made AS (
    INSERT INTO secrets_app_secret (id, name, folded, author_id, updated_by_id, type, version,
        revision, created_at, updated_at)
    SELECT gen_random_uuid(), name, name, gen_random_uuid(), gen_random_uuid(), '', 1, 1, now(),
        now()
    FROM (SELECT 'svc/' || md5(n::text) || '/' || n AS name FROM generate_series(1, %s) n) named
    RETURNING id, name
)
INSERT INTO secrets_app_secretrolegrant (group_id, permission_id, content_object_id, position)
SELECT CASE WHEN split_part(name, '/', 3)::int %% 20 = 0 THEN %s ELSE %s END, %s, id, 0 FROM made
"""


def fill(seen: Role, other: Role) -> None:
    read = numbers.on(SecretPermission.READ, Secret)
    with connection.cursor() as cursor:
        cursor.execute(FILL, [MANY, seen.pk, other.pk, read])
        cursor.execute("ANALYZE secrets_app_secret, secrets_app_secretrolegrant")


def recorded(call: Callable[[], Any]) -> tuple[Any, list[tuple[str, Any]]]:
    """What the call gave, and its statements with their values."""
    run: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 Django's signature
        if not sql.startswith(BRACKETS):
            run.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        return call(), run


def plan_of(sql: str, params: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", params)
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.slow
def test_lists_and_searches_of_the_visible_twentieth_are_two_statements_along_an_index() -> None:
    seen = make_role()
    member = as_member(seen)
    for _ in range(2):
        make_shared(readers=(seen,))
    search = partial(selectors.search_secrets, member, Window())
    selectors.list_shared(member, Window(limit=1))  # what a process reads once
    assert cost(partial(selectors.list_shared, member, Window())) == 2
    assert cost(partial(search, keywords="none")) == 1  # the count alone: there is no page to fetch
    made = make_shared(readers=(seen,))
    assert cost(partial(search, keywords=made.name)) == 2
    fill(seen, make_role())

    for offset in (0, 2_000):
        page, run = recorded(partial(selectors.list_shared, member, Window(offset)))

        assert (page.count, len(page.items)) == (MANY // 20 + 3, 100)
        along_an_index(run)
    wanted = f"/{MANY - 20}"  # in the name of one that is visible
    for filter, keywords in (("", wanted), ("readable", f"{wanted},{made.name}")):
        page, run = recorded(partial(search, keywords=keywords, filter=filter))

        assert page.count == len(page.items) == 1 + keywords.count(",")
        along_an_index(run)
    found, run = recorded(partial(selectors.find_secrets, member, limit=100))
    assert (len(found.items), len(run)) == (100, 1)


def cost(call: Callable[[], Any]) -> int:
    return len(recorded(call)[1])


def along_an_index(run: list[tuple[str, Any]]) -> None:
    """A count and a page, neither of which walks through all secrets."""
    assert len(run) == 2, [sql for sql, _ in run]
    for statement in run:
        plan = plan_of(*statement)
        assert "Seq Scan on secrets_app_secret s" not in plan, plan
        assert "Index Scan" in plan, plan


def every_name(actor: Actor) -> list[str]:
    """All that the lists show, page by page."""
    match = queries.Match()
    return [info.name for info in queries.page(actor, match, limit=1000)]


def test_lists_show_exactly_what_the_access_rule_permits() -> None:
    role, writers = make_role(), make_role()
    owner, reader, writer = as_owner(), as_member(role), as_member(writers)
    make_personal(owner, readers=(role,))
    make_personal(owner)
    make_shared(readers=(role,), writers=(writers,))
    make_shared()
    SecretRoleGrant.objects.filter(group_id=writers.pk).update(valid_until="2020-01-01T00:00:00Z")

    for actor in (owner, reader, writer, as_stranger(), as_admin()):
        permitted = access.permitted(actor, SecretPermission.VIEW, Secret.objects.all())
        names = sorted(permitted.values_list("name", flat=True))
        assert sorted(every_name(actor)) == names
        assert queries.count(actor, queries.Match()) == len(names)
