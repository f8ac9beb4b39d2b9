"""Adding objects at the door: what is stored, what is refused, what it costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collections_app.models import IndexEntry, Object, Property
from collections_app.schema.compiled import CollectionSchema
from collections_app.services.adding import add_object, add_objects
from collections_app.services.options import Expiration, ReadOptions, WriteOptions
from collections_app.services.reading import get_object
from tests.collections_app.conftest import ALLOW_ALL, an_actor
from vaultportal.audit.models import AuditEntry
from vaultportal.crypto.models import ObjectKey
from vaultportal.errors import Conflict, Forbidden, Invalid, NotFound, VaultError
from vaultportal.events.models import Event
from vaultportal.identity.actor import Actor

pytestmark = pytest.mark.django_db

type_of_maker = Callable[..., CollectionSchema]
PLAIN = WriteOptions()
IDA = {"full_name": "Ida Roth", "mail": "ida@clinic.example", "note": "canary-note"}


def read(actor: Actor, schema: CollectionSchema, made: UUID, **options: Any) -> dict[str, Any]:
    return get_object(actor, schema.name, str(made), ReadOptions(unsafe=True, **options))


def statements(counted: CaptureQueriesContext) -> list[str]:
    """What was counted, the marks of transactions apart."""
    marks = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return [each["sql"] for each in counted if not each["sql"].startswith(marks)]


def test_what_was_added_is_read_back(keeper: Actor, make_collection: type_of_maker) -> None:
    schema = make_collection()

    made = add_object(keeper, schema.name, IDA, PLAIN)

    assert read(keeper, schema, made) == {"id": str(made), "phone": None, **IDA}


def test_nothing_encrypted_is_in_clear_in_the_row(
    keeper: Actor, make_collection: type_of_maker
) -> None:
    schema = make_collection()

    made = add_object(keeper, schema.name, IDA, PLAIN)

    row = Object.objects.get(object_id=made)
    entries = IndexEntry.objects.filter(object=row)
    kept = bytes(row.cells) + b"".join(bytes(entry.key) for entry in entries)
    assert b"Ida" not in kept
    assert b"clinic" not in kept
    assert row.clear == {str(schema.properties["note"].id): "canary-note"}
    keys = {entry.property_id: bytes(entry.key) for entry in entries}
    assert keys[schema.properties["note"].id] == b"canary-note"
    assert len(keys[schema.properties["mail"].id]) == 16


def test_it_leaves_a_trace_without_values(keeper: Actor, make_collection: type_of_maker) -> None:
    schema = make_collection()

    made = add_object(keeper.with_(reason="AccountManagement"), schema.name, IDA, PLAIN)

    entry = AuditEntry.objects.get(action="object.add", target_id=str(made))
    assert entry.reason == "AccountManagement"
    assert b"Ida" not in bytes(entry.body)
    event = Event.objects.get(type="vault:object-added", payload__id=str(made))
    assert event.payload["path"] == f"{schema.name}/{made}"
    assert "Ida" not in str(event.payload)


def test_one_object_costs_one_statement_and_the_trail(
    keeper: Actor, make_collection: type_of_maker
) -> None:
    schema = make_collection()
    add_object(keeper, schema.name, {"full_name": "warm"}, PLAIN)

    with CaptureQueriesContext(connection) as counted:
        made = add_object(keeper, schema.name, IDA, PLAIN)
    assert len(statements(counted)) == 3

    with CaptureQueriesContext(connection) as counted:
        read(keeper, schema, made)
    assert len(statements(counted)) == 3


def test_a_thousand_objects_cost_as_many_statements_as_one(
    keeper: Actor, make_collection: type_of_maker
) -> None:
    schema = make_collection()
    bodies = [{"full_name": f"n{i}", "mail": f"m{i}@x.example"} for i in range(1000)]
    add_object(keeper, schema.name, {"full_name": "warm"}, PLAIN)

    with CaptureQueriesContext(connection) as counted:
        outcome = add_objects(keeper, schema.name, bodies, PLAIN)

    assert len(statements(counted)) == 3
    assert outcome.is_done
    assert len(set(outcome.ids)) == 1000
    shown = read(keeper, schema, outcome.ids[417])
    assert shown["full_name"] == "n417"


def test_the_id_may_be_the_callers(keeper: Actor, make_collection: type_of_maker) -> None:
    schema = make_collection()
    other = make_collection()
    wanted = uuid4()
    body = {"id": str(wanted).upper(), "full_name": "a"}

    assert add_object(keeper, schema.name, body, PLAIN) == wanted
    assert add_object(keeper, other.name, body, PLAIN) == wanted
    with pytest.raises(Conflict) as clash:
        add_object(keeper, schema.name, body, PLAIN)

    assert clash.value.reason == "name.taken"


def test_a_unique_value_is_unique_among_active_objects(
    keeper: Actor, make_collection: type_of_maker
) -> None:
    schema = make_collection()
    soon = WriteOptions(expiration=Expiration(is_given=True, seconds=1))
    first = add_object(keeper, schema.name, {"full_name": "a", "mail": "a@X.example"}, soon)

    with pytest.raises(Conflict) as clash:
        add_object(keeper, schema.name, {"full_name": "b", "mail": "a@x.example"}, PLAIN)
    Object.objects.filter(object_id=first).update(ends_at="2020-01-01T00:00:00Z")
    second = add_object(keeper, schema.name, {"full_name": "b", "mail": "a@x.example"}, PLAIN)

    assert clash.value.reason == "value.taken"
    assert clash.value.context == {"properties": "mail"}
    assert read(keeper, schema, second)["full_name"] == "b"


@pytest.mark.parametrize(
    ("body", "reason", "kind"),
    [
        ({}, "value.required", Invalid),
        ({"full_name": None}, "value.required", Invalid),
        ({"full_name": 5}, "value.invalid", Invalid),
        ({"full_name": "a", "mail": "nobody"}, "value.invalid", Invalid),
        ({"full_name": "a", "nope": 1}, "property.missing", NotFound),
        ({"full_name": "a", "_creation_time": "2020-01-01T00:00:00Z"}, "property.readonly",
         Invalid),
        ({"full_name": "a", "_owner_id": str(uuid4()), "_owner_collection": "x"},
         "property.readonly", Invalid),
        ({"full_name": "a", "id": "7"}, "value.invalid", Invalid),
    ],
)  # fmt: skip
def test_a_bad_object_is_refused_and_leaves_nothing(
    keeper: Actor,
    make_collection: type_of_maker,
    body: dict[str, Any],
    reason: str,
    kind: type[VaultError],
) -> None:
    schema = make_collection()
    before = (AuditEntry.objects.count(), Event.objects.count(), ObjectKey.objects.count())

    with pytest.raises(kind) as refusal:
        add_object(keeper, schema.name, body, PLAIN)

    assert refusal.value.reason == reason
    assert not Object.objects.filter(collection=schema.id).exists()
    assert before == (
        AuditEntry.objects.count(),
        Event.objects.count(),
        ObjectKey.objects.count(),
    )


def test_import_honours_the_times(keeper: Actor, make_collection: type_of_maker) -> None:
    schema = make_collection()
    body = {
        "full_name": "a",
        "_creation_time": "2020-01-01T00:00:00Z",
        "_modification_time": "2021-01-01T00:00:00Z",
        "_expiration_time": "2999-01-01T00:00:00Z",
    }

    made = add_object(keeper, schema.name, body, WriteOptions(is_import=True))

    shown = read(keeper, schema, made, show_builtins=True)
    assert shown["_creation_time"] == "2020-01-01T00:00:00.000000Z"
    assert shown["_modification_time"] == "2021-01-01T00:00:00.000000Z"
    assert shown["_expiration_time"] == "2999-01-01T00:00:00.000000Z"


def test_an_owned_object_takes_tenant_and_end_of_its_owner(
    keeper: Actor, make_collection: type_of_maker
) -> None:
    people, cards = make_collection(), make_collection([], kind="DATA")
    day = WriteOptions(expiration=Expiration(is_given=True, seconds=86400))
    owner = add_object(keeper, people.name, {"full_name": "a", "_tenant_id": "t1"}, day)
    owned = {"_owner_id": str(owner), "_owner_collection": people.name}

    made = add_object(keeper, cards.name, owned, PLAIN)

    shown = read(keeper, cards, made, show_builtins=True)
    expires = read(keeper, people, owner, show_builtins=True)["_expiration_time"]
    assert shown["_tenant_id"] == "t1"
    assert shown["_expiration_time"] == expires
    assert shown["_owner_id"] == str(owner)
    assert shown["_owner_collection"] == people.name
    with pytest.raises(Invalid):
        add_object(keeper, cards.name, owned | {"_tenant_id": "t2"}, PLAIN)
    with pytest.raises(Invalid):
        add_object(keeper, cards.name, {"_owner_id": str(owner)}, PLAIN)
    with pytest.raises(NotFound):
        add_object(keeper, cards.name, owned | {"_owner_id": str(uuid4())}, PLAIN)


@pytest.mark.parametrize(
    ("tenants", "given", "stored"),
    [(("t1",), None, "t1"), (("t1", "t2"), "t2", "t2"), ((), "t3", "t3"), ((), None, None)],
)
def test_the_tenant_of_a_new_object(
    keeper: Actor,
    make_collection: type_of_maker,
    tenants: tuple[str, ...],
    given: str | None,
    stored: str | None,
) -> None:
    schema = make_collection()
    body = {"full_name": "a"} | ({"_tenant_id": given} if given else {})

    made = add_object(keeper, schema.name, body, WriteOptions(tenants=tenants))

    assert Object.objects.get(object_id=made).tenant_id == stored


def test_a_tenant_that_is_not_in_the_header_is_refused(
    keeper: Actor, make_collection: type_of_maker
) -> None:
    schema = make_collection()

    with pytest.raises(Forbidden) as refusal:
        body = {"full_name": "a", "_tenant_id": "t9"}
        add_object(keeper, schema.name, body, WriteOptions(tenants=("t1",)))
    with pytest.raises(Invalid) as unclear:
        add_object(keeper, schema.name, {"full_name": "a"}, WriteOptions(tenants=("t1", "t2")))

    assert refusal.value.reason == "tenant.violation"
    assert unclear.value.reason == "tenant.unclear"


def test_bulk_is_all_or_nothing_and_in_order(keeper: Actor, make_collection: type_of_maker) -> None:
    schema = make_collection()
    taken = str(uuid4())
    add_object(keeper, schema.name, {"id": taken, "full_name": "x"}, PLAIN)

    bad = add_objects(keeper, schema.name, [{"full_name": "a"}, {"full_name": 1}], PLAIN)
    clash = add_objects(
        keeper, schema.name, [{"full_name": "a"}, {"full_name": "b", "id": taken}], PLAIN
    )
    twice = add_objects(
        keeper,
        schema.name,
        [{"full_name": "a", "mail": "a@x.example"}, {"full_name": "b", "mail": "a@x.example"}],
        PLAIN,
    )

    assert bad.fault_at(0).reason == "bulk.aborted"
    assert bad.fault_at(1).reason == "value.invalid"
    assert clash.fault_at(1).reason == "name.taken"
    assert [each.reason for each in twice.faults.values()] == ["value.taken"]
    assert Object.objects.filter(collection=schema.id).count() == 1


def test_a_changed_schema_is_seen_at_once(keeper: Actor, make_collection: type_of_maker) -> None:
    schema = make_collection()
    add_object(keeper, schema.name, {"full_name": "a"}, PLAIN)
    # Another process adds a property: this one's cache is behind.
    Property.objects.create(
        collection_id=schema.id, name="later", data_type_name="STRING", is_nullable=True
    )

    with pytest.raises(NotFound):
        add_object(keeper, schema.name, {"full_name": "a", "never": "x"}, PLAIN)
    made = add_object(keeper, schema.name, {"full_name": "a", "later": "x"}, PLAIN)

    assert read(keeper, schema, made)["later"] == "x"


def test_without_capability_or_policy_nothing_is_added(make_collection: type_of_maker) -> None:
    schema = make_collection()

    with pytest.raises(Forbidden) as capability:
        add_object(an_actor(ALLOW_ALL, capabilities=[]), schema.name, IDA, PLAIN)
    with pytest.raises(Forbidden) as unseen:
        add_object(an_actor(ALLOW_ALL, capabilities=[]), "no_such", IDA, PLAIN)
    with pytest.raises(Forbidden) as policy:
        add_object(an_actor(), schema.name, IDA, PLAIN)

    assert capability.value.reason == unseen.value.reason == "capability"
    assert policy.value.reason == "policy"
