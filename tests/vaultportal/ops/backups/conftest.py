"""A database with something in it, its backup, and empty ones to restore into."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import Settings
from pytest_django.plugin import DjangoDbBlocker

from collections_app import catalog
from collections_app.schema.drafts import collection_from_json
from collections_app.services.adding import add_object
from collections_app.services.collections import add_collection
from collections_app.services.options import WriteOptions
from secrets_app.payload import Payload
from secrets_app.services import secrets as secret_services
from tests import factories
from tests.collections_app.conftest import ALLOW_ALL, an_actor
from tests.services import TestServices, use_database
from vaultportal.audit import chain
from vaultportal.crypto import keyring
from vaultportal.crypto.models import Instance
from vaultportal.crypto.providers import registry
from vaultportal.identity.actor import Actor, system
from vaultportal.ops.backups import jobs, manifest
from vaultportal.ops.backups.making import mark
from vaultportal.ops.backups.manifest import DATA, KEYS, MANIFEST, Manifest
from vaultportal.ops.models import Backup

PEOPLE = [{"name": "full_name", "data_type_name": "NAME"}]


@dataclass(frozen=True)
class Kept:
    """What was backed up. word: sealed in the secret and the object; title: in clear beside it."""

    database: str
    folder: Path
    backup_id: UUID
    owner_id: UUID
    secret_id: UUID
    object_id: UUID
    keeper: Actor
    word: str
    title: str


@dataclass(frozen=True)
class Databases:
    """Databases of one process of the tests."""

    services: TestServices
    worker: str

    @contextmanager
    def used(self, name: str) -> Iterator[None]:
        """Everything goes to that database; afterwards to the one of before."""
        before = settings.DATABASES["default"]["NAME"]
        self._turn_to(name)
        try:
            yield
        finally:
            self._turn_to(before)

    def empty(self) -> str:
        """A new one without a table."""
        name = f"restored_{self.worker}"
        self.services.empty_database(name)
        return name

    def _turn_to(self, name: str) -> None:
        use_database(name)
        keyring.forget()
        chain.forget()
        catalog.forget()


@pytest.fixture(scope="module")
def databases(
    migrated: TestServices, worker_name: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[Databases]:
    with django_db_blocker.unblock():
        yield Databases(migrated, worker_name)


@pytest.fixture(scope="module")
def kept(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Made once: no test changes the folder, or the database beyond the rows of backups."""
    name = f"backed_up_{databases.worker}"
    databases.services.copy_database(name)
    word, title = "cnry" + secrets.token_hex(12), factories.unique("kept/title")
    with databases.used(name):
        owner = factories.as_owner()
        draft = secret_services.Draft(
            name=title, payload=Payload.of({"password": word}), owner_id=owner.user_id
        )
        secret_id = secret_services.create_secret(owner, draft).id
        keeper = an_actor(ALLOW_ALL, user_id=owner.user_id)
        people = {"name": "people", "type": "PERSONS", "properties": PEOPLE}
        add_collection(keeper, collection_from_json(people))
        object_id = add_object(keeper, "people", {"full_name": word}, WriteOptions())
        row = jobs.back_up_now(system(), tmp_path_factory.mktemp("backups") / "here")
        folder = Path(row.place) / row.name
        return Kept(name, folder, row.pk, owner.user_id, secret_id, object_id, keeper, word, title)


@pytest.fixture
def in_source(databases: Databases, kept: Kept) -> Iterator[Kept]:
    """The database that was backed up."""
    with databases.used(kept.database):
        yield kept
        Backup.objects.exclude(pk=kept.backup_id).delete()


@pytest.fixture
def copy(kept: Kept, tmp_path: Path) -> Callable[[], Path]:
    """Copies of the backup, to be spoilt."""

    def make() -> Path:
        return Path(shutil.copytree(kept.folder, tmp_path / kept.folder.name))

    return make


@pytest.fixture
def place(settings: Settings, tmp_path: Path) -> Path:
    """PORTAL_BACKUP_DIR, with a backup each day."""
    settings.PORTAL_BACKUP_DIR, settings.PORTAL_BACKUP_HOURS = str(tmp_path), 24
    return tmp_path


def made(place: Path, *, hours: float = 0, state: str = Backup.State.DONE, **fields: Any) -> Backup:
    """A row of so many hours ago."""
    at = timezone.now() - timedelta(hours=hours)
    given = {"asked_by": uuid4(), "asked_name": "ada", "ended_at": at, **fields}
    return Backup.objects.create(place=str(place), state=state, created_at=at, **given)


def written(place: Path, *, hours: float = 0, folder: str = "", **parts: object) -> Path:
    """A folder as a backup of so many hours ago leaves it, sealed; its dumps are empty words.

    folder: its name where that is not the one in the manifest. parts: of the manifest.
    """
    keyring.check()  # makes the root key of a database that has none yet
    provider = registry.provider()
    (version, label), *_ = provider.versions().items()
    instance, backup_id = Instance.objects.get().pk, uuid4()
    at = (timezone.now() - timedelta(hours=hours)).isoformat(timespec="seconds")
    root = {"provider": provider.family, "version": version, "label": label, "active": True}
    body: dict[str, Any] = {
        "format": manifest.FORMAT,
        "id": str(backup_id),
        "name": f"{mark(instance)}{backup_id.hex}",
        "instance": str(instance),
        "migrations": [],
        "roots": [root],
        "rows": {},
        "files": {name: {"bytes": 3, "sha256": "0" * 64} for name in (DATA, KEYS)},
        "started_at": at,
        "ended_at": at,
        **parts,
    }
    home = place / (folder or body["name"])
    home.mkdir()
    for name in (DATA, KEYS):
        (home / name).write_bytes(b"...")
    (home / MANIFEST).write_bytes(Manifest(body).sealed(provider))
    return home
