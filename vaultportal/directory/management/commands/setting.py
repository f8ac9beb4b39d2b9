"""python manage.py setting: run-time settings without a browser, for when none comes in."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from vaultportal.directory import options as known
from vaultportal.directory.services.settings import reset_setting
from vaultportal.errors import VaultError
from vaultportal.identity import actor as actors


class Command(BaseCommand):
    help = (
        "List the run-time settings, or give one its default back; that is on record as done by "
        "the portal itself. While the provider of sign-ins is down and people sign in there only, "
        "“setting reset login.provider_only” lets passwords sign in again within a second."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        # Not BaseCommand's own parser class, which wants to know the command that runs it.
        actions = parser.add_subparsers(dest="action", parser_class=ArgumentParser)
        actions.add_parser("list", help="show names and values in force (default)")
        reset = actions.add_parser("reset", help="let the default of one be in force again")
        reset.add_argument("name", help="as the list shows it")

    def handle(self, *_: object, **options: Any) -> None:
        if options["action"] == "reset":
            self.reset(options["name"])
            return
        for option in known.registered():
            note = f"  (from {option.env})" if option.overruled() else ""
            self.stdout.write(f"{option.name} = {json.dumps(known.get(option))}{note}")

    def reset(self, name: str) -> None:
        try:
            reset_setting(actors.system(), name)
            option = known.named(name)
        except VaultError as refusal:
            raise CommandError(refusal.message) from None
        if option.overruled():
            self.stderr.write(f"The environment variable {option.env} decides this one.")
        self.stdout.write(f"{name} = {json.dumps(known.get(option))}")
