"""Run inside the portal's environment: very many shared secrets, sealed as any other, by COPY."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from secrets_app import names
from secrets_app.models import Secret
from secrets_app.payload import Payload
from secrets_app.permissions import SecretPermission
from secrets_app.services.secrets import Draft, prepare
from vaultportal.identity.grant_tables import numbers
from vaultportal.identity.models import Role

CHUNK = 5000
# Who is measured sees one in so many.
VISIBLE = 20
KIBIBYTE = {"value": "x" * 1000}
COLUMNS = {
    "secrets_app_secret": (
        "id, name, folded, author_id, updated_by_id, type, version, revision, created_at,"
        " updated_at"
    ),
    "secrets_app_secretversion": (
        "secret_id, number, sealed, outline, size, author_id, reason, created_at"
    ),
    "crypto_object_key": "object_id, scope, data_key_version, wrapped",
    "secrets_app_secretrolegrant": "group_id, permission_id, content_object_id, position",
}
Rows = dict[str, list[tuple[Any, ...]]]


def name_of(number: int) -> str:
    """``svc/<team>/<number>``: shared first parts, as people name things."""
    return f"svc/team-{number % 97}/{number:07}"


def fill(first: int, end: int, seen: str, other: str) -> None:
    """Secrets ``first`` to ``end`` (left out).

    seen, other: ids of the roles that may read a twentieth of them, and all others.
    """
    roles = {uuid: Role.objects.get(uuid=uuid).pk for uuid in (seen, other)}
    for start in range(first, end, CHUNK):
        chunk = range(start, min(end, start + CHUNK))
        with transaction.atomic():
            _copy(_rows(chunk, roles[seen], roles[other]))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE secrets_app_secret, secrets_app_secretrolegrant")


def _rows(chunk: range, seen: int, other: int) -> Rows:
    rows: Rows = {table: [] for table in COLUMNS}
    author, now = UUID(int=0), datetime.now(UTC)
    read = numbers.on(SecretPermission.READ, Secret)
    for number in chunk:
        made = prepare(Draft(name_of(number), Payload.of(KIBIBYTE)))
        new, version = made.new, made.version
        name = new.name
        role = seen if number % VISIBLE == 0 else other
        values = _values(
            (new.id, name, names.folded(name), author, author, "", 1, 1, now, now),
            (new.id, 1, version.sealed, version.outline, version.size, author, "", now),
            (new.id, new.key.scope, new.key.data_key_version, bytes(new.key.wrapped)),
            (role, read, new.id, 0),
        )
        for table, row in values:
            rows[table].append(row)
    return rows


def _values(*rows: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    return zip(COLUMNS, rows, strict=True)


def _copy(rows: Rows) -> None:
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        for table, columns in COLUMNS.items():
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in rows[table]:
                    copy.write_row(row)
