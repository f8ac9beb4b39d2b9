"""Fixtures of the tests of operation."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from vaultportal.crypto import keyring
from vaultportal.ops import refusals


@pytest.fixture
def client(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A caller of ``routes``, with nobody refused yet and only our middleware between."""
    settings.ROOT_URLCONF = "tests.vaultportal.ops.routes"
    settings.MIDDLEWARE = ["vaultportal.ops.middleware.RequestMiddleware"]
    monkeypatch.setattr(refusals, "_bound", refusals.Bound())
    return Client(raise_request_exception=False)


@pytest.fixture(autouse=True)
def _keys_of_this_database() -> None:
    """The database of the test before had other keys; a process looks again after a second."""
    keyring.forget()
