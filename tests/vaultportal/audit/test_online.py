"""Indexes that are built beside writers: again after a death, and not twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, NotSupportedError, connection
from django.db.migrations.state import ProjectState

from vaultportal.audit.online import IndexOnline

pytestmark = pytest.mark.django_db(transaction=True)
STATE = ProjectState()


def run(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def found() -> list[tuple[object, ...]]:
    return run("SELECT indexrelid, indisvalid FROM pg_index WHERE indexrelid = to_regclass('half')")


@pytest.fixture
def half() -> Iterator[None]:
    """An index that was begun and never finished, as a death in the middle leaves it."""
    run("CREATE TABLE worked_on (a int)")
    run("INSERT INTO worked_on VALUES (1), (1)")
    with pytest.raises(IntegrityError):
        run("CREATE UNIQUE INDEX CONCURRENTLY half ON worked_on (a)")
    yield
    run("DROP TABLE worked_on")


def test_half_an_index_is_built_anew_and_a_whole_one_is_left(half: None) -> None:
    operation = IndexOnline("half", "worked_on (a)")
    assert [valid for _, valid in found()] == [False]

    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("audit", editor, STATE, STATE)
    built = found()
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("audit", editor, STATE, STATE)

    assert [valid for _, valid in built] == [True]
    assert found() == built
    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards("audit", editor, STATE, STATE)
    assert found() == []


def test_it_refuses_a_transaction(half: None) -> None:
    with pytest.raises(NotSupportedError), connection.schema_editor() as editor:
        IndexOnline("half", "worked_on (a)").database_forwards("audit", editor, STATE, STATE)
