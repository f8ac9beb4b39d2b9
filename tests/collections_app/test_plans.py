"""The hot reads go through indexes: asked of the planner, over a table that is worth one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg
import pytest
from django.db import connection

from collections_app.schema.compiled import CollectionSchema
from collections_app.services import planning
from collections_app.services.adding import add_object, add_objects
from collections_app.services.options import ReadOptions, WriteOptions
from collections_app.services.reading import get_object, list_objects
from collections_app.services.searching import search_objects
from vaultportal.errors import Invalid, Unavailable
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db

MAKER = Callable[..., CollectionSchema]
PLAIN = WriteOptions()
SHOWN = ReadOptions(props=("id", "full_name"))
TABLES = frozenset({"collections_app_object", "collections_app_indexentry", "crypto_object_key"})
FILL = """
WITH made AS (
    INSERT INTO collections_app_object (collection_id, object_id, key_id, version, is_end_told,
        created_at, modified_at, grams_due, clear, cells)
    SELECT %(collection)s::uuid, gen_random_uuid(), gen_random_uuid(), 1, false, now(), now(),
        false, '{}', ''
    FROM generate_series(1, 20000) RETURNING seq, key_id
), keys AS (
    INSERT INTO crypto_object_key (object_id, scope, data_key_version, wrapped)
    SELECT key_id, %(scope)s, 1, '' FROM made
)
INSERT INTO collections_app_indexentry (object_id, property_id, key, guard)
SELECT seq, %(property)s, decode(md5(seq::text), 'hex'), true FROM made
"""


@contextmanager
def captured() -> Iterator[list[tuple[str, Any]]]:
    """The reads of objects that the block sends."""
    found: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 Django's signature
        if "FROM collections_app_object" in sql:
            found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def scans(statements: list[tuple[str, Any]]) -> set[str]:
    """The tables of ours that the statements would read from end to end."""
    session = connection.connection
    assert session is not None
    read: set[str] = set()
    for sql, params in statements:
        with psycopg.ClientCursor(session) as cursor:  # EXPLAIN sees the values that were sent
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            row = cursor.fetchone()
        assert row is not None
        plan = row[0] if isinstance(row[0], list) else orjson.loads(row[0])
        read |= set(_scanned(plan[0]["Plan"]))
    return read


def _scanned(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan" and node["Relation Name"] in TABLES:
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from _scanned(child)


@pytest.fixture
def crowd(keeper: Actor, make_collection: MAKER) -> tuple[CollectionSchema, str]:
    """A collection with one object that opens, among thousands."""
    schema = make_collection()
    body = {"full_name": "Ida", "mail": "ida@x.example", "note": "n"}
    made = str(add_object(keeper, schema.name, body, PLAIN))
    number = schema.properties["mail"].id
    with connection.cursor() as cursor:
        fill: dict[str, str | int] = {
            "collection": str(schema.id),
            "scope": schema.scope,
            "property": number,
        }
        cursor.execute(FILL, fill)
        for table in sorted(TABLES):
            cursor.execute(f"ANALYZE {table}")
    return schema, made


def test_one_object_is_found_by_index(keeper: Actor, crowd: tuple[CollectionSchema, str]) -> None:
    schema, made = crowd

    with captured() as statements:
        get_object(keeper, schema.name, made, SHOWN)
        list_objects(keeper, schema.name, SHOWN, ids=[made])

    assert len(statements) == 2
    assert scans(statements) == set()


@pytest.mark.parametrize("match", [{"mail": "ida@x.example"}, {"note": "n"}])
def test_a_search_goes_through_the_index(
    keeper: Actor, crowd: tuple[CollectionSchema, str], match: dict[str, str]
) -> None:
    schema, made = crowd

    with captured() as statements:
        page = search_objects(keeper, schema.name, {"match": match}, SHOWN)

    assert page.results == [{"id": made, "full_name": "Ida"}]
    assert len(statements) == 1
    assert scans(statements) == set()


def test_a_page_deep_inside_starts_where_the_last_one_ended(
    keeper: Actor, crowd: tuple[CollectionSchema, str]
) -> None:
    schema, _ = crowd
    ids = ReadOptions(props=("id",))
    cursor = list_objects(keeper, schema.name, ids, page_size=1000).cursor

    with captured() as statements:
        page = list_objects(keeper, schema.name, ids, page_size=10, cursor=cursor)

    assert len(page.results) == 10
    assert scans(statements) == set()


def test_a_search_without_an_index_opens_a_batch_with_one_statement(
    keeper: Actor, make_collection: MAKER, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "SCANNED_AT_ONCE", 40)
    schema = make_collection()
    bodies = [{"full_name": f"n{number % 10}"} for number in range(100)]
    add_objects(keeper, schema.name, bodies, PLAIN)

    with captured() as statements:
        page = search_objects(keeper, schema.name, {"match": {"full_name": "n7"}}, SHOWN)

    assert len(page.results) == 10
    assert len(statements) == 3  # 40, 40 and 20 objects


def test_a_search_without_an_index_ends_with_the_time_of_a_request(
    keeper: Actor, make_collection: MAKER, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setattr(planning, "SCANNED_AT_ONCE", 1)
    settings.PVAULT_SERVICE_TIMEOUT_SECONDS = 0
    schema = make_collection()
    add_objects(keeper, schema.name, [{"full_name": "a"}, {"full_name": "b"}], PLAIN)

    with pytest.raises(Unavailable) as late:
        search_objects(keeper, schema.name, {"match": {"full_name": "z"}}, SHOWN)

    assert late.value.reason == "timeout"


def test_too_many_conditions_are_refused(keeper: Actor, make_collection: MAKER) -> None:
    schema = make_collection()

    with pytest.raises(Invalid):
        search_objects(keeper, schema.name, {"in": {"full_name": ["x"] * 1001}}, SHOWN)
