"""Backups: the last ones, asked for and tried out here, made by a job; and what is amiss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import SettingPermission
from vaultportal.errors import Conflict
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ops.models import Backup
from vaultportal.ops.services import backups
from vaultportal.ui import attention, running, settings_parts
from vaultportal.ui.attention import Need
from vaultportal.ui.live import live_attrs, pause
from vaultportal.ui.views.base import PortalView

State, Test = Backup.State, Backup.Test
TONES = {State.WAITING: "run", State.RUNNING: "run", State.DONE: "ok", State.FAILED: "bad"}
TEST_TONES = {
    Test.NONE: "line",
    Test.WAITING: "run",
    Test.RUNNING: "run",
    Test.PASSED: "ok",
    Test.FAILED: "bad",
}


def shown(actor: Actor) -> dict[str, Any]:
    """What the part of the tab takes. Raises Forbidden."""
    rows = backups.list_backups(actor)
    is_making = any(row.state in backups.UNDER_WAY for row in rows)
    # A test does not say when it began; that of an old backup is no quick one anyway.
    begun = [row.created_at for row in rows if {row.state, row.test_state} & backups.UNDER_WAY]
    may = access.holds(actor, SettingPermission.CHANGE) and bool(settings.PORTAL_BACKUP_DIR)
    busy = bool(begun)
    return {
        "backups": [
            (
                row,
                TONES[State(row.state)],
                TEST_TONES[Test(row.test_state)],
                may and not busy and _is_whole(row),
            )
            for row in rows
        ],
        "may_back_up": may and not is_making,
        "backup_place": settings.PORTAL_BACKUP_DIR,
        "key_place": settings.PORTAL_KEY_DIR if settings.PORTAL_KEY_PROVIDER == "keyfile" else "",
        "oldest_keys": backups.oldest_with_keys(actor),
        "live": live_attrs(reverse("ui:settings_backups"), pause(*begun)) if busy else "",
    }


def _is_whole(row: Backup) -> bool:
    return row.state == State.DONE and row.gone_at is None and row.keys_gone_at is None


settings_parts.register(settings_parts.SettingsPart("backup", "settings/_backup.html", shown))


def _running_lines(actor: Actor) -> Iterator[running.Line]:
    for row in backups.under_way(actor)[: running.FEW]:
        is_made = row.state == State.DONE
        yield running.Line(_("Trying out a backup") if is_made else _("Backup"), backup_url())


running.register(
    running.Source(
        lambda actor: backups.under_way(actor).count(), "ui:settings", _running_lines, "?tab=backup"
    )
)


def backup_url() -> str:
    """The tab of the settings."""
    return f"{reverse('ui:settings')}?tab=backup"


class BackupsView(PortalView):
    """GET /settings/backup/: the part of the tab that asks for itself; POST has one made."""

    def get(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, SettingPermission.VIEW, Setting)
        if not self.is_partial:
            return redirect(backup_url())
        part = "settings/_backups_live.html"
        return self.render(part, part, shown(self.actor))

    def post(self, request: HttpRequest) -> HttpResponse:
        access.require(self.actor, SettingPermission.CHANGE, Setting)
        self.require_recent_proof()
        try:
            backups.back_up(self.actor)
        except Conflict:
            messages.info(request, _("A backup is being made already."))
        return redirect(backup_url())


class BackupTestView(PortalView):
    """POST /settings/backup/<id>/test/: have one restored where it harms nothing."""

    def post(self, request: HttpRequest, backup_id: UUID) -> HttpResponse:
        access.require(self.actor, SettingPermission.CHANGE, Setting)
        self.require_recent_proof()
        try:
            backups.test_restore(self.actor, backup_id)
        except Conflict:
            messages.info(request, _("A restore is being tested already."))
        return redirect(backup_url())


def _needs(actor: Actor) -> Iterable[Need]:
    found = backups.trouble(actor)
    if found is None:
        return []
    state, text = {
        "none": ("warn", _("No backup was made yet, although they are scheduled.")),
        "failed": ("bad", _("The last backup failed.")),
        "old": ("bad", _("The last backup is older than twice what the schedule says.")),
    }[found.kind]
    return [Need(state, text, backup_url(), _("See backups"), found.at, found.detail)]


attention.register(attention.Source(5, _needs))
