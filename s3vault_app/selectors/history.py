"""Host keys that were seen and accepted on a machine, out of the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from s3vault_app.models import Machine
from vaultportal.audit.models import AuditEntry

ACCEPTED, SEEN = "s3_machine.accept_host_key", "s3_machine.see_host_key"
MOST = 20


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """fingerprint: of the accepted key, "" for a look at the machine."""

    at: datetime
    actor: str
    accepted: bool
    fingerprint: str


def host_keys(machine: Machine) -> list[KeyEvent]:
    """The newest first; for a machine that the caller may see."""
    entries = AuditEntry.objects.filter(target_id=str(machine.pk), action__in=(ACCEPTED, SEEN))
    return [
        KeyEvent(
            entry.at,
            entry.actor_name,
            entry.action == ACCEPTED,
            str((entry.document.get("detail") or {}).get("fingerprint") or ""),
        )
        for entry in entries.defer("mac").order_by("-id")[:MOST]
    ]
