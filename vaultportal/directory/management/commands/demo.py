"""Fill a portal with samples, through the services of its apps."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from vaultportal.directory import sample_data
from vaultportal.errors import Forbidden


class Command(BaseCommand):
    help = (
        "Add sample people, roles, secrets and a collection; safe to repeat, refused in production."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for line in sample_data.load():
                self.stdout.write(line)
        except Forbidden as refusal:
            raise CommandError(refusal.message) from refusal
