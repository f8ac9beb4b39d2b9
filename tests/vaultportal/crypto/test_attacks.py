"""Somebody with write access to the database moves and alters what is sealed: nothing opens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import connection

from tests.vaultportal.crypto.conftest import start_over
from tests.vaultportal.crypto.samples import Cell, Credential, Twin
from vaultportal.crypto import envelope, keyring, roots
from vaultportal.crypto.envelope import Context
from vaultportal.crypto.errors import KeyGone, RootKeyRefused, Tampered
from vaultportal.crypto.message import OVERHEAD
from vaultportal.crypto.models import DataKey, KeyState, ObjectKey
from vaultportal.crypto.providers import registry
from vaultportal.crypto.store import Store

FLIP = (
    "UPDATE crypto_samples_credential SET secret ="
    " set_byte(secret, %s, get_byte(secret, %s) # 128) WHERE id = %s"
)
SEALED_SIZE = 32 + OVERHEAD
OURS, THEIRS = "secrets:user:ours", "secrets:user:theirs"


def sql(statement: str, *params: int | UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def place(object_id: UUID, scope: str, column: str) -> Context:
    return Context("cell", "crypto_samples.cell", column, scope, str(object_id), "text")


def store(object_id: UUID, scope: str, **values: str) -> None:
    """As a service does: an object key, and a sealed cell for each value."""
    row, key = keyring.new_object_key(scope, object_id)
    row.save(force_insert=True)
    for column, value in values.items():
        sealed = envelope.seal(key, value.encode(), place(object_id, scope, column))
        Cell.objects.create(object_id=object_id, scope=scope, column=column, sealed=sealed)


def read(object_id: UUID, scope: str, column: str) -> str:
    """As a service does: from what the database says now."""
    row = ObjectKey.objects.get(object_id=object_id)
    key = keyring.open_object_key(scope, object_id, row.data_key_version, row.wrapped)
    cell = Cell.objects.get(object_id=object_id, column=column)
    return envelope.unseal(key, cell.sealed, place(object_id, scope, column)).decode()


@pytest.fixture
def objects(tables: None) -> tuple[UUID, UUID, UUID]:
    """Two objects of one scope, one of another; each with the cells ``pan`` and ``name``."""
    ids = uuid4(), uuid4(), uuid4()
    for object_id, scope in zip(ids, (OURS, OURS, THEIRS), strict=True):
        store(object_id, scope, pan="4111", name="Ada")
        assert read(object_id, scope, "pan") == "4111"
    return ids


def refuse(action: Callable[[], object]) -> None:
    with pytest.raises(Tampered):
        action()


def test_a_cell_of_another_row_does_not_open(objects: tuple[UUID, UUID, UUID]) -> None:
    one, other, _ = objects
    stolen = Cell.objects.get(object_id=other, column="pan").sealed
    Cell.objects.filter(object_id=one, column="pan").update(sealed=stolen)

    refuse(lambda: read(one, OURS, "pan"))
    assert read(one, OURS, "name") == "Ada"


def test_a_cell_of_another_column_does_not_open(objects: tuple[UUID, UUID, UUID]) -> None:
    one, _, _ = objects
    stolen = Cell.objects.get(object_id=one, column="name").sealed
    Cell.objects.filter(object_id=one, column="pan").update(sealed=stolen)

    refuse(lambda: read(one, OURS, "pan"))


def test_a_cell_with_its_key_row_does_not_open_for_another_object(
    objects: tuple[UUID, UUID, UUID],
) -> None:
    one, other, _ = objects
    sql(
        "UPDATE crypto_object_key o SET wrapped = x.wrapped FROM crypto_object_key x"
        " WHERE o.object_id = %s AND x.object_id = %s",
        one,
        other,
    )
    stolen = Cell.objects.get(object_id=other, column="pan").sealed
    Cell.objects.filter(object_id=one, column="pan").update(sealed=stolen)

    refuse(lambda: read(one, OURS, "pan"))


def test_another_tenants_object_does_not_open_here(objects: tuple[UUID, UUID, UUID]) -> None:
    one, _, foreign = objects
    sql(
        "UPDATE crypto_object_key o SET wrapped = x.wrapped, data_key_version = x.data_key_version"
        " FROM crypto_object_key x WHERE o.object_id = %s AND x.object_id = %s",
        one,
        foreign,
    )
    stolen = Cell.objects.get(object_id=foreign, column="pan").sealed
    Cell.objects.filter(object_id=one, column="pan").update(sealed=stolen)

    refuse(lambda: read(one, OURS, "pan"))


def test_an_object_that_is_relabelled_as_our_tenants_does_not_open(
    objects: tuple[UUID, UUID, UUID],
) -> None:
    _, _, foreign = objects
    ObjectKey.objects.filter(object_id=foreign).update(scope=OURS)
    Cell.objects.filter(object_id=foreign).update(scope=OURS)

    refuse(lambda: read(foreign, OURS, "pan"))


def test_a_data_key_row_serves_its_own_scope_only(objects: tuple[UUID, UUID, UUID]) -> None:
    one, _, _ = objects
    stolen = DataKey.objects.get(scope=THEIRS).wrapped
    DataKey.objects.filter(scope=OURS).update(wrapped=stolen)
    keyring.forget()

    refuse(lambda: read(one, OURS, "pan"))


def test_a_data_key_under_another_number_does_not_open(objects: tuple[UUID, UUID, UUID]) -> None:
    one, _, _ = objects
    DataKey.objects.filter(scope=OURS).update(version=2)
    ObjectKey.objects.filter(object_id=one).update(data_key_version=2)
    keyring.forget()

    refuse(lambda: read(one, OURS, "pan"))


def test_no_byte_of_a_key_row_can_be_altered(objects: tuple[UUID, UUID, UUID]) -> None:
    one, _, _ = objects
    whole = bytes(ObjectKey.objects.get(object_id=one).wrapped)

    for position in range(len(whole)):
        altered = bytearray(whole)
        altered[position] ^= 1
        ObjectKey.objects.filter(object_id=one).update(wrapped=bytes(altered))
        refuse(lambda: read(one, OURS, "pan"))


def test_no_byte_of_a_cell_can_be_altered(objects: tuple[UUID, UUID, UUID]) -> None:
    one, _, _ = objects
    cell = Cell.objects.get(object_id=one, column="pan")
    assert len(cell.sealed) == SEALED_SIZE

    for position in range(SEALED_SIZE):
        altered = bytearray(cell.sealed)
        altered[position] ^= 1
        Cell.objects.filter(pk=cell.pk).update(sealed=bytes(altered))
        refuse(lambda: read(one, OURS, "pan"))


def test_truncated_and_empty_cells_do_not_open(objects: tuple[UUID, UUID, UUID]) -> None:
    one, _, _ = objects
    cell = Cell.objects.get(object_id=one, column="pan")

    for length in (0, 1, 61, 62, 77, 78, SEALED_SIZE - 1):
        Cell.objects.filter(pk=cell.pk).update(sealed=bytes(cell.sealed)[:length])
        refuse(lambda: read(one, OURS, "pan"))


def test_an_erased_object_stays_erased(objects: tuple[UUID, UUID, UUID]) -> None:
    one, other, _ = objects
    ObjectKey.objects.filter(object_id=one).delete()
    copied = ObjectKey.objects.get(object_id=other)
    ObjectKey.objects.create(
        object_id=one,
        scope=copied.scope,
        data_key_version=copied.data_key_version,
        wrapped=copied.wrapped,
    )

    refuse(lambda: read(one, OURS, "pan"))


# -- another instance ------------------------------------------------------------------------------


def test_a_database_that_poses_as_another_instance_is_refused(
    objects: tuple[UUID, UUID, UUID],
) -> None:
    one, _, _ = objects
    sql("UPDATE crypto_instance SET id = %s", uuid4())
    start_over()

    with pytest.raises(RootKeyRefused, match="put back the right one"):
        read(one, OURS, "pan")


def test_rows_copied_to_another_instance_with_the_same_root_key_do_not_open(
    objects: tuple[UUID, UUID, UUID],
) -> None:
    """The worst case: a second portal that was given a copy of the key file, and all tables."""
    one, _, _ = objects
    instance, records = uuid4(), Store()
    sql("UPDATE crypto_instance SET id = %s", instance)
    sql("DELETE FROM crypto_root_key_version")
    row = roots.row_for(instance.bytes, registry.provider(), 1, KeyState.ACTIVE)
    records.add_root_version(row)
    records.close()
    start_over()

    keyring.check()
    refuse(lambda: read(one, OURS, "pan"))


def test_a_context_names_the_instance(keys: Path) -> None:
    key, here = keyring.scope_key(OURS), place(uuid4(), OURS, "pan")
    sealed = envelope.seal(key, b"4111", here)
    sql("UPDATE crypto_instance SET id = %s", uuid4())
    sql("DELETE FROM crypto_root_key_version")
    sql("DELETE FROM crypto_data_key")
    opened = key.export()
    start_over()
    keyring.check()

    refuse(lambda: envelope.unseal(envelope.OpenKey(OURS, 1, opened), sealed, here))


# -- vault fields ----------------------------------------------------------------------------------


@pytest.fixture
def credentials(tables: None) -> tuple[Credential, Credential, Twin]:
    one = Credential.objects.create(secret="first", note="remark", config={"a": 1})
    other = Credential.objects.create(secret="second")
    return one, other, Twin.objects.create(id=one.pk, secret="first")


@pytest.mark.parametrize(
    "theft",
    [
        pytest.param(
            "UPDATE crypto_samples_credential t SET secret = x.secret"
            " FROM crypto_samples_credential x WHERE t.id = %s AND x.id <> t.id",
            id="row",
        ),
        pytest.param("UPDATE crypto_samples_credential SET secret = note WHERE id = %s", id="col"),
        pytest.param(
            "UPDATE crypto_samples_credential SET secret = config WHERE id = %s", id="type"
        ),
        pytest.param(
            "UPDATE crypto_samples_credential t SET secret = x.secret FROM crypto_samples_twin x"
            " WHERE t.id = %s AND x.id = t.id",
            id="table",
        ),
        pytest.param(
            "UPDATE crypto_samples_credential SET secret = substring(secret for 90) WHERE id = %s",
            id="truncated",
        ),
        pytest.param("UPDATE crypto_samples_credential SET secret = '' WHERE id = %s", id="empty"),
    ],
)
def test_a_field_opens_in_its_own_cell_only(
    credentials: tuple[Credential, Credential, Twin], theft: str
) -> None:
    one, other, twin = credentials
    sql(theft, one.pk)

    stored = Credential.objects.get(pk=one.pk)

    refuse(lambda: stored.secret)
    assert stored.note == "remark"
    assert Credential.objects.get(pk=other.pk).secret == "second"
    assert Twin.objects.get(pk=twin.pk).secret == "first"


def test_no_byte_of_a_field_can_be_altered(
    credentials: tuple[Credential, Credential, Twin],
) -> None:
    one, _, _ = credentials
    assert Credential.objects.values_list("secret", flat=True).get(pk=one.pk) is not None

    for position in range(SEALED_SIZE):
        sql(FLIP, position, position, one.pk)
        refuse(lambda: Credential.objects.get(pk=one.pk).secret)
        sql(FLIP, position, position, one.pk)
    assert Credential.objects.get(pk=one.pk).secret == "first"


def test_a_damaged_row_damages_no_list(credentials: tuple[Credential, Credential, Twin]) -> None:
    one, other, _ = credentials
    sql("UPDATE crypto_samples_credential SET secret = 'x' WHERE id = %s", one.pk)

    rows = {row.pk: row for row in Credential.objects.all()}

    assert rows[other.pk].secret == "second"
    refuse(lambda: rows[one.pk].secret)


def test_a_destroyed_key_is_told_from_tampering(
    credentials: tuple[Credential, Credential, Twin],
) -> None:
    one, _, _ = credentials
    DataKey.objects.filter(scope="portal").update(state=KeyState.DESTROYED, wrapped=b"")
    keyring.refresh()

    with pytest.raises(KeyGone):
        _ = Credential.objects.get(pk=one.pk).secret


def test_every_part_of_a_context_counts(keys: Path) -> None:
    key, here = keyring.scope_key(OURS), Context("a", "b", "c", "d", "e", "f")
    sealed = envelope.seal(key, b"value", here)

    for name in ("purpose", "model", "property_id", "scope", "object_id", "value_type"):
        there = replace(here, **{name: "other"})
        refuse(lambda there=there: envelope.unseal(key, sealed, there))  # type: ignore[misc]  # bound in the loop
    refuse(lambda: envelope.unseal(key, sealed, Context("ab", "", "c", "d", "e", "f")))
