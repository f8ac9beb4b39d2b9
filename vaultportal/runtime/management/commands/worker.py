"""The worker, for a container or a unit of its own."""

from __future__ import annotations

import warnings
from argparse import ArgumentParser
from typing import Any

from celery.platforms import SecurityWarning  # type: ignore[attr-defined]
from django.core.checks import Tags
from django.core.management.base import BaseCommand

from vaultportal.celery import QUEUES, app
from vaultportal.runtime import database, sizes


class Command(BaseCommand):
    help = "Work off the queues."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--queues",
            default=",".join(QUEUES),
            help="comma-separated; beside workers of their own for gates and jobs: default,gates",
        )

        parser.add_argument(
            "--processes",
            type=int,
            default=sizes.worker_processes(),
            help="child processes; by default PORTAL_WORKER_PROCESSES, else one for each core",
        )

    def handle(
        self,
        *args: object,
        queues: str,
        processes: int,
        **options: Any,
    ) -> None:
        self.check(tags=[Tags.database], databases=["default"])  # the root key fits the data
        database.leave()  # before there are child processes
        # Messages are JSON, so a worker of root runs nothing that a sender could choose.
        warnings.filterwarnings("ignore", category=SecurityWarning)
        app.start(
            [
                "--quiet",
                "worker",
                "--loglevel=WARNING",
                f"--concurrency={processes}",
                f"--queues={queues}",
                f"--hostname={queues.replace(',', '-')}@%h",
                "--without-gossip",
                "--without-mingle",
                # Nobody listens, and to send while the broker is away holds up all else.
                "--without-heartbeat",
            ]
        )
