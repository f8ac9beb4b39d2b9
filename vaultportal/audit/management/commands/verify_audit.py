"""Verifies the audit trail; made for cron: the exit code is 1 when it is broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from vaultportal.audit import checkpoints, verification
from vaultportal.audit.models import Checkpoint
from vaultportal.audit.verification import Break

SHOWN = 20


class Command(BaseCommand):
    help = "Follow all chains of the audit trail and name each place where one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--against", type=Path, metavar="FILE", help="an outside copy of the checkpoints"
        )
        parser.add_argument(
            "--from",
            type=int,
            dest="start",
            metavar="NUMBER",
            help="read only what came after this checkpoint",
        )

    def handle(self, *args: object, **options: Any) -> None:
        first, found = "", 0
        for one in self._breaks(options["start"], options["against"]):
            if not one.fatal:
                self.stderr.write(self.style.WARNING(str(one)))
                continue
            found += 1
            first = first or str(one)
            if found <= SHOWN:
                self.stderr.write(str(one))
        if found:
            raise CommandError(f"The audit trail is broken in {found} places, first: {first}.")
        self.stdout.write(self.style.SUCCESS("The audit trail is whole."))

    def _breaks(self, start: int | None, against: Path | None) -> Iterator[Break]:
        try:
            since = checkpoints.heads_at(start) if start is not None else {}
        except Checkpoint.DoesNotExist:
            raise CommandError(f"There is no checkpoint {start}.") from None
        total = verification.count() - sum(head.seq for head in since.values())
        # On stderr, and silent when that is no terminal.
        with tqdm(total=total, unit="entry", disable=None) as bar:
            yield from verification.verify(since=since, walked=bar.update)
        yield from checkpoints.breaks()
        if against is not None:
            yield from self._against(against)

    def _against(self, path: Path) -> Iterator[Break]:
        try:
            yield from checkpoints.breaks_against(path)
        except OSError as fault:
            raise CommandError(f"The outside copy cannot be read: {fault.strerror}.") from fault
