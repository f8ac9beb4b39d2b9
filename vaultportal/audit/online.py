"""Indexes on a table that is written to all the time: built beside the writers, never before them.

A build that was cut off leaves an index behind that costs each write and serves no read. So each
operation looks first: a whole index is left alone, half a one is dropped and built anew.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently, NotInTransactionMixin
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import RunSQL


class AddIndexOnline(AddIndexConcurrently):
    """An index that the model names. The migration says ``atomic = False``."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any
    ) -> None:
        self._ensure_not_in_transaction(schema_editor)
        if not settle(schema_editor, self.index.name):
            super().database_forwards(app_label, schema_editor, *states)


class IndexOnline(NotInTransactionMixin, RunSQL):
    """An index that no model can name.

    definition: what stands behind ``CREATE INDEX … ON``.
    """

    def __init__(self, name: str, definition: str) -> None:
        self.name = name
        super().__init__(
            f"CREATE INDEX CONCURRENTLY {name} ON {definition}",
            f"DROP INDEX CONCURRENTLY IF EXISTS {name}",
        )

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any
    ) -> None:
        self._ensure_not_in_transaction(schema_editor)
        if not settle(schema_editor, self.name):
            super().database_forwards(app_label, schema_editor, *states)


def settle(editor: BaseDatabaseSchemaEditor, name: str) -> bool:
    """Whether the index is there and whole; half a one is dropped."""
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [name])
        found = cursor.fetchone()
    if found is not None and not found[0]:
        editor.execute(f"DROP INDEX CONCURRENTLY {editor.quote_name(name)}")
    return found is not None and bool(found[0])
