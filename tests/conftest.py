"""One real PostgreSQL and Valkey for the session, a real portal where a test asks for it."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from typing import Any

import django
import pytest
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django.plugin import DjangoDbBlocker

from tests import network
from tests import services as session_services
from vaultportal.runtime import database

# Before anything reads the settings; other conftest files may then import models at their top.
SERVICES = session_services.begin()
atexit.register(SERVICES.stop)  # also when pytest never gets as far as its hooks
django.setup()

from collections_app import catalog  # noqa: E402 it has models
from tests.portal import Portal, run_portal  # noqa: E402 it reads the settings
from vaultportal.audit import chain  # noqa: E402 it has models
from vaultportal.crypto import keyring  # noqa: E402 it has models
from vaultportal.directory import options  # noqa: E402 it has models
from vaultportal.identity.hashers import Argon2  # noqa: E402 it reads the settings
from vaultportal.ui import integrity  # noqa: E402 it has models

LONGEST_NAME = 100  # of a parameter, in characters

# How long an example takes says how busy the machine is, and nothing of what it is about.
hypothesis_settings.register_profile(
    "portal", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("portal")
# A quarter of the tests' time, else; a running portal of theirs hashes as any other.
Argon2.time_cost, Argon2.memory_cost = 1, 64


def pytest_configure(config: pytest.Config) -> None:
    """With xdist the controller keeps the services for its workers; else they wait for a need."""
    if getattr(config.option, "numprocesses", None):
        SERVICES.start()


def pytest_unconfigure() -> None:
    """Whatever happened, nothing stays behind."""
    SERVICES.stop()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A long text is no name: each process may make another, and environments hold it."""
    return argname if isinstance(val, str | bytes) and len(val) > LONGEST_NAME else None


@pytest.fixture(scope="session", autouse=True)
def _no_outside_network() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        network.install(patch)
        yield


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """The database of one test is not that of the one before: numbers are given again."""
    chain.forget()
    catalog.forget()
    options.forget()
    integrity.forget()


@pytest.fixture(scope="session")
def services() -> session_services.TestServices:
    """The running PostgreSQL and Valkey of this session."""
    SERVICES.start()
    return SERVICES


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """``gw0``, ``gw1`` … under xdist, else ``main``: for what each process needs of its own."""
    worker_input = getattr(request.config, "workerinput", None)
    return str(worker_input["workerid"]) if worker_input else "main"


@pytest.fixture(scope="session")
def migrated(
    services: session_services.TestServices, django_db_blocker: DjangoDbBlocker
) -> session_services.TestServices:
    """The same, with the database migrated that all others are copied from."""
    with django_db_blocker.unblock():
        services.migrate_once()
    return services


@pytest.fixture(scope="session")
def django_db_setup(
    migrated: session_services.TestServices,
    worker_name: str,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """A database for this process. After a transactional test it is copied anew (50 ms).

    Django would truncate its tables instead, which the audit trail refuses and which would also
    take what the migrations have put there.
    """
    name = f"test_{worker_name}"
    migrated.copy_database(name)

    def renew(self: TransactionTestCase) -> None:
        database.leave()
        migrated.copy_database(name)
        keyring.forget()  # the keys of the database that is gone

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", renew)
        with django_db_blocker.unblock():
            session_services.use_database(name)
        yield
        with django_db_blocker.unblock():
            database.leave()


@pytest.fixture(scope="session")
def portal(migrated: session_services.TestServices, worker_name: str) -> Iterator[Portal]:
    """A running portal: web server, worker and scheduler in processes of their own."""
    with run_portal(migrated, worker_name) as running:
        yield running


@pytest.fixture(scope="session")
def strict(
    migrated: session_services.TestServices, worker_name: str
) -> Iterator[tuple[Portal, str]]:
    """A portal with the strict settings and an export seed; and the name of its database.

    Tests that use it are in one xdist group, so that there is one of it.
    """
    name = f"strict_{worker_name}"
    settings: dict[str, Any] = {
        "PVAULT_SERVICE_FORCE_ACCESS_REASON": "true",
        "PVAULT_SERVICE_TIMEOUT_SECONDS": "3",
        "PVAULT_KMS_EXPORT_SEED": "a seed that both operators know",
        "TRIGGERS_RATE_LIMIT": "5",
    }
    with run_portal(migrated, name, **settings) as running:
        yield running, f"portal_{name}"
