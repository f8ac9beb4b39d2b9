"""Fill a portal with samples, through the services of its apps."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from vaultportal.identity import actor as actors


class Command(BaseCommand):
    help = (
        "Add sample people, roles, secrets and a collection; safe to repeat, refused in production."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("Samples do not belong into a production portal.")
        for config in apps.get_app_configs():
            # An app that has samples has a module demo, with a function load(actor) that makes what
            # is missing and returns a line of text that tells what is there now.
            if find_spec(f"{config.name}.demo") is not None:
                line = import_module(f"{config.name}.demo").load(actors.system())
                self.stdout.write(f"{config.label}: {line}")
