"""The ways in which a field that opens itself could give its value away."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.core.serializers.base import DeserializedObject, build_instance
from django.db import transaction
from django.db.models import F
from django.forms.models import model_to_dict, modelform_factory

from tests.vaultportal.crypto.fields.canary import CANARY, carries
from tests.vaultportal.crypto.samples import Credential
from vaultportal.crypto.sealed import Sealed, Unsealed


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
