"""Ways to write to a VaultField that are shut, and declarations that do not fit."""

from __future__ import annotations

import pickle
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, models, transaction
from django.db.migrations.writer import MigrationWriter
from django.db.models import F, Value
from django.db.models.functions import Upper

from tests.vaultportal.crypto.fields.canary import CANARY, raw
from tests.vaultportal.crypto.samples import Credential, Twin
from vaultportal.crypto.errors import Tampered
from vaultportal.crypto.fields import VaultField, VaultJSONField, VaultTextField, vault_fields


@pytest.mark.parametrize(
    "change",
    [
        {"secret": "plain"},
        {"secret": b"bytes"},
        {"secret": F("note")},
        {"secret": Value("plain")},
        {"secret": Upper("note")},
        {"config": {"a": 1}},
        {"config": F("secret")},
    ],
    ids=repr,
)
def test_update_takes_no_values_and_no_expressions(
    stored: Credential, change: dict[str, Any]
) -> None:
    before = raw(stored), raw(stored, "config")

    with pytest.raises(TypeError), transaction.atomic():
        Credential.objects.update(**change)
    assert (raw(stored), raw(stored, "config")) == before


def test_bulk_update_is_refused(stored: Credential) -> None:
    stored.secret = "changed"

    with pytest.raises(TypeError), transaction.atomic():
        Credential.objects.bulk_update([stored], ["secret"])
    assert Credential.objects.get(pk=stored.pk).secret == CANARY


def test_an_upsert_is_refused(stored: Credential) -> None:
    other = Credential(id=stored.pk, secret="changed")

    with pytest.raises(TypeError), transaction.atomic():
        Credential.objects.bulk_create(
            [other], update_conflicts=True, unique_fields=["id"], update_fields=["secret"]
        )
    Credential.objects.bulk_create(
        [other], update_conflicts=True, unique_fields=["id"], update_fields=["name"]
    )
    assert Credential.objects.get(pk=stored.pk).secret == CANARY


def test_null_can_be_set_everywhere(stored: Credential) -> None:
    Credential.objects.update(secret=None)

    assert Credential.objects.get(pk=stored.pk).secret is None


def test_a_row_that_is_cloned_by_its_key_needs_its_values_again(stored: Credential) -> None:
    stored.pk = uuid4()
    stored._state.adding = True

    with pytest.raises(Tampered) as refusal, transaction.atomic():
        stored.save()
    assert refusal.value.__notes__ == ["A copy of a row needs its vault values assigned anew."]

    stored.secret, stored.note, stored.config = "anew", None, None
    stored.save()
    assert Credential.objects.get(pk=stored.pk).secret == "anew"


def test_sealed_bytes_of_another_row_are_not_saved(stored: Credential) -> None:
    other = Credential.objects.create(secret="other")
    other.secret = Credential.objects.values_list("secret", flat=True).get(pk=stored.pk)

    with pytest.raises(Tampered), transaction.atomic():
        other.save()
    assert Credential.objects.get(pk=other.pk).secret == "other"


def test_a_key_that_is_given_as_text_is_the_same_place(tables: None) -> None:
    key = uuid4()
    row = Credential(id=str(key).upper(), secret=CANARY)
    row.save()

    assert Credential.objects.get(pk=key).secret == CANARY


def test_a_row_without_a_key_is_not_sealed(tables: None) -> None:
    row = Credential(secret=CANARY)
    row.pk = None

    with pytest.raises(ValueError, match="needs a primary key"), transaction.atomic():
        pickle.dumps(row)


@pytest.mark.parametrize(
    "made", [VaultTextField(null=True, label="a.b"), VaultJSONField(default=dict)]
)
def test_a_migration_holds_the_field_and_no_key(made: VaultTextField | VaultJSONField) -> None:
    _, path, args, kwargs = made.deconstruct()
    written, imports = MigrationWriter.serialize(made)

    assert path == f"vaultportal.crypto.fields.{type(made).__name__}"
    assert imports == {"import vaultportal.crypto.fields"}
    again = type(made)(*args, **kwargs)
    assert again.deconstruct()[1:] == made.deconstruct()[1:]
    assert made.clone().deconstruct()[1:] == made.deconstruct()[1:]
    assert not {"key", "ttl", "editable"} & kwargs.keys()
    assert type(made).__name__ in written


def test_the_column_is_bytes(tables: None) -> None:
    field = Credential._meta.get_field("secret")

    assert field.db_type(connection) == "bytea"
    assert field.editable is False
    assert [found.name for found in vault_fields(Credential)] == ["secret", "note", "config"]
    assert field.clone().deconstruct()[1:] == field.deconstruct()[1:]


@pytest.mark.parametrize("option", [{"key": b"x"}, {"ttl": 60}])
def test_options_of_the_fork_that_would_do_nothing_are_refused(option: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        VaultTextField(**option)


def test_a_renamed_column_keeps_its_label(stored: Credential) -> None:
    class Renamed(models.Model):
        id = models.UUIDField(primary_key=True)
        secret = VaultTextField(label="crypto_samples_credential.note")

        class Meta:
            app_label = "crypto_samples_renamed"
            db_table = "crypto_samples_twin"

        def __str__(self) -> str:
            return ""

    stored.refresh_from_db()
    Twin.objects.create(id=stored.pk)
    sealed = Credential.objects.values_list("note", flat=True).get(pk=stored.pk)
    Renamed._base_manager.filter(pk=stored.pk).update(secret=sealed)

    assert Renamed._base_manager.get(pk=stored.pk).secret == "remark"


def test_unfit_declarations_fail_the_check() -> None:
    class Unfit(models.Model):
        secret = VaultTextField(unique=True)
        indexed = VaultJSONField(db_index=True)

        class Meta:
            app_label = "crypto_samples_unfit"

        def __str__(self) -> str:
            return ""

    for name in ("secret", "indexed"):
        field = Unfit._meta.get_field(name)
        assert isinstance(field, VaultField)
        found = {error.id for error in field.check()}
        assert {"crypto.E001", "crypto.E002"} <= found
    assert [error.id for field in vault_fields(Credential) for error in field.check()] == []
