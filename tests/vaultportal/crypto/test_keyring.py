"""The key tree in one process and in several."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import monotonic
from typing import TypeVar
from uuid import uuid4

import psycopg
import pytest
from django.db import connection, transaction

from tests.vaultportal.crypto.conftest import Child, line_of, own_line, start_over
from vaultportal.crypto import keyring, ring, rotation, store
from vaultportal.crypto.errors import KeyGone, Tampered, UnknownKey
from vaultportal.crypto.models import DataKey, Instance, KeyScope, KeyState, ObjectKey
from vaultportal.errors import Unavailable

Seen = TypeVar("Seen")
LINES = "application_name = 'vaultportal-keyring' AND datname = current_database()"


def within_a_second(look: Callable[[], Seen], wanted: Seen) -> None:
    """Ask again and again until the answer is there; three seconds are a failure."""
    end = monotonic() + 3
    while look() != wanted:
        assert monotonic() < end, "not noticed within the promised second"


def one_value(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def test_a_scope_gets_its_key_at_first_use(keys: Path) -> None:
    assert keyring.versions("scope") == []

    key = keyring.scope_key("scope")

    assert (key.scope, key.version) == ("scope", 1)
    assert keyring.versions("scope") == [1]
    assert keyring.scope_key("scope", 1) is key
    assert DataKey.objects.get(scope="scope").state == KeyState.ACTIVE


def test_a_key_is_stored_wrapped(keys: Path) -> None:
    secret = keyring.scope_key("scope").export()

    stored = DataKey.objects.get(scope="scope")

    assert secret not in bytes(stored.wrapped)
    assert (stored.provider, stored.kek_version) == ("local", 1)


def test_two_scopes_have_two_keys(keys: Path) -> None:
    assert keyring.scope_key("one").export() != keyring.scope_key("two").export()


def test_a_restarted_process_opens_the_same_keys(keys: Path) -> None:
    secret = keyring.scope_key("scope").export()

    start_over()

    assert keyring.scope_key("scope").export() == secret


def test_a_version_that_never_was_is_unknown(keys: Path) -> None:
    keyring.scope_key("scope")

    for scope, version in (("scope", 2), ("scope", 0), ("other", 1)):
        with pytest.raises(UnknownKey):
            keyring.scope_key(scope, version)
    assert not DataKey.objects.filter(scope="other").exists()


def test_a_key_outlives_the_transaction_that_first_needed_it(keys: Path) -> None:
    with transaction.atomic():
        secret = keyring.scope_key("scope").export()
        transaction.set_rollback(True)

    start_over()
    assert keyring.scope_key("scope").export() == secret


def test_threads_that_begin_together_get_one_key(keys: Path) -> None:
    together = Barrier(8)

    def begin(_: int) -> bytes:
        together.wait()
        return keyring.scope_key("scope").export()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(begin, range(8)))) == 1


def test_processes_that_begin_together_get_one_key(keys: Path, child: Child) -> None:
    processes = [child("scope-key", "scope") for _ in range(4)]
    for process in processes:
        assert line_of(process) == "ready"

    for process in processes:
        print("go", file=process.stdin, flush=True)  # the start sign

    assert len({line_of(process) for process in processes}) == 1
    assert keyring.versions("scope") == [1]


def test_a_forked_process_goes_its_own_way(keys: Path, child: Child) -> None:
    assert child("fork", "scope").communicate()[0].split() == ["0", "True"]


# -- what it costs ---------------------------------------------------------------------------------


def test_a_known_scope_costs_no_statement(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring, "MAX_AGE", 600.0)
    rows = [row for row, _ in keyring.new_object_keys("scope", [uuid4() for _ in range(50)])]
    statement = f"SELECT query_start FROM pg_stat_activity WHERE {LINES}"  # noqa: S608 a constant
    before = one_value(statement)

    keyring.open_object_keys(rows)
    keyring.new_object_key("scope", uuid4())
    keyring.open_object_key("scope", rows[0].object_id, 1, rows[0].wrapped)

    assert one_value(statement) == before


def test_many_scopes_are_learnt_with_one_statement(
    keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [keyring.new_object_key(f"scope-{number}", uuid4())[0] for number in range(5)]
    start_over()
    keyring.check()
    monkeypatch.setattr(ring, "MAX_AGE", 600.0)

    assert len(keyring.open_object_keys(rows)) == 5

    asked = one_value(f"SELECT query FROM pg_stat_activity WHERE {LINES}")  # noqa: S608 a constant
    assert "ANY" in str(asked)


def test_the_statements_of_a_request_are_its_own(
    keys: Path, django_assert_num_queries: Callable[[int], Iterable[object]]
) -> None:
    with django_assert_num_queries(0):  # type: ignore[attr-defined]  # a context manager
        keyring.scope_key("never seen")


def test_an_object_key_row_is_one_insert(keys: Path) -> None:
    made = keyring.new_object_keys("scope", [uuid4() for _ in range(3)])

    ObjectKey.objects.bulk_create(row for row, _ in made)

    opened = keyring.open_object_keys(ObjectKey.objects.all())
    assert {row.object_id: key.export() for row, key in made} == {
        object_id: key.export() for object_id, key in opened.items()
    }


# -- what others do --------------------------------------------------------------------------------


def test_a_rotation_elsewhere_is_noticed(keys: Path, child: Child) -> None:
    old = keyring.scope_key("scope")

    assert line_of(child("rotate-data", "scope")) == "2"

    within_a_second(lambda: keyring.scope_key("scope").version, 2)
    assert keyring.scope_key("scope", 1).export() == old.export()


def test_a_new_version_is_opened_before_it_is_noticed(
    keys: Path, child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.scope_key("scope")
    monkeypatch.setattr(ring, "MAX_AGE", 600.0)

    assert line_of(child("rotate-data", "scope")) == "2"

    assert keyring.scope_key("scope", 2).version == 2


def test_a_destroyed_key_is_noticed(keys: Path, child: Child) -> None:
    row, _ = keyring.new_object_key("scope", uuid4())
    assert line_of(child("destroy-scope", "scope")) == "done"

    def is_gone() -> bool:
        try:
            keyring.open_object_key("scope", row.object_id, 1, row.wrapped)
        except KeyGone:
            return True
        return False

    within_a_second(is_gone, wanted=True)
    for use in (
        lambda: keyring.scope_key("scope"),
        lambda: keyring.new_object_key("scope", uuid4()),
    ):
        with pytest.raises(KeyGone):
            use()


def test_a_scope_refuses_versions_below_its_lowest(keys: Path) -> None:
    keyring.scope_key("scope")
    rotation.rotate_data_key("scope")

    rotation.refuse_below("scope", 2)

    with pytest.raises(KeyGone):
        keyring.scope_key("scope", 1)
    assert keyring.versions("scope") == [2]
    assert KeyScope.objects.get().min_open_version == 2
    with pytest.raises(UnknownKey):
        rotation.refuse_below("scope", 3)


def test_rows_that_vanish_are_not_sealed_under_again(keys: Path) -> None:
    """A restored or emptied database: what is cached belongs to another state of things."""
    old = keyring.scope_key("scope").export()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE crypto_data_key")

    within_a_second(lambda: keyring.scope_key("scope").export() != old, wanted=True)


def test_a_cut_line_is_mended(keys: Path) -> None:
    secret = keyring.scope_key("scope").export()
    cut = one_value(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {LINES}")  # noqa: S608 a constant
    assert cut is True
    keyring.refresh()

    assert keyring.scope_key("scope").export() == secret


def test_a_database_that_is_away_is_unavailable(
    keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.scope_key("scope")
    monkeypatch.setitem(connection.settings_dict, "NAME", "no_such_database")
    keyring.refresh()

    with pytest.raises(Unavailable) as refusal:
        keyring.scope_key("scope")
    assert "no_such_database" not in refusal.value.message


def test_a_caller_that_holds_the_key_rows_does_not_wait_for_ever(
    keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LOCK_TIMEOUT", "100ms")
    start_over()
    keyring.check()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE crypto_data_key IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Unavailable):
            keyring.scope_key("scope")


# -- the database keeps order ----------------------------------------------------------------------


def test_a_database_has_one_instance(keys: Path) -> None:
    with pytest.raises(psycopg.IntegrityError), own_line() as line:
        line.execute("INSERT INTO crypto_instance VALUES (gen_random_uuid(), 0, true)")
    with pytest.raises(psycopg.IntegrityError), own_line() as line:
        line.execute("INSERT INTO crypto_instance VALUES (gen_random_uuid(), 0, false)")
    assert keyring.instance_id() == Instance.objects.get().id.bytes


def test_a_scope_has_one_active_key_and_destroyed_ones_are_empty(keys: Path) -> None:
    keyring.scope_key("scope")
    copied = (
        "INSERT INTO crypto_data_key SELECT gen_random_uuid(), scope, 2, '{}', {}, provider, 1,"
        " now() FROM crypto_data_key"
    )

    for state, wrapped in (("active", "wrapped"), ("destroyed", "wrapped"), ("staged", "''")):
        with pytest.raises(psycopg.IntegrityError), own_line() as line:
            line.execute(copied.format(state, wrapped).encode())


def test_a_foreign_object_id_does_not_open_a_key(keys: Path) -> None:
    row, _ = keyring.new_object_key("scope", uuid4())

    with pytest.raises(Tampered):
        keyring.open_object_key("scope", uuid4(), 1, row.wrapped)
