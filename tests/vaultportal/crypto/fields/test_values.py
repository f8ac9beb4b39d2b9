"""VaultField: what it stores and gives back, and what it costs."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.models import F, Value
from django.test.utils import CaptureQueriesContext

from tests.vaultportal.crypto.fields.canary import CANARY, carries, raw
from tests.vaultportal.crypto.samples import Credential
from vaultportal.crypto import envelope
from vaultportal.crypto.sealed import Sealed


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
