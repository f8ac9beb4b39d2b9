"""python manage.py restore: a backup into an empty database, or into one that is thrown away."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

import orjson
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from vaultportal.errors import VaultError
from vaultportal.ops.backups import jobs, manifest, restoring


class Command(BaseCommand):
    help = "Restore a backup into an empty database, or try out whether that would work."
    # They ask the database, which has no tables yet.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("backup", type=Path, help="folder of the backup")
        parser.add_argument(
            "--keys",
            type=Path,
            metavar="BACKUP",
            help="folder of a younger backup to take the keys from: what was erased stays erased",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="into a database server of its own that is thrown away; notes that it was tested",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(
        self,
        *args: object,
        backup: Path,
        keys: Path | None,
        check: bool,
        json: bool,
        **options: object,
    ) -> None:
        if check and keys:
            raise CommandError("--check tries out a backup with its own keys.")
        folder = backup.expanduser().absolute()
        try:
            if check:
                found = jobs.try_out_now(folder, manifest.read(folder)[0].id)
            else:
                source = restoring.check(folder, keys.expanduser() if keys else None)
                found = restoring.restore(source).sentence
        except (VaultError, ImproperlyConfigured) as refusal:
            raise CommandError(str(refusal)) from refusal
        if json:
            self.stdout.write(orjson.dumps({"found": found}).decode())
            return
        self.stdout.write(self.style.SUCCESS(f"{folder.name}: {found}"))
        if not check:
            self.stdout.write(
                "Start the portal now: python manage.py serve\n"
                "What was revoked after this backup is valid again: look through people, API keys "
                "and links.\n"
                "Deliveries that were under way are made once more."
            )
