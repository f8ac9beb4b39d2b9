"""Takes a checkpoint of the audit trail now."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from vaultportal.audit import checkpoints


class Command(BaseCommand):
    help = "Sign the heads of the audit trail now, and append them to AUDIT_CHECKPOINT_FILE."

    def handle(self, *args: object, **options: object) -> None:
        try:
            checkpoint = checkpoints.take()
        except OSError as fault:
            raise CommandError(
                f"AUDIT_CHECKPOINT_FILE cannot be written: {fault.strerror}."
            ) from fault
        self.stdout.write(f"Checkpoint {checkpoint.number} is taken.")
