"""python manage.py backup: the database in a folder, to keep elsewhere."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

import orjson
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from vaultportal.crypto import keyring
from vaultportal.crypto.providers import registry
from vaultportal.crypto.providers.keyfile import KeyFile
from vaultportal.errors import VaultError
from vaultportal.identity.actor import system
from vaultportal.ops.backups import jobs
from vaultportal.ops.backups.manifest import KEYS


class Command(BaseCommand):
    help = "Write a backup of the database: a folder with the data, the wrapped keys, a manifest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, help="folder of the backups (PORTAL_BACKUP_DIR)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: object, to: Path | None, json: bool, **options: object) -> None:
        place = to or (Path(settings.PORTAL_BACKUP_DIR) if settings.PORTAL_BACKUP_DIR else None)
        if place is None:
            raise CommandError("Name a folder with --to, or set PORTAL_BACKUP_DIR.")
        try:
            keyring.check()
            row = jobs.back_up_now(system(), place.expanduser().absolute())
        except (VaultError, ImproperlyConfigured) as refusal:
            raise CommandError(str(refusal)) from refusal
        folder = Path(row.place) / row.name
        if json:
            told = {"folder": str(folder), "bytes": row.bytes, "sha256": row.digest}
            self.stdout.write(orjson.dumps(told | {"id": str(row.pk)}).decode())
            return
        self.stdout.write(self.style.SUCCESS(f"{folder}, {row.bytes} bytes"))
        self.stdout.write(
            f"Keep {KEYS} apart from the rest and for days only: it brings back what was erased.\n"
            f"Not in it: {_root_key()}. Without that nothing of this opens; keep it elsewhere.\n"
            "Not in it: the data in S3 vaults, which lies on the machines that serve them.\n"
            f"Is it good? python manage.py restore --check {folder}"
        )


def _root_key() -> str:
    provider = registry.provider()
    if isinstance(provider, KeyFile):
        return f"the root key, {provider.path}"
    return f"the root key, which the provider {provider.name} keeps"
