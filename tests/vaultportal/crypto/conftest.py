"""A database without keys, a key folder of its own, and the sample tables."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.apps import AppConfig, apps
from django.db import connection
from pytest_django import DjangoDbBlocker, Settings

from tests.services import TestServices, use_database
from tests.vaultportal.crypto import samples
from vaultportal.crypto import keyring
from vaultportal.crypto.providers import registry

TABLES = (
    "crypto_object_key, crypto_data_key, crypto_key_scope, crypto_root_key_version, crypto_instance"
)
Child = Callable[..., "subprocess.Popen[str]"]


def start_over() -> None:
    """As a process that has just begun: nothing is known, nothing is open."""
    keyring.forget()
    registry.provider.cache_clear()


def own_line() -> psycopg.Connection[tuple[object, ...]]:
    """A line to the database of the test's own: what it holds or breaks leaves Django's alone."""
    params = connection.get_connection_params()
    return psycopg.connect(**{key: params[key] for key in params if key != "cursor_factory"})


def line_of(process: subprocess.Popen[str]) -> str:
    """What a child says next; nothing when it has ended."""
    assert process.stdout is not None
    line: str = process.stdout.readline()
    return line.strip()


@pytest.fixture(scope="module")
def own_database(
    migrated: TestServices,
    worker_name: str,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """A database for the tests of one module: they commit, and empty the key tables themselves."""
    name, shared = f"crypto_{worker_name}", connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        migrated.copy_database(name)
        use_database(name)
        yield
        start_over()
        use_database(shared)


@pytest.fixture
def key_dir(own_database: None, settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """An empty key folder beside a database that never had a key."""
    forget_all_keys()
    settings.PORTAL_KEY_PROVIDER = "keyfile"
    settings.PORTAL_KEY_DIR = tmp_path / "keys"
    yield settings.PORTAL_KEY_DIR
    forget_all_keys()


def forget_all_keys() -> None:
    """In the database and in this process."""
    start_over()
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLES}")


@pytest.fixture
def keys(key_dir: Path) -> Path:
    """A key folder with a root key that the database knows."""
    keyring.check()
    return key_dir


@contextmanager
def sample_tables() -> Iterator[None]:
    """The sample tables, empty, and their models known to Django as those of an app."""
    config = AppConfig(samples.LABEL, samples)
    config.apps, config.models = apps, apps.all_models[samples.LABEL]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(apps.app_configs, samples.LABEL, config)
        apps.clear_cache()
        with connection.schema_editor() as editor:
            for model in config.get_models():
                editor.create_model(model)
        yield
        with connection.schema_editor() as editor:
            for model in config.get_models():
                editor.delete_model(model)
    apps.clear_cache()


@pytest.fixture
def tables(keys: Path) -> Iterator[None]:
    """The sample tables in a database of committed rows, with keys of the test's own."""
    with sample_tables():
        yield


@pytest.fixture
def child(keys: Path) -> Iterator[Child]:
    """Run a job of ``children`` in a process of its own, on this test's database and keys."""
    started: list[subprocess.Popen[str]] = []

    def start(job: str, *arguments: str) -> subprocess.Popen[str]:
        root = Path(__file__).parents[3]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.vaultportal.crypto.children", job, *arguments],
            cwd=root,
            env=os.environ
            | {
                "PYTHONPATH": os.pathsep.join([str(root), *sys.path]),
                "CRYPTO_TEST_DATABASE": connection.settings_dict["NAME"],
                "CRYPTO_TEST_KEY_DIR": str(keys),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
