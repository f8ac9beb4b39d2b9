"""The way into every command: the environment first, then folders and services, then Django."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import nullcontext

from django.core.exceptions import ImproperlyConfigured
from django.core.management import ManagementUtility
from django.db import ProgrammingError
from psycopg.errors import UndefinedColumn, UndefinedTable

from vaultportal.runtime import embedded

# They touch no database; ``serve`` brings up the services itself, to keep them.
WITHOUT_SERVICES = {
    "",
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "makemigrations",
    "serve",
    "spectacular",
    "startapp",
    "version",
}
LISTENS = {"serve", "web"}
HELP = {"-h", "--help", "--version"}


def main(argv: list[str]) -> int:
    """Run one command; its exit status. A wrong set-up is told in one sentence, with status 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vaultportal.settings")
    command = argv[1] if len(argv) > 1 else ""
    try:
        if command in LISTENS:
            _export_options(argv[2:])
        asks_help = bool(HELP & set(argv[1:]))
        if command == "serve" and not asks_help:
            embedded.prepare()
        wanted = command not in WITHOUT_SERVICES and not asks_help
        with embedded.running() if wanted else nullcontext():
            ManagementUtility(argv).execute()
    except ImproperlyConfigured as fault:
        print(fault, file=sys.stderr)  # noqa: T201 there is no command to print it yet
        return 1
    except ProgrammingError as fault:
        if not isinstance(fault.__cause__, UndefinedTable | UndefinedColumn):
            raise
        said = f"The database is empty or older than this program: {_lacks(fault.__cause__)}."
        print(f"{said} `manage.py migrate` makes what is missing.", file=sys.stderr)  # noqa: T201 as above
        return 1
    except KeyboardInterrupt:
        return 130  # as shells say it: ended by Ctrl-C
    return 0


def add_listening_options(parser: argparse.ArgumentParser) -> None:
    """The options of the commands that listen. Each is short for a variable of the environment."""
    parser.add_argument("--host", help="address to listen at (PORTAL_HOST, 127.0.0.1)")
    parser.add_argument("--port", help="port to listen at (PORTAL_PORT, 8000)")
    parser.add_argument(
        "--tls",
        action="store_const",
        const="auto",
        help="HTTPS, with a certificate of the portal's own CA unless files are given (PORTAL_TLS)",
    )


def _lacks(fault: UndefinedTable | UndefinedColumn) -> str:
    return fault.diag.message_primary or "something is not there"


def _export_options(arguments: list[str]) -> None:
    """Options become variables before settings are read; child processes inherit them."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    add_listening_options(parser)
    options, _ = parser.parse_known_args(arguments)
    for name, value in vars(options).items():
        if value is not None:
            os.environ[f"PORTAL_{name.upper()}"] = value
