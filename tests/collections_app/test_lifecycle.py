"""Ends, archives and pieces, as the sweeps see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from collections_app import jobs, lifecycle
from collections_app.models import IndexEntry, Object, Property, SchemaJob, SubstringEntry
from collections_app.schema.compiled import CollectionSchema
from collections_app.schema.drafts import PropertyDraft
from collections_app.services.adding import add_object, add_objects
from collections_app.services.collections import delete_collection
from collections_app.services.erasing import delete_object
from collections_app.services.options import ReadOptions, WriteOptions
from collections_app.services.properties import delete_property, update_property
from collections_app.services.reading import get_object
from collections_app.services.searching import search_objects
from vaultportal.crypto.models import DataKey, KeyState, ObjectKey
from vaultportal.errors import Gone, Unavailable
from vaultportal.events.models import Event
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db

type_of_maker = Callable[..., CollectionSchema]
PLAIN = WriteOptions()


def test_an_end_is_told_once_and_lets_go_of_unique_values(
    keeper: Actor, make_collection: type_of_maker
) -> None:
    schema = make_collection()
    made = add_object(keeper, schema.name, {"full_name": "a", "mail": "a@x.example"}, PLAIN)
    Object.objects.filter(object_id=made).update(ends_at=timezone.now() - timedelta(seconds=1))

    assert lifecycle.tell_expired() == 1
    assert lifecycle.tell_expired() == 0

    event = Event.objects.get(type="vault:object-expired", payload__id=str(made))
    assert event.payload["path"] == f"{schema.name}/{made}"
    assert not IndexEntry.objects.filter(object__object_id=made, guard=True).exists()


def test_pieces_are_built_and_answer_like(keeper: Actor, make_collection: type_of_maker) -> None:
    schema = make_collection(
        [{"name": "full_name", "data_type_name": "NAME", "is_substring_index": True}]
    )
    made = add_object(keeper, schema.name, {"full_name": "Johanna Marlowe"}, PLAIN)
    query = {"like": {"full_name": "*hanna*"}}
    with pytest.raises(Unavailable) as building:
        search_objects(keeper, schema.name, query, ReadOptions(props=("id",)))

    assert lifecycle.refresh_pieces() == 1

    page = search_objects(keeper, schema.name, query, ReadOptions(props=("id",)))
    assert page.results == [{"id": str(made)}]
    assert building.value.reason == "substring.building"
    kept = SubstringEntry.objects.get(object__object_id=made).grams
    assert len(kept) == len("johanna marlowe") - 2


def test_garbage_is_what_was_archived_longer_than_the_retention(
    keeper: Actor, make_collection: type_of_maker
) -> None:
    schema = make_collection()
    outcome = add_objects(keeper, schema.name, [{"full_name": "a"}, {"full_name": "b"}], PLAIN)
    old = timezone.now() - timedelta(days=31)
    Object.objects.filter(object_id=outcome.ids[0]).update(ends_at=old)
    key_id = Object.objects.get(object_id=outcome.ids[0]).key_id

    counted = lifecycle.collect_garbage(dry_run=True)
    assert Object.objects.filter(object_id=outcome.ids[0]).exists()
    lifecycle.collect_garbage(dry_run=False)

    assert {each.name: each.count for each in counted}[schema.name] == 1
    assert [each.kind for each in counted[-2:]] == ["TOKENS", "TRANSACTION_IDS"]
    assert not Object.objects.filter(object_id=outcome.ids[0]).exists()
    assert Object.objects.filter(object_id=outcome.ids[1]).exists()
    assert not ObjectKey.objects.filter(pk=key_id).exists()


def test_erasing_takes_the_key_so_that_old_rows_never_open_again(
    keeper: Actor, make_collection: type_of_maker
) -> None:
    schema = make_collection()
    made = add_object(keeper, schema.name, {"full_name": "Ida"}, PLAIN)
    yesterday = Object.objects.get(object_id=made)
    delete_object(keeper, schema.name, str(made), PLAIN)

    # Somebody restores the rows of the day before, without the keys of that day.
    yesterday._state.adding = True
    yesterday.save(force_insert=True)

    with pytest.raises(Gone):
        get_object(keeper, schema.name, str(made), ReadOptions(unsafe=True))


def _job(schema: CollectionSchema) -> SchemaJob:
    return SchemaJob.objects.get(collection=schema.id)


def test_an_index_is_built_over_what_is_there(
    keeper: Actor, make_collection: type_of_maker
) -> None:
    schema = make_collection()
    bodies = [{"full_name": f"n{number}"} for number in range(7)]
    ids = add_objects(keeper, schema.name, bodies, PLAIN).ids
    draft = PropertyDraft("full_name", is_index=True, given=frozenset({"is_index"}))
    update_property(keeper, schema.name, "full_name", draft)
    query = {"match": {"full_name": "n3"}}
    before = search_objects(keeper, schema.name, query, ReadOptions(props=("id",)))
    assert not Property.objects.get(collection=schema.id, name="full_name").is_index_ready

    jobs.run_steps(str(_job(schema).pk))

    row = Property.objects.get(collection=schema.id, name="full_name")
    assert row.is_index_ready
    assert IndexEntry.objects.filter(property_id=row.id).count() == 7
    after = search_objects(keeper, schema.name, query, ReadOptions(props=("id",)))
    assert before.results == after.results == [{"id": str(ids[3])}]
    job = _job(schema)
    assert (job.state, job.done, job.total) == (SchemaJob.State.DONE, 7, 7)


def test_a_removed_property_is_erased_from_every_object(
    keeper: Actor, make_collection: type_of_maker
) -> None:
    schema = make_collection()
    made = add_object(
        keeper, schema.name, {"full_name": "a", "mail": "a@x.example", "note": "n"}, PLAIN
    )
    numbers = {name: schema.properties[name].id for name in ("mail", "note")}
    before = len(Object.objects.get(object_id=made).cells)

    delete_property(keeper, schema.name, "mail")
    delete_property(keeper, schema.name, "note")
    for job in SchemaJob.objects.filter(collection=schema.id):
        jobs.run_steps(str(job.pk))

    row = Object.objects.get(object_id=made)
    assert len(row.cells) < before
    assert row.clear == {}
    assert not IndexEntry.objects.filter(property_id__in=numbers.values()).exists()
    shown = get_object(keeper, schema.name, str(made), ReadOptions(unsafe=True))
    assert shown == {"id": str(made), "full_name": "a", "phone": None}


def test_a_deleted_collection_leaves_no_row_and_no_key(
    keeper: Actor, make_collection: type_of_maker
) -> None:
    schema = make_collection()
    add_objects(keeper, schema.name, [{"full_name": "a"}, {"full_name": "b"}], PLAIN)
    delete_collection(keeper, schema.name)

    jobs.run_steps(str(_job(schema).pk))

    assert not Object.objects.filter(collection=schema.id).exists()
    assert not ObjectKey.objects.filter(scope=schema.scope).exists()
    keys = DataKey.objects.filter(scope__endswith=str(schema.id))
    assert {key.state for key in keys} == {KeyState.DESTROYED}
    assert not SchemaJob.objects.filter(collection=schema.id).exists()


def test_a_job_is_claimed_once_and_goes_on_where_it_was(
    keeper: Actor, make_collection: type_of_maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 2)
    schema = make_collection()
    add_objects(keeper, schema.name, [{"full_name": f"n{n}"} for n in range(5)], PLAIN)
    draft = PropertyDraft("full_name", is_index=True, given=frozenset({"is_index"}))
    update_property(keeper, schema.name, "full_name", draft)
    job_id = str(_job(schema).pk)
    assert SchemaJob.objects.claim(job_id)
    assert not SchemaJob.objects.claim(job_id)
    job = _job(schema)
    assert jobs.one_batch(job)  # and then the worker dies

    SchemaJob.objects.filter(pk=job_id).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert list(SchemaJob.objects.due().values_list("pk", flat=True)) == [job.pk]
    jobs.run_steps(job_id)

    job = _job(schema)
    assert (job.state, job.done, job.attempts) == (SchemaJob.State.DONE, 5, 2)
