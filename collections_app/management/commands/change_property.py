"""Makes a property unique or encrypted while its objects are there, and follows the job."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from collections_app import jobs
from collections_app.models import SchemaJob
from collections_app.services import hardening
from vaultportal.errors import VaultError
from vaultportal.identity import actor

ASK_EVERY = 0.5  # seconds between two looks at what another process works on


class Command(BaseCommand):
    help = "Make a property of a collection unique or encrypted. Objects stay usable meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("collection")
        parser.add_argument("property")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--unique", action="store_true", help="no two active objects alike")
        what.add_argument("--encrypted", action="store_true", help="seal what lies in clear")
        parser.add_argument(
            "--here", action="store_true", help="do the job in this process, not in the worker"
        )

    def handle(self, *args: object, **options: Any) -> None:
        change = hardening.make_unique if options["unique"] else hardening.encrypt_property
        try:
            job = change(actor.system(), options["collection"], options["property"])
        except VaultError as refusal:
            raise CommandError(refusal.message) from None
        if job is not None:
            self._follow(job, here=options["here"])
        self.stdout.write(self.style.SUCCESS("The property is changed."))

    def _follow(self, job: SchemaJob, *, here: bool) -> None:
        """Show how far it is. Interrupting ends the showing, not the job."""
        with tqdm(unit="object", disable=None) as bar:
            while job.state in (SchemaJob.State.QUEUED, SchemaJob.State.RUNNING):
                if here:
                    try:
                        jobs.run_job(str(job.pk))
                    except jobs.NotYet:
                        time.sleep(ASK_EVERY)  # till older transactions are over: nobody tells
                else:
                    time.sleep(ASK_EVERY)  # between two looks at the row that a worker writes
                job.refresh_from_db()
                bar.total = job.total
                bar.update(job.done - bar.n)
        if job.state == SchemaJob.State.FAILED:
            raise CommandError(job.failure)
