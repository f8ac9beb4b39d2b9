"""VaultField and the ways in which a field that opens itself could give its value away."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.core.serializers.base import DeserializedObject, build_instance
from django.db import connection, models, transaction
from django.db.migrations.writer import MigrationWriter
from django.db.models import F, Value
from django.db.models.functions import Upper
from django.forms.models import model_to_dict, modelform_factory
from django.test.utils import CaptureQueriesContext

from tests.vaultportal.crypto.conftest import sample_tables
from tests.vaultportal.crypto.samples import Credential, Twin
from vaultportal.crypto import envelope
from vaultportal.crypto.errors import Tampered
from vaultportal.crypto.fields import VaultField, VaultJSONField, VaultTextField, vault_fields
from vaultportal.crypto.sealed import Sealed, Unsealed

CANARY = "canary-5ecret-in-the-mine"


def carries(blob: object) -> bool:
    """Whether the canary is in there, in any usual spelling."""
    data = blob if isinstance(blob, bytes) else repr(blob).encode() + str(blob).encode()
    return CANARY.encode() in data or CANARY.encode("utf-16-le") in data


def raw(row: models.Model, column: str = "secret") -> bytes | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {column} FROM {row._meta.db_table} WHERE id = %s",  # noqa: S608 names of this file
            [row.pk],
        )
        found = cursor.fetchone()[0]
    return None if found is None else bytes(found)


@pytest.fixture
def tables(db: None) -> Iterator[None]:
    """The sample tables, gone with the test's transaction; the keys are those of the session."""
    with sample_tables():
        yield


@pytest.fixture
def stored(tables: None) -> Credential:
    """A row as the database gives it: nothing opened yet."""
    row = Credential.objects.create(secret=CANARY, note="remark", config={"token": CANARY})
    return Credential.objects.get(pk=row.pk)


@pytest.fixture
def opened(stored: Credential) -> Credential:
    """A row whose values were looked at."""
    assert stored.secret == CANARY
    assert stored.config == {"token": CANARY}
    return stored


@pytest.fixture
def refreshed(stored: Credential) -> Credential:
    """A row that was read anew."""
    stored.refresh_from_db()
    return stored


@pytest.fixture
def unsaved(tables: None) -> Credential:
    """A row that was never stored."""
    return Credential(secret=CANARY, config={"token": CANARY})


@pytest.fixture(params=["stored", "opened", "refreshed", "unsaved"])
def row(request: pytest.FixtureRequest, tables: None) -> Credential:
    """A row in each of its lives."""
    found: Credential = request.getfixturevalue(request.param)
    return found


# -- what it is for --------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " ", "x", "Grüße 🔑", "line\nline", "\x00", "x" * 100_000])
def test_text_comes_back_as_it_was(tables: None, text: str) -> None:
    row = Credential.objects.create(secret=text)

    assert Credential.objects.get(pk=row.pk).secret == text


@pytest.mark.parametrize("value", [0, False, "", [], {}, {"a": [1, None, "ü"]}, 2**70, 1.5])
def test_json_comes_back_as_it_was(tables: None, value: object) -> None:
    row = Credential.objects.create(config=value)

    found = Credential.objects.get(pk=row.pk).config

    assert found == value
    assert type(found) is type(value)


def test_nothing_is_null_and_can_be_asked_for(tables: None) -> None:
    empty, full = Credential.objects.create(), Credential.objects.create(secret=CANARY)

    assert raw(empty) is None
    assert Credential.objects.get(pk=empty.pk).secret is None
    assert Credential.objects.get(secret__isnull=True) == empty
    assert Credential.objects.get(secret__isnull=False) == full


def test_the_column_holds_no_plaintext(stored: Credential) -> None:
    for column in ("secret", "config"):
        assert not carries(raw(stored, column))
        assert (raw(stored, column) or b"")[:2] == b"\x01\x01"


def test_a_changed_value_replaces_the_old_one(stored: Credential) -> None:
    stored.secret = "changed"
    stored.save(update_fields=["secret"])

    assert Credential.objects.get(pk=stored.pk).secret == "changed"
    assert stored.secret == "changed"


def test_saving_another_column_leaves_the_sealed_bytes_alone(stored: Credential) -> None:
    before = raw(stored)
    stored.name = "renamed"
    stored.save()

    assert raw(stored) == before


def test_rows_are_made_in_bulk(tables: None) -> None:
    Credential.objects.bulk_create(Credential(secret=f"secret {n}") for n in range(20))

    assert {row.secret for row in Credential.objects.all()} == {f"secret {n}" for n in range(20)}


def test_get_or_create_and_update_or_create_work(tables: None) -> None:
    row, _ = Credential.objects.get_or_create(name="one", defaults={"secret": "first"})
    same, made = Credential.objects.update_or_create(name="one", defaults={"secret": "second"})

    assert (same.pk, made) == (row.pk, False)
    assert Credential.objects.get(pk=row.pk).secret == "second"


def test_json_is_changed_by_assigning_it(stored: Credential) -> None:
    stored.config["token"] = "lost: a copy"
    assert stored.config == {"token": CANARY}

    stored.config = {**stored.config, "more": 1}
    stored.save()

    assert Credential.objects.get(pk=stored.pk).config == {"token": CANARY, "more": 1}


@pytest.mark.parametrize("value", [1, b"bytes", ["list"], object(), F("note"), Value("x")])
def test_a_text_field_takes_text_only(tables: None, value: object) -> None:
    with pytest.raises(TypeError), transaction.atomic():
        Credential.objects.create(secret=value)
    assert not Credential.objects.exists()


@pytest.mark.parametrize("value", [object(), {"a": {1}}, float("nan"), b"bytes", F("note")])
def test_a_json_field_takes_json_only(tables: None, value: object) -> None:
    with pytest.raises(TypeError), transaction.atomic():
        Credential.objects.create(config=value)


def test_a_lone_surrogate_is_refused_and_not_repeated(tables: None) -> None:
    with pytest.raises(TypeError) as refusal, transaction.atomic():
        Credential.objects.create(secret=CANARY + "\ud800")
    assert not carries(refusal.value)
    with pytest.raises(TypeError), transaction.atomic():
        Credential.objects.create(config="\ud800")


# -- what it costs ---------------------------------------------------------------------------------


def test_a_list_opens_nothing_until_it_is_asked(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Credential.objects.bulk_create(Credential(secret=f"secret {n}") for n in range(1000))
    openings = []
    unseal = envelope.unseal_in_scope

    def counted(sealed: bytes, context: envelope.Context) -> bytes:
        openings.append(context.object_id)
        return unseal(sealed, context)

    monkeypatch.setattr(envelope, "unseal_in_scope", counted)
    with CaptureQueriesContext(connection) as queries:
        rows = list(Credential.objects.all())
        listed = [(str(row), row.pk, repr(row)) for row in rows]
    assert (len(listed), len(queries), openings) == (1000, 1, [])

    assert rows[7].secret is not None
    assert openings == [str(rows[7].pk)]


def test_a_deferred_value_is_fetched_when_it_is_asked_for(stored: Credential) -> None:
    row = Credential.objects.defer("secret").get(pk=stored.pk)
    assert "secret" in row.get_deferred_fields()

    with CaptureQueriesContext(connection) as queries:
        assert row.secret == CANARY
        assert row.secret == CANARY
    assert len(queries) == 1
    assert isinstance(row.__dict__["secret"], Sealed)


def test_a_row_without_the_column_is_saved_without_it(stored: Credential) -> None:
    row = Credential.objects.only("name").get(pk=stored.pk)
    row.name = "renamed"
    row.save()

    found = Credential.objects.get(pk=stored.pk)
    assert (found.name, found.secret) == ("renamed", CANARY)


# -- ways out that are shut ------------------------------------------------------------------------


def test_the_canary_is_found_where_it_is() -> None:
    """The check that the others rest on can fail."""
    assert carries(CANARY)
    assert carries({"x": [CANARY]})
    assert carries(pickle.dumps({"x": CANARY}))


def test_a_row_does_not_print_its_values(row: Credential) -> None:
    assert not carries(row)
    assert not carries(row.__dict__)
    assert not carries(vars(row))
    assert not carries(f"{row.__dict__['secret']} {row.__dict__['config']!s:>40}")
    assert not carries("%s" % row.__dict__["secret"])  # noqa: UP031 each way of printing


def test_sealed_bytes_print_as_such(stored: Credential) -> None:
    assert repr(stored.__dict__["secret"]) == str(stored.__dict__["secret"]) == "<sealed>"
    assert f"{stored.__dict__['secret']:>10}" == "  <sealed>"
    assert repr(Unsealed("x")) == "<unsealed>"


def test_a_dump_is_sealed(row: Credential) -> None:
    for form in ("json", "xml", "python"):
        dumped = serializers.serialize(form, [row])
        assert not carries(dumped)
    fields = json.loads(serializers.serialize("json", [row]))[0]["fields"]
    assert fields["secret"]


@pytest.mark.parametrize("form", ["dumped", "plain"])
def test_a_fixture_does_not_load(stored: Credential, form: str) -> None:
    field = Credential._meta.get_field("secret")
    text = field.value_to_string(stored) if form == "dumped" else CANARY
    values = {"id": stored.pk, "secret": field.to_python(text)}
    stored.delete()

    with pytest.raises(TypeError) as refusal, transaction.atomic():
        DeserializedObject(build_instance(Credential, values, "default")).save()
    assert not carries(refusal.value)
    assert not Credential.objects.exists()


@pytest.mark.parametrize("carry", [pickle.dumps, lambda row: pickle.dumps([row], protocol=0)])
def test_a_pickle_is_sealed(row: Credential, carry: Callable[[object], bytes]) -> None:
    assert not carries(carry(row))


def test_a_pickled_row_opens_again(row: Credential) -> None:
    again = pickle.loads(pickle.dumps(row))  # noqa: S301 our own bytes

    assert again.secret == CANARY
    again.save()
    assert Credential.objects.get(pk=row.pk).config == {"token": CANARY}


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_copied_row_opens(row: Credential, duplicate: Callable[[Any], Any]) -> None:
    assert duplicate(row).secret == CANARY


def test_a_value_that_waits_is_not_pickled_by_itself(unsaved: Credential) -> None:
    with pytest.raises(TypeError), transaction.atomic():
        pickle.dumps(unsaved.__dict__["secret"])


def test_forms_and_dicts_leave_it_out(row: Credential) -> None:
    assert set(model_to_dict(row)) == {"id", "name"}
    form = modelform_factory(Credential, fields="__all__")(instance=row)
    assert set(form.fields) == {"id", "name"}
    assert not carries(form.as_p())
    with pytest.raises(FieldError), transaction.atomic():
        modelform_factory(Credential, fields=["secret"])


def test_values_are_sealed(stored: Credential) -> None:
    for found in (
        Credential.objects.values_list("secret", flat=True).get(),
        Credential.objects.values("secret").get()["secret"],
        Credential.objects.annotate(copy=F("secret")).values_list("copy", flat=True).get(),
    ):
        assert isinstance(found, Sealed)
        assert not carries(bytes(found))


@pytest.mark.parametrize(
    "lookup", ["secret", "secret__contains", "secret__in", "config__token", "secret__gt"]
)
def test_it_cannot_be_searched(stored: Credential, lookup: str) -> None:
    with pytest.raises(FieldError), transaction.atomic():
        Credential.objects.filter(**{lookup: CANARY}).exists()


# -- ways in that are shut -------------------------------------------------------------------------


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


# -- declaration -----------------------------------------------------------------------------------


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
