"""``manage.py keys``: what the operator does with keys."""

from __future__ import annotations

import io
import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.vaultportal.crypto.conftest import start_over
from tests.vaultportal.crypto.samples import Credential
from vaultportal.crypto import keyring, rotation
from vaultportal.crypto.errors import RootKeyRefused
from vaultportal.crypto.models import DataKey, ObjectKey, RootKeyVersion
from vaultportal.crypto.providers import registry
from vaultportal.crypto.providers.keyfile import FILE_NAME

SHARE = re.compile(r"^\d+\. ((?:[a-z]+ ?){33})$", re.MULTILINE)


def keys_command(*arguments: str) -> str:
    out = io.StringIO()
    call_command("keys", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def object_keys(count: int) -> None:
    rows = keyring.new_object_keys("scope", [uuid4() for _ in range(count)])
    ObjectKey.objects.bulk_create(row for row, _ in rows)


def test_the_list_tells_what_there_is_and_what_is_left(keys: Path) -> None:
    object_keys(3)
    rotation.rotate_data_key("scope")
    label = RootKeyVersion.objects.get().label

    for listing in (keys_command(), keys_command("list")):
        assert f"root  {label}  active  wraps 2 data keys" in listing
        assert "data  1 active" in listing
        assert "data  1 decrypt_only" in listing
        assert "left to rewrap: 0 data keys, 3 object keys" in listing


def test_the_list_names_the_versions_of_a_scope(keys: Path) -> None:
    keyring.scope_key("scope")
    keyring.scope_key("other")

    listing = keys_command("list", "--scope", "sco")

    assert "data  scope  version 1  active  by root 1" in listing
    assert "other" not in listing


def test_the_root_key_is_rotated(keys: Path) -> None:
    keyring.scope_key("scope")

    assert "local:2" in keys_command("rotate-root")

    assert DataKey.objects.get().kek_version == 2
    assert "left to rewrap: 0 data keys" in keys_command("list")


def test_data_keys_are_rotated_one_or_all(keys: Path) -> None:
    keyring.scope_key("one")
    keyring.scope_key("two")

    keys_command("rotate-data", "--scope", "one")
    assert (keyring.versions("one"), keyring.versions("two")) == ([2, 1], [1])

    keys_command("rotate-data")
    assert (keyring.versions("one"), keyring.versions("two")) == ([3, 2, 1], [2, 1])


def test_what_is_old_is_rewrapped(tables: None) -> None:
    object_keys(5)
    keys_command("rotate-data")

    assert "Nothing is left under an older key." in keys_command("rewrap")

    assert set(ObjectKey.objects.values_list("data_key_version", flat=True)) == {2}


def test_keys_that_do_not_open_are_named_and_fail_the_command(keys: Path) -> None:
    object_keys(2)
    broken = ObjectKey.objects.all()[0]
    ObjectKey.objects.filter(pk=broken.pk).update(wrapped=bytes(110))
    keys_command("rotate-data")

    with pytest.raises(CommandError, match=str(broken.pk)):
        keys_command("rewrap")
    assert ObjectKey.objects.filter(data_key_version=2).count() == 1


def test_an_unknown_scope_is_refused(keys: Path) -> None:
    with pytest.raises(CommandError):
        keys_command("rotate-data", "--scope", "never used")


def test_a_lost_key_file_is_restored_from_any_three_of_five_shares(
    tables: None, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Credential.objects.create(secret="kept")
    shares = SHARE.findall(keys_command("export", "--shares", "5", "--threshold", "3"))
    assert len(shares) == 5
    (keys / FILE_NAME).unlink()
    start_over()
    with pytest.raises(RootKeyRefused):
        keyring.check()

    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join((shares[4], shares[1], shares[2]))))
    restored = keys_command("restore")

    assert RootKeyVersion.objects.get().label in restored
    assert (keys / FILE_NAME).stat().st_mode & 0o777 == 0o600
    start_over()
    assert Credential.objects.get(pk=row.pk).secret == "kept"


@pytest.mark.parametrize("spoil", ["too few", "a wrong word", "twice the same", "nothing"])
def test_shares_that_do_not_fit_restore_nothing(
    keys: Path, monkeypatch: pytest.MonkeyPatch, spoil: str
) -> None:
    shares = SHARE.findall(keys_command("export", "--shares", "3", "--threshold", "2"))
    (keys / FILE_NAME).unlink()
    given = {
        "too few": shares[:1],
        "a wrong word": [shares[0], shares[1].rsplit(" ", 1)[0] + " academic"],
        "twice the same": [shares[0], shares[0]],
        "nothing": [],
    }[spoil]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(given)))

    with pytest.raises(CommandError, match="do not fit together"):
        keys_command("restore")
    assert not (keys / FILE_NAME).exists()


def test_shares_of_another_portal_restore_nothing(
    keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = SHARE.findall(keys_command("export", "--shares", "2", "--threshold", "2"))
    provider = registry.provider()
    provider.add_version()
    rotation.promote_root_key()
    (keys / FILE_NAME).unlink()
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(shares)))

    with pytest.raises(CommandError, match=r"another key than local:2"):
        keys_command("restore")

    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(shares)))
    assert "local:1" in keys_command("restore", "--root-version", "1")


@pytest.mark.parametrize(("shares", "threshold"), [(1, 1), (5, 1), (2, 3), (17, 3)])
def test_senseless_numbers_of_shares_are_refused(keys: Path, shares: int, threshold: int) -> None:
    with pytest.raises(CommandError, match="threshold"):
        keys_command("export", "--shares", str(shares), "--threshold", str(threshold))


def test_a_wrong_key_stops_every_action(keys: Path) -> None:
    (keys / FILE_NAME).unlink()
    start_over()

    for action in ("list", "rotate-root", "rewrap"):
        with pytest.raises(CommandError, match="is missing and the database holds sealed data"):
            keys_command(action)
