"""The one command."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from vaultportal.runtime import serving
from vaultportal.runtime.cli import add_listening_options


class Command(BaseCommand):
    help = (
        "Run the whole portal in this terminal: database and broker unless they are elsewhere, "
        "web server, worker and scheduler."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_listening_options(parser)  # read by vaultportal.runtime.cli, before the settings
        parser.add_argument("--no-worker", action="store_true", help="no worker and no scheduler")

    def handle(self, *args: object, no_worker: bool, **options: object) -> None:
        serving.serve(with_worker=not no_worker)
