"""Browsers without a network: Django's client, signed in as somebody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest
from django.test import Client
from pytest_django import Settings

from tests import factories
from tests.vaultportal.ui import oidc_provider
from tests.vaultportal.ui.oidc_provider import Issuer
from vaultportal.directory import options
from vaultportal.identity.models import Role, User
from vaultportal.identity.models.role import ADMIN
from vaultportal.ui.oidc import published

BACKEND = "vaultportal.identity.backends.AccessBackend"


def sign_in(user: User, *, proved: bool = True) -> Client:
    """A browser in which ``user`` has signed in, a moment ago or, not ``proved``, long ago."""
    client = Client()
    client.force_login(user, backend=BACKEND)
    if proved:
        request = HttpRequest()
        request.session = client.session
        record_authentication(request, user, method="password")
        request.session.save()
    return client


@pytest.fixture
def administrator() -> User:
    """Somebody with every right to manage."""
    person = factories.make_person(username=factories.unique("admin"))
    return factories.member_of(person, Role.objects.get(name=ADMIN))


@pytest.fixture
def admin(administrator: User) -> Client:
    """The administrator's browser."""
    return sign_in(administrator)


@pytest.fixture
def stranger() -> Client:
    """The browser of somebody without any right."""
    return sign_in(factories.make_person(username=factories.unique("stranger")))


@pytest.fixture
def fresh_settings() -> Iterator[None]:
    """A process keeps what it has read for a second."""
    options.forget()
    yield
    options.forget()


@pytest.fixture(scope="session")
def provider() -> Iterator[Issuer]:
    with oidc_provider.running() as issuer:
        yield issuer


@pytest.fixture
def issuer(provider: Issuer, settings: Settings) -> Issuer:
    """The provider, and a portal that knows it."""
    published.forget()
    settings.PORTAL_OIDC = [provider.setting()]
    return provider


@pytest.fixture
def sub(issuer: Issuer) -> str:
    """Somebody there."""
    sub = factories.unique("sub")
    issuer.knows(sub, preferred_username=sub, name="Somebody There")
    return sub
