"""A property becomes unique or encrypted while its objects are there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from collections_app import jobs
from collections_app.models import IndexEntry, Object, Property, SchemaJob
from collections_app.schema.compiled import CollectionSchema
from collections_app.schema.drafts import PropertyDraft
from collections_app.services.adding import add_object, add_objects
from collections_app.services.hardening import encrypt_property, make_unique
from collections_app.services.options import ReadOptions, WriteOptions
from collections_app.services.properties import update_property
from collections_app.services.reading import get_object
from collections_app.services.searching import search_objects
from collections_app.services.updating import update_object
from vaultportal.audit.models import AuditEntry
from vaultportal.errors import Conflict, Invalid
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db

MAKER = Callable[..., CollectionSchema]
PLAIN = WriteOptions()
IDS = ReadOptions(props=("id",))
STAFF: list[dict[str, Any]] = [
    {"name": "badge", "data_type_name": "STRING"},
    {"name": "ward", "data_type_name": "STRING", "is_encrypted": False, "is_index": True,
     "is_nullable": True},
]  # fmt: skip


def row(schema: CollectionSchema, name: str) -> Property:
    return Property.objects.get(collection=schema.id, name=name)


def found(keeper: Actor, schema: CollectionSchema, **match: Any) -> list[str]:
    page = search_objects(keeper, schema.name, {"match": match}, IDS)
    return [each["id"] for each in page.results]


def add(keeper: Actor, schema: CollectionSchema, *badges: str) -> list[UUID]:
    bodies = [{"badge": badge, "ward": f"w{badge}"} for badge in badges]
    return add_objects(keeper, schema.name, bodies, PLAIN).ids


def test_from_the_request_on_no_second_value_comes_in(
    keeper: Actor, make_collection: MAKER
) -> None:
    schema = make_collection(STAFF)
    add(keeper, schema, "a", "b", "c")

    job = make_unique(keeper, schema.name, "badge")

    assert job is not None
    add_object(keeper, schema.name, {"badge": "d"}, PLAIN)
    with pytest.raises(Conflict):  # from now on, whatever the job has seen
        add_object(keeper, schema.name, {"badge": "d"}, PLAIN)


def test_the_job_guards_what_was_there_and_tells_how_far_it_is(
    keeper: Actor, make_collection: MAKER, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 2)
    schema = make_collection(STAFF)
    ids = add(keeper, schema, "a", "b", "c", "d", "e")
    job = make_unique(keeper, schema.name, "badge")
    assert job is not None
    SchemaJob.objects.claim(str(job.pk))
    job.refresh_from_db()

    assert jobs.one_batch(job)  # this worker dies, another goes on from the cursor
    assert job.done == 2
    assert not row(schema, "badge").is_unique
    SchemaJob.objects.filter(pk=job.pk).update(state=SchemaJob.State.QUEUED)
    jobs.run_steps(str(job.pk))

    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (SchemaJob.State.DONE, 5, 5)
    assert row(schema, "badge").is_unique
    assert found(keeper, schema, badge="d") == [str(ids[3])]
    with pytest.raises(Conflict) as taken:
        add_object(keeper, schema.name, {"badge": "b"}, PLAIN)
    assert taken.value.reason == "value.taken"


@pytest.mark.parametrize("batch", [500, 1], ids=["in-a-batch", "in-two-batches"])
def test_two_alike_end_the_job_which_names_them_and_all_is_as_before(
    keeper: Actor, make_collection: MAKER, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(jobs, "BATCH", batch)
    schema = make_collection(STAFF)
    one, _, other = add(keeper, schema, "a", "b", "a")
    job = make_unique(keeper, schema.name, "badge")
    assert job is not None

    jobs.run_steps(str(job.pk))

    job.refresh_from_db()
    assert job.state == SchemaJob.State.FAILED
    assert job.failure == f"Objects {one} and {other} have the same value."
    after = row(schema, "badge")
    assert (after.is_unique, after.is_guarding) == (False, False)
    add_object(keeper, schema.name, {"badge": "b"}, PLAIN)
    entry = AuditEntry.objects.get(action="collection.change", target_name=schema.name)
    assert entry.outcome == "failure"
    left = SchemaJob.objects.get(collection=schema.id, kind=SchemaJob.Kind.DROP_INDEX)
    jobs.run_steps(str(left.pk))
    assert not IndexEntry.objects.filter(property_id=after.pk).exists()


def test_an_archived_object_is_no_duplicate(keeper: Actor, make_collection: MAKER) -> None:
    schema = make_collection(STAFF)
    one, _ = add(keeper, schema, "a", "a")
    Object.objects.filter(object_id=one).update(ends_at=timezone.now() - timedelta(days=1))
    job = make_unique(keeper, schema.name, "badge")
    assert job is not None

    jobs.run_steps(str(job.pk))

    assert row(schema, "badge").is_unique


def test_a_clear_property_is_sealed_and_read_all_the_while(
    keeper: Actor, make_collection: MAKER, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 2)
    schema = make_collection(STAFF)
    ids = add(keeper, schema, "a", "b", "c")
    number = str(row(schema, "ward").pk)
    ward = ReadOptions(props=("ward",))

    job = encrypt_property(keeper, schema.name, "ward")
    assert job is not None
    fresh = add_object(keeper, schema.name, {"badge": "f", "ward": "wf"}, PLAIN)
    update_object(keeper, schema.name, str(ids[1]), {"ward": "wz"}, PLAIN)
    assert found(keeper, schema, ward="wa") == [str(ids[0])]
    for object_id, value in zip([*ids, fresh], ["wa", "wz", "wc", "wf"], strict=True):
        assert get_object(keeper, schema.name, str(object_id), ward) == {"ward": value}
    assert number not in Object.objects.get(object_id=ids[1]).clear
    assert number in Object.objects.get(object_id=ids[0]).clear

    jobs.run_steps(str(job.pk))

    for stored in Object.objects.filter(collection=schema.id):
        assert number not in stored.clear
    after = row(schema, "ward")
    assert (after.is_encrypted, after.is_sealing, after.is_index_ready) == (True, False, True)
    for value, object_id in (("wc", ids[2]), ("wf", fresh), ("wz", ids[1])):
        assert found(keeper, schema, ward=value) == [str(object_id)]
    keys = IndexEntry.objects.filter(property_id=after.pk).values_list("key", flat=True)
    assert {len(bytes(key)) for key in keys} == {16}


def test_without_objects_the_change_is_done_at_once(keeper: Actor, make_collection: MAKER) -> None:
    schema = make_collection(STAFF)

    assert make_unique(keeper, schema.name, "badge") is None
    assert encrypt_property(keeper, schema.name, "ward") is None

    assert row(schema, "badge").is_unique
    assert row(schema, "ward").is_encrypted


def test_what_cannot_be_is_refused(keeper: Actor, make_collection: MAKER) -> None:
    schema = make_collection(
        [*STAFF, {"name": "memo", "data_type_name": "LONG_TEXT", "is_nullable": True},
         {"name": "code", "data_type_name": "STRING", "is_unique": True, "is_encrypted": False}]
    )  # fmt: skip
    add_object(keeper, schema.name, {"badge": "a", "code": "1"}, PLAIN)
    make_unique(keeper, schema.name, "badge")
    draft = PropertyDraft("badge", is_index=True, given=frozenset({"is_index"}))

    for change in (
        lambda: make_unique(keeper, schema.name, "badge"),
        lambda: make_unique(keeper, schema.name, "memo"),
        lambda: make_unique(keeper, schema.name, "code"),
        lambda: encrypt_property(keeper, schema.name, "code"),
        lambda: encrypt_property(keeper, schema.name, "memo"),
        lambda: update_property(keeper, schema.name, "badge", draft),
    ):
        with pytest.raises(Invalid) as refused:
            change()
        assert refused.value.reason == "schema.change"


def test_the_command_follows_the_job_and_ends_badly_with_it(
    keeper: Actor, make_collection: MAKER
) -> None:
    schema = make_collection(STAFF)
    one, other = add(keeper, schema, "a", "a")

    call_command("change_property", schema.name, "ward", "--encrypted", "--here")
    with pytest.raises(CommandError, match=f"Objects {one} and {other} have"):
        call_command("change_property", schema.name, "badge", "--unique", "--here")

    assert row(schema, "ward").is_encrypted
