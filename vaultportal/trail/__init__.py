"""The trail that every change and every uncovering leaves: audit entries and events.

::

    @trail.unit()
    def rename_secret(actor: Actor, secret_id: UUID, name: str) -> None:
        secret = access.get(actor, SecretPermission.CHANGE, Secret.objects, pk=secret_id)
        ...
        trail.emit(SECRET_UPDATED, actor, id=str(secret.pk), name=name)
        trail.record(actor, "secret.rename", trail.Target("secret", str(secret.pk), name))
"""

from __future__ import annotations

from vaultportal.audit.entry import Target
from vaultportal.audit.terms import term
from vaultportal.trail.batch import emitted
from vaultportal.trail.unit import emit, read_unit, record, uncovered, unit

__all__ = ["Target", "emit", "emitted", "read_unit", "record", "term", "uncovered", "unit"]
