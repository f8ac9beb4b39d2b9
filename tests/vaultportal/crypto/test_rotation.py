"""Keys are replaced while everything stays readable; a killed job is run again."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from subprocess import Popen
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from tests.vaultportal.crypto.conftest import Child, line_of, own_line, start_over
from tests.vaultportal.crypto.samples import Cell, Credential
from vaultportal.crypto import blind_index, blobs, envelope, keyring, rewrap, rotation
from vaultportal.crypto.envelope import Context
from vaultportal.crypto.errors import KeyGone, RootKeyRefused, UnknownKey
from vaultportal.crypto.models import DataKey, KeyState, ObjectKey, RootKeyVersion
from vaultportal.crypto.providers import registry
from vaultportal.crypto.providers.local import LocalKeys
from vaultportal.errors import Conflict

SCOPE = "secrets:shared"


def place(object_id: UUID) -> Context:
    return Context("cell", "crypto_samples.cell", "data", SCOPE, str(object_id), "text")


def store(count: int) -> list[UUID]:
    ids = [uuid4() for _ in range(count)]
    rows, cells = [], []
    for row, key in keyring.new_object_keys(SCOPE, ids):
        rows.append(row)
        here = place(row.object_id)
        sealed = envelope.seal(key, str(row.object_id).encode(), here)
        cells.append(Cell(object_id=row.object_id, scope=SCOPE, column="data", sealed=sealed))
    ObjectKey.objects.bulk_create(rows)
    Cell.objects.bulk_create(cells)
    return ids


def all_readable(ids: list[UUID]) -> bool:
    """Every value, by the rows as they stand now."""
    keys = keyring.open_object_keys(ObjectKey.objects.filter(object_id__in=ids))
    cells = {cell.object_id: cell.sealed for cell in Cell.objects.filter(object_id__in=ids)}
    return all(
        envelope.unseal(keys[object_id], cells[object_id], place(object_id)).decode()
        == str(object_id)
        for object_id in ids
    )


def cells() -> set[tuple[UUID, bytes]]:
    return set(Cell.objects.values_list("object_id", "sealed"))


def go_on(job: Popen[str]) -> str:
    """Let the job do one batch; what it says then, nothing at its end."""
    with suppress(BrokenPipeError):  # it has just ended
        print(file=job.stdin, flush=True)  # the start sign
    return line_of(job)


def kill_in_the_next_batch(job: Popen[str]) -> None:
    print(file=job.stdin, flush=True)  # the start sign
    job.kill()
    job.wait()


# -- data keys -------------------------------------------------------------------------------------


def test_a_new_version_seals_and_the_old_one_still_opens(keys: Path) -> None:
    old = keyring.scope_key(SCOPE)

    assert rotation.rotate_data_key(SCOPE) == 2

    assert keyring.scope_key(SCOPE).version == 2
    assert keyring.scope_key(SCOPE).export() != old.export()
    assert keyring.scope_key(SCOPE, 1).export() == old.export()
    assert keyring.versions(SCOPE) == [2, 1]
    states = DataKey.objects.order_by("version").values_list("state", flat=True)
    assert list(states) == [KeyState.DECRYPT_ONLY, KeyState.ACTIVE]


def test_a_scope_without_a_key_is_not_rotated(keys: Path) -> None:
    with pytest.raises(UnknownKey):
        rotation.rotate_data_key("never used")

    keyring.scope_key(SCOPE)
    rotation.destroy_scope(SCOPE)
    with pytest.raises(KeyGone):
        rotation.rotate_data_key(SCOPE)


def test_a_rotation_is_no_part_of_anothers_transaction(keys: Path) -> None:
    keyring.scope_key(SCOPE)

    with transaction.atomic(), pytest.raises(RuntimeError):
        rotation.rotate_data_key(SCOPE)
    with transaction.atomic(), pytest.raises(RuntimeError):
        rotation.promote_root_key()


def test_object_keys_are_rewrapped_and_cells_are_not_touched(tables: None) -> None:
    ids, before = store(40), cells()
    rotation.rotate_data_key(SCOPE)
    assert rewrap.object_keys_to_rewrap() == 40

    steps = [progress.done for progress in rewrap.rewrap_object_keys(batch=15)]

    assert steps[:3] == [15, 30, 40]
    assert rewrap.object_keys_to_rewrap() == 0
    assert set(ObjectKey.objects.values_list("data_key_version", flat=True)) == {2}
    assert cells() == before
    assert all_readable(ids)


def test_a_job_with_nothing_to_do_does_nothing(tables: None) -> None:
    store(3)
    before = list(ObjectKey.objects.order_by("pk").values_list("wrapped", flat=True))

    assert [progress.done for progress in rewrap.rewrap_object_keys()] == [0]
    assert list(ObjectKey.objects.order_by("pk").values_list("wrapped", flat=True)) == before


def test_every_value_is_readable_at_every_moment_though_the_job_is_killed_three_times(
    tables: None, child: Child
) -> None:
    ids, before = store(3000), cells()
    rotation.rotate_data_key(SCOPE)

    for kills in range(1, 4):
        job = child("rewrap", "100")
        for _ in range(4):
            assert go_on(job)
        assert all_readable(ids)
        kill_in_the_next_batch(job)
        assert all_readable(ids)
        assert 3000 - 500 * kills <= rewrap.object_keys_to_rewrap() <= 3000 - 400 * kills
    last = child("rewrap", "100")
    while go_on(last):
        assert all_readable(ids[::10])

    assert last.wait() == 0
    assert rewrap.object_keys_to_rewrap() == 0
    assert cells() == before
    assert all_readable(ids)


def test_rows_that_another_job_holds_are_left_to_it(tables: None) -> None:
    ids = store(20)
    rotation.rotate_data_key(SCOPE)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '1s'")  # waiting would be a failure

    with own_line() as other:
        held = "SELECT FROM crypto_object_key WHERE object_id = ANY(%s) FOR UPDATE"
        other.execute(held, [ids[:3]])
        *_, first = rewrap.rewrap_object_keys(batch=6)
        assert (first.done, first.broken) == (17, [])
        assert all_readable(ids)
    *_, second = rewrap.rewrap_object_keys(batch=6)

    assert second.done == 3
    assert all_readable(ids)


def test_a_damaged_key_is_named_and_stops_nobody(tables: None) -> None:
    ids = store(20)
    ObjectKey.objects.filter(object_id=ids[3]).update(wrapped=bytes(110))
    rotation.rotate_data_key(SCOPE)

    *_, progress = rewrap.rewrap_object_keys(batch=6)

    assert (progress.done, progress.broken) == (19, [str(ids[3])])
    assert rewrap.object_keys_to_rewrap() == 1
    assert all_readable([object_id for object_id in ids if object_id != ids[3]])


def test_what_lies_below_the_lowest_version_is_named_and_stops_nobody(tables: None) -> None:
    old = store(2)
    rotation.rotate_data_key(SCOPE)
    new = store(2)
    rotation.refuse_below(SCOPE, 2)

    *_, progress = rewrap.rewrap_object_keys()

    assert (progress.done, set(progress.broken)) == (0, {str(object_id) for object_id in old})
    assert all_readable(new)
    with pytest.raises(KeyGone):
        all_readable(old)


def an_hour_goes_by(scope: str) -> None:
    """What was sealed under older versions of its key is committed by now."""
    long_ago = timezone.now() - timedelta(hours=2)
    DataKey.objects.filter(scope=scope).update(created_at=long_ago)


def test_a_key_in_use_is_not_destroyed(tables: None) -> None:
    ids = store(3)
    with pytest.raises(Conflict):
        rotation.destroy_data_key(SCOPE, 1)
    rotation.rotate_data_key(SCOPE)
    with pytest.raises(Conflict):
        rotation.destroy_data_key(SCOPE, 1)

    assert list(rewrap.rewrap_object_keys())
    with pytest.raises(Conflict, match="wait for an hour"):
        rotation.destroy_data_key(SCOPE, 1)
    an_hour_goes_by(SCOPE)
    rotation.destroy_data_key(SCOPE, 1)

    assert all_readable(ids)
    with pytest.raises(KeyGone):
        keyring.scope_key(SCOPE, 1)
    assert bytes(DataKey.objects.get(scope=SCOPE, version=1).wrapped) == b""
    with pytest.raises(UnknownKey):
        rotation.destroy_data_key(SCOPE, 9)


def test_a_destroyed_scope_never_opens_again(tables: None) -> None:
    ids = store(2)
    rotation.rotate_data_key(SCOPE)

    rotation.destroy_scope(SCOPE)

    with pytest.raises(KeyGone):
        all_readable(ids)
    assert not DataKey.objects.exclude(state=KeyState.DESTROYED).exists()


# -- root key --------------------------------------------------------------------------------------


def test_a_new_root_key_wraps_every_data_key(tables: None) -> None:
    ids, before = store(5), cells()
    for number in range(12):
        keyring.scope_key(f"scope-{number}")
    secrets = {key.scope: keyring.scope_key(key.scope).export() for key in DataKey.objects.all()}

    promoted = rotation.promote_root_key()
    steps = [progress.done for progress in rewrap.rewrap_data_keys(batch=5)]

    assert (promoted.version, promoted.state) == (2, KeyState.ACTIVE)
    assert steps == [5, 10, len(secrets)]
    assert set(DataKey.objects.values_list("kek_version", flat=True)) == {2}
    assert RootKeyVersion.objects.get(version=1).state == KeyState.DECRYPT_ONLY
    start_over()
    assert {scope: keyring.scope_key(scope).export() for scope in secrets} == secrets
    assert cells() == before
    assert all_readable(ids)
    assert keyring.scope_key("new").version == 1
    assert DataKey.objects.get(scope="new").kek_version == 2


def test_a_killed_root_rotation_is_finished_by_the_next_and_makes_no_third_key(
    keys: Path, child: Child
) -> None:
    secrets = {f"scope-{n}": keyring.scope_key(f"scope-{n}").export() for n in range(60)}
    for kills in range(1, 4):
        job = child("rotate-root", "5")
        assert line_of(job) == "promoted 2"
        for _ in range(2):
            assert go_on(job)
        kill_in_the_next_batch(job)
        start_over()
        assert {scope: keyring.scope_key(scope).export() for scope in secrets} == secrets
        assert 60 - 15 * kills <= rewrap.data_keys_to_rewrap().count() <= 60 - 10 * kills

    assert child("rotate-root", "5").communicate()[0].startswith("promoted 2")

    assert rewrap.data_keys_to_rewrap().count() == 0
    assert list(registry.provider().versions()) == [1, 2]
    start_over()
    assert {scope: keyring.scope_key(scope).export() for scope in secrets} == secrets


def test_a_key_added_before_a_crash_is_taken_by_the_next_rotation(keys: Path) -> None:
    keyring.scope_key(SCOPE)
    registry.provider().add_version()

    assert rotation.promote_root_key().version == 2


def test_a_damaged_data_key_stops_no_rotation(keys: Path) -> None:
    for number in range(4):
        keyring.scope_key(f"scope-{number}")
    damaged = DataKey.objects.get(scope="scope-2")
    DataKey.objects.filter(pk=damaged.pk).update(wrapped=bytes(110))
    rotation.promote_root_key()

    *_, progress = rewrap.rewrap_data_keys(batch=2)

    assert (progress.done, progress.broken) == (3, [str(damaged.pk)])


def test_processes_go_on_through_a_root_rotation(keys: Path, child: Child) -> None:
    job = child("scope-key", SCOPE)
    assert line_of(job) == "ready"
    rotation.promote_root_key()
    assert list(rewrap.rewrap_data_keys()) == []

    print(file=job.stdin, flush=True)  # only now it uses its scope

    assert line_of(job) == keyring.scope_key(SCOPE).export().hex()
    assert DataKey.objects.get(scope=SCOPE).kek_version == 2


def test_an_environment_without_a_newer_key_is_not_rotated(
    keys: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = registry.provider()
    assert isinstance(provider, LocalKeys)
    old = provider.export(1)
    monkeypatch.setenv("PORTAL_ROOT_KEY", old.hex())
    settings.PORTAL_KEY_PROVIDER = "environment"
    start_over()

    with pytest.raises(RootKeyRefused, match="Set PORTAL_ROOT_KEY to 2"):
        rotation.promote_root_key()

    monkeypatch.setenv("PORTAL_ROOT_KEY", "2:" + bytes(range(32)).hex())
    monkeypatch.setenv("PORTAL_ROOT_KEY_PREVIOUS", old.hex())
    start_over()
    assert rotation.promote_root_key().version == 2
    assert list(rewrap.rewrap_data_keys()) == []


# -- what is sealed by a scope's own key -----------------------------------------------------------


def test_vault_fields_are_sealed_anew(tables: None) -> None:
    rows = [Credential.objects.create(secret=f"secret {n}", config=[n]) for n in range(7)]
    Credential.objects.create(secret=None)
    rotation.rotate_data_key("portal")
    late = Credential.objects.create(secret="late")
    before = Credential.objects.values_list("secret", flat=True).get(pk=late.pk)

    *_, progress = rewrap.reseal_vault_fields(batch=3)

    assert (progress.done, progress.broken) == (14, [])
    an_hour_goes_by("portal")
    rotation.destroy_data_key("portal", 1)
    for number, row in enumerate(rows):
        stored = Credential.objects.get(pk=row.pk)
        assert (stored.secret, stored.config) == (f"secret {number}", [number])
    assert Credential.objects.values_list("secret", flat=True).get(pk=late.pk) == before


def test_a_damaged_field_is_named_and_stops_nobody(tables: None) -> None:
    rows = [Credential.objects.create(secret=f"secret {n}") for n in range(5)]
    stolen = Credential.objects.values_list("secret", flat=True).get(pk=rows[0].pk)
    Credential.objects.filter(pk=rows[1].pk).update(secret=stolen)
    rotation.rotate_data_key("portal")

    *_, progress = rewrap.reseal_vault_fields(batch=2)

    assert progress.done == 4
    assert len(progress.broken) == 1
    assert str(rows[1].pk) in progress.broken[0]
    assert Credential.objects.get(pk=rows[4].pk).secret == "secret 4"


def test_saving_a_row_renews_its_seal(tables: None) -> None:
    row = Credential.objects.create(secret="kept", name="old")
    rotation.rotate_data_key("portal")

    stored = Credential.objects.get(pk=row.pk)
    stored.name = "new"
    stored.save()

    an_hour_goes_by("portal")
    rotation.destroy_data_key("portal", 1)
    assert Credential.objects.get(pk=row.pk).secret == "kept"


def test_blobs_peppers_and_indexes_of_the_old_version_are_still_found(keys: Path) -> None:
    blob = blobs.seal_blob("ticket", b"data")
    digest = blind_index.digest("scope", "property", b"value")
    credential = blind_index.hmac_digest("api_key", b"credential")

    for scope in (blobs.SCOPE, blind_index.PEPPER_SCOPE, blind_index.index_scope("scope")):
        rotation.rotate_data_key(scope)

    assert blobs.open_blob("ticket", blob, ttl=60) == b"data"
    assert blind_index.index_versions("scope") == [2, 1]
    assert blind_index.digest("scope", "property", b"value") != digest
    assert blind_index.digest("scope", "property", b"value", version=1) == digest
    assert blind_index.hmac_digest("api_key", b"credential", version=1) == credential
    newest, older = blind_index.hmac_digests("api_key", b"credential")
    assert (newest, older) == (blind_index.hmac_digest("api_key", b"credential"), credential)
    assert blind_index.pepper_version() == 2
