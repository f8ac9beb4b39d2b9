"""The web server, for a container or a unit of its own."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.checks import Tags
from django.core.management.base import BaseCommand

from vaultportal.runtime import database, web
from vaultportal.runtime.cli import add_listening_options


class Command(BaseCommand):
    help = "Answer requests at PORTAL_HOST and PORTAL_PORT."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_listening_options(parser)  # read by vaultportal.runtime.cli, before the settings

    def handle(self, *args: object, **options: object) -> None:
        self.check(tags=[Tags.database], databases=["default"])  # the root key fits the data
        database.leave()  # before there are child processes
        web.serve()
