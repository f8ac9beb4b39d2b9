"""What can go wrong with a backup; each message is a sentence for the operator."""

from __future__ import annotations

from vaultportal.errors import Conflict, Internal


class BackupFailed(Internal):
    """It could not be made, does not hold what it should, or cannot be loaded here."""

    default = "The backup failed."


class Busy(Conflict):
    """Another process makes, tries out or restores a backup of this database."""

    default = "A backup is being made, tested or restored. Try again when it has ended."
