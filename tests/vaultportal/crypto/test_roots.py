"""A process starts with the key of its database, or not at all."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from tests.vaultportal.crypto.conftest import start_over
from vaultportal.crypto import keyring, rotation
from vaultportal.crypto.errors import RootKeyRefused
from vaultportal.crypto.models import DataKey, Instance, KeyState, RootKeyVersion
from vaultportal.crypto.providers import registry
from vaultportal.crypto.providers.keyfile import FILE_NAME
from vaultportal.crypto.providers.local import LocalKeys


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def refused() -> str:
    start_over()
    with pytest.raises(RootKeyRefused) as refusal:
        keyring.check()
    return refusal.value.message


def test_a_fresh_database_gets_key_instance_and_sentinel(key_dir: Path) -> None:
    assert keyring.is_fresh()

    keyring.check()

    assert not keyring.is_fresh()
    assert (key_dir / FILE_NAME).exists()
    assert Instance.objects.count() == 1
    root = RootKeyVersion.objects.get()
    assert (root.provider, root.version, root.state) == ("local", 1, KeyState.ACTIVE)
    assert root.label == registry.provider().versions()[1]


def test_asking_for_freshness_makes_nothing(key_dir: Path) -> None:
    assert keyring.is_fresh()

    assert not key_dir.exists()
    assert not Instance.objects.exists()


def test_a_check_repeated_changes_nothing(keys: Path) -> None:
    before = list(RootKeyVersion.objects.values()), list(Instance.objects.values())

    start_over()
    keyring.check()

    assert (list(RootKeyVersion.objects.values()), list(Instance.objects.values())) == before


def test_a_missing_file_with_sealed_data_is_refused(keys: Path) -> None:
    keyring.scope_key("scope")
    (keys / FILE_NAME).unlink()

    message = refused()

    assert "is missing and the database holds sealed data" in message
    assert "Put your copy of the file back" in message
    assert not (keys / FILE_NAME).exists()


def test_a_missing_file_is_refused_even_when_the_record_of_root_keys_is_lost_too(
    keys: Path,
) -> None:
    keyring.scope_key("scope")
    RootKeyVersion.objects.all().delete()
    (keys / FILE_NAME).unlink()

    assert "is missing" in refused()
    assert not (keys / FILE_NAME).exists()


def test_another_key_of_the_same_number_is_refused_and_the_labels_are_named(keys: Path) -> None:
    theirs = RootKeyVersion.objects.get().label
    path = keys / FILE_NAME
    path.write_text(f"1:{base64.b64encode(bytes(32)).decode()}\n")

    message = refused()

    ours = registry.provider().versions()[1]
    assert ours != theirs
    assert f"Root key {theirs} of this database" in message
    assert f"This process knows: {ours}." in message


def test_a_key_of_another_number_is_refused(keys: Path) -> None:
    path = keys / FILE_NAME
    path.write_text(path.read_text().replace("\n1:", "\n2:"))

    assert "is not held by this process" in refused()


def test_a_key_that_comes_back_is_taken(keys: Path, tmp_path: Path) -> None:
    secret = keyring.scope_key("scope").export()
    shutil.copy2(keys / FILE_NAME, tmp_path / "copy")
    (keys / FILE_NAME).unlink()
    refused()

    shutil.copy2(tmp_path / "copy", keys / FILE_NAME)

    assert keyring.scope_key("scope").export() == secret


def test_no_key_is_used_before_the_sentinel_opened(keys: Path) -> None:
    keyring.scope_key("scope")
    (keys / FILE_NAME).write_text(f"1:{base64.b64encode(bytes(32)).decode()}\n")
    start_over()

    for use in (
        keyring.instance_id,
        lambda: keyring.scope_key("scope"),
        lambda: keyring.scope_key("another"),
        lambda: keyring.versions("scope"),
    ):
        with pytest.raises(RootKeyRefused):
            use()
    assert not DataKey.objects.filter(scope="another").exists()


def test_lost_tables_are_named(keys: Path) -> None:
    keyring.scope_key("scope")
    sql("DELETE FROM crypto_root_key_version")
    assert "table crypto_root_key_version" in refused()

    sql("DELETE FROM crypto_instance")
    assert "table crypto_instance" in refused()


def test_an_older_version_is_needed_as_long_as_it_wraps_something(keys: Path) -> None:
    keyring.scope_key("scope")
    rotation.promote_root_key()
    path = keys / FILE_NAME
    with_both = path.read_text()
    path.write_text(
        "".join(line for line in with_both.splitlines(keepends=True) if not line.startswith("1:"))
    )

    assert "local:1" in refused()

    DataKey.objects.update(state=KeyState.DESTROYED, wrapped=b"")
    start_over()
    keyring.check()


def test_a_newer_version_that_nobody_promoted_changes_nothing(keys: Path) -> None:
    registry.provider().add_version()
    start_over()

    keyring.scope_key("scope")

    assert DataKey.objects.get(scope="scope").kek_version == 1


def test_a_database_of_another_provider_is_refused(keys: Path) -> None:
    RootKeyVersion.objects.update(provider="transit")

    assert "is kept by another provider" in refused()


def test_key_file_and_environment_may_be_exchanged(
    keys: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = keyring.scope_key("scope").export()
    provider = registry.provider()
    assert isinstance(provider, LocalKeys)
    monkeypatch.setenv("PORTAL_ROOT_KEY", provider.export(1).hex())
    settings.PORTAL_KEY_PROVIDER = "environment"
    start_over()

    assert registry.provider().name == "environment"
    assert keyring.scope_key("scope").export() == secret
