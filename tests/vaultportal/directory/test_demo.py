"""The samples can be loaded, loaded again, and not in production."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from collections_app.models import Collection
from secrets_app.models import Secret
from vaultportal.identity.models import Membership, User


def rows() -> list[int]:
    models = (User, Membership, Secret, Collection)
    return [model._default_manager.count() for model in models]


@pytest.mark.django_db(transaction=True)
def test_samples_are_made_once() -> None:
    out = StringIO()
    call_command("demo", stdout=out)
    before = rows()
    call_command("demo", stdout=StringIO())

    assert out.getvalue().splitlines() == [
        "directory: 4 people, 3 roles",
        "secrets_app: 4 secrets added",
        "collections_app: sample_buyers with 3 objects",
    ]
    assert rows() == before
    assert not User.objects.get(username="nora").has_usable_password()


@pytest.mark.django_db
def test_production_gets_no_samples(settings: Settings) -> None:
    settings.IS_PRODUCTION = True

    with pytest.raises(CommandError):
        call_command("demo")

    assert not User.objects.filter(username="nora").exists()
