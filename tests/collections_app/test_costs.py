"""What the data plane costs in statements: a fixed small number, for one object or a thousand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collections_app.schema.compiled import CollectionSchema
from collections_app.services.adding import add_object, add_objects
from collections_app.services.erasing import delete_object, delete_objects
from collections_app.services.options import ReadOptions, WriteOptions
from collections_app.services.reading import list_objects
from collections_app.services.searching import search_objects
from collections_app.services.updating import update_object, update_objects
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db

MAKER = Callable[..., CollectionSchema]
PLAIN = WriteOptions()
SHOWN = ReadOptions(props=("id", "full_name"))
MARKS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


@contextmanager
def costing(most: int) -> Iterator[None]:
    """At most that many statements, the marks of transactions apart."""
    with CaptureQueriesContext(connection) as counted:
        yield
    found = [each["sql"] for each in counted if not each["sql"].startswith(MARKS)]
    assert len(found) <= most, "\n".join(sql[:80] for sql in found)


@pytest.mark.parametrize("count", [1, 500])
def test_update_and_delete_do_not_grow_with_the_number_of_objects(
    keeper: Actor, make_collection: MAKER, count: int
) -> None:
    schema = make_collection()
    bodies = [{"full_name": f"n{n}", "mail": f"m{n}@x.example"} for n in range(count)]
    ids = add_objects(keeper, schema.name, bodies, PLAIN).ids
    changes = [{"id": str(each), "mail": f"k{n}@x.example"} for n, each in enumerate(ids)]

    with costing(7):
        assert update_objects(keeper, schema.name, changes, PLAIN).is_done
    with costing(4):
        gone = [{"id": str(each)} for each in ids]
        assert delete_objects(keeper, schema.name, gone, PLAIN).is_done


def test_one_object_is_changed_and_erased_in_few_statements(
    keeper: Actor, make_collection: MAKER
) -> None:
    schema = make_collection()
    made = str(add_object(keeper, schema.name, {"full_name": "a"}, PLAIN))

    with costing(4):
        update_object(keeper, schema.name, made, {"full_name": "b"}, PLAIN)
    with costing(4):
        delete_object(keeper, schema.name, made, PLAIN)


def test_a_page_and_a_search_are_one_statement_and_the_trail(
    keeper: Actor, make_collection: MAKER
) -> None:
    schema = make_collection()
    bodies = [{"full_name": f"n{n}", "mail": f"m{n}@x.example"} for n in range(120)]
    add_objects(keeper, schema.name, bodies, PLAIN)

    with costing(3):
        assert len(list_objects(keeper, schema.name, SHOWN).results) == 100
    with costing(3):
        query = {"match": {"mail": "m7@x.example"}}
        assert len(search_objects(keeper, schema.name, query, SHOWN).results) == 1
