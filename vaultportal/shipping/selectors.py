"""How it stands with the targets, for those who may see settings, and for those who watch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from vaultportal.audit import verification
from vaultportal.audit.models import LogTarget
from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import SettingPermission
from vaultportal.errors import NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.shipping import backlog

# What is tried anew by itself is nobody's business before.
PATIENCE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Standing:
    """One target. behind: how many entries it has not got."""

    target: LogTarget
    behind: int

    @property
    def state(self) -> str:
        """``off``, ``failing``, ``behind`` or ``ok``."""
        if not self.target.is_enabled:
            return "off"
        if self.target.failing_since is not None:
            return "failing"
        return "behind" if self.behind else "ok"


def list_targets(actor: Actor) -> list[Standing]:
    """All of them, the oldest first; two queries. Raises Forbidden."""
    access.require(actor, SettingPermission.VIEW, Setting)
    return standings()


def get_target(actor: Actor, target_id: UUID) -> Standing:
    """One of them. Raises Forbidden, NotFound."""
    access.require(actor, SettingPermission.VIEW, Setting)
    row = LogTarget.objects.defer("credential").filter(pk=target_id).first()
    if row is None:
        raise NotFound("log target")
    return Standing(row, backlog.behind(row))


def has_credential(actor: Actor, target_id: UUID) -> bool:
    """Whether one is stored. Raises Forbidden."""
    access.require(actor, SettingPermission.VIEW, Setting)
    return LogTarget.objects.filter(pk=target_id, credential__isnull=False).exists()


def failing(actor: Actor) -> list[LogTarget]:
    """Targets that nothing reached for longer than ``PATIENCE``; none for who may not see them."""
    if not access.holds(actor, SettingPermission.VIEW):
        return []
    since = timezone.now() - PATIENCE
    return list(_rows().filter(is_enabled=True, failing_since__lte=since))


def standings() -> list[Standing]:
    """As ``list_targets``, for the metrics, whose right was asked for already."""
    entries = verification.count()
    return [Standing(row, backlog.behind(row, entries)) for row in _rows()]


def _rows() -> QuerySet[LogTarget]:
    return LogTarget.objects.defer("credential", "ca")
