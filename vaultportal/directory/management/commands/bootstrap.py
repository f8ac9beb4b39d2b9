"""Make the first administrator and a credential for each wire without a browser."""

from __future__ import annotations

import json
import shlex
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from vaultportal.directory.bootstrap import bootstrap
from vaultportal.errors import VaultError


class Command(BaseCommand):
    help = (
        "Make the first administrator and one credential for each kind of client; print them. "
        "Safe to repeat: what can be shown again is shown again, what was changed since is null."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="print one JSON object")
        form.add_argument(
            "--env", action="store_true", help="print lines for a shell to eval: PORTAL_URL=…"
        )
        parser.add_argument(
            "--dev",
            action="store_true",
            help="also store what a local trial needs: Admin may read data, http and 127.0.0.0/8 "
            "are destinations, CORS *, no throttling of log-ins; refused in production",
        )
        parser.add_argument("--email", default="", help="of the first administrator")
        parser.add_argument("--name", default="", help="of the first administrator")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            access = bootstrap(
                email=options["email"], name=options["name"], dev=options["dev"]
            ).as_json()
        except VaultError as fault:
            raise CommandError(str(fault)) from None
        if options["json"]:
            self.stdout.write(json.dumps(access))
            return
        if options["env"]:
            for wire, credentials in access.items():
                for name, value in credentials.items():
                    self.stdout.write(f"{wire}_{name}".upper() + f"={shlex.quote(value or '')}")
            return
        for wire, credentials in access.items():
            self.stdout.write(wire)
            for name, value in credentials.items():
                self.stdout.write(f"  {name}: {value or '(changed since; not known here)'}")
