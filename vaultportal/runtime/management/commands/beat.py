"""The scheduler, for a container or a unit of its own."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from vaultportal.celery import app


class Command(BaseCommand):
    help = "Send the scheduled tasks. Any number may run: one sends, the others stand by."
    requires_system_checks = []

    def handle(self, *args: object, **options: object) -> None:
        app.start(["--quiet", "beat", "--loglevel=WARNING", "--pidfile="])
