"""Entries of the audit trail as lines of the explorer: a sentence, its reason, its address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from vaultportal.audit.models import AuditEntry
from vaultportal.identity.actor import Actor
from vaultportal.ui import activity, reasons
from vaultportal.ui.activity import Wording
from vaultportal.ui.names import names_of

activity.WORDINGS.update(
    {
        "audit.verify": Wording(_("{actor} had the audit trail verified"), "shield-check"),
        "audit.export": Wording(_("{actor} exported audit entries"), "download"),
        "audit.download": Wording(_("{actor} downloaded an export of audit entries"), "download"),
        "user.change": Wording(_("{actor} changed the account {target}"), "edit"),
        "user.disable": Wording(_("{actor} disabled the account {target}"), "lock", "is-bad"),
        "user.enable": Wording(_("{actor} enabled the account {target}"), "lock-open"),
        "user.delete": Wording(_("{actor} deleted the account {target}"), "trash", "is-bad"),
        "user.set_password": Wording(_("{actor} set a password for {target}"), "key"),
        "user.reset_factors": Wording(
            _("{actor} took the second factor off {target}"), "key-off", "is-bad"
        ),
        "user.set_roles": Wording(_("{actor} set the roles of {target}"), "user-shield"),
        "user.add_role": Wording(_("{actor} gave a role to {target}"), "user-shield"),
        "user.remove_role": Wording(_("{actor} took a role from {target}"), "user-shield"),
        "user.end_sessions_of": Wording(_("{actor} ended the sessions of {target}"), "logout"),
        "role.create": Wording(_("{actor} made the role {target}"), "users"),
        "role.change": Wording(_("{actor} changed the role {target}"), "users"),
        "role.retire": Wording(_("{actor} retired the role {target}"), "users", "is-bad"),
        "api_client.create": Wording(_("{actor} made the API client {target}"), "plug"),
        "api_client.change": Wording(_("{actor} changed the API client {target}"), "plug"),
        "api_client.read_secret": Wording(
            _("{actor} read the secret of the API client {target}"), "eye", "is-plain"
        ),
        "api_client.rotate_secret": Wording(
            _("{actor} rotated the secret of the API client {target}"), "refresh"
        ),
        "api_client.delete": Wording(_("{actor} deleted the API client {target}"), "trash"),
        "api_key.issue": Wording(_("{actor} made the API key {target}"), "key"),
        "api_key.revoke": Wording(_("{actor} revoked the API key {target}"), "key-off"),
        "api_client.set_networks": Wording(
            _("{actor} set where the API client {target} may come from"), "plug"
        ),
        "user.set_staff": Wording(
            _("{actor} set whether {target} may enter the administration"), "user-shield"
        ),
        "user.add_factor": Wording(_("{actor} added a second factor"), "shield-check"),
        "user.remove_factor": Wording(_("{actor} removed a second factor"), "key-off", "is-bad"),
        "user.new_recovery_codes": Wording(_("{actor} made new recovery codes"), "refresh"),
        "mail.test": Wording(_("{actor} had a test mail sent"), "send"),
        "key.rotate": Wording(_("{actor} had keys rotated: {target}"), "refresh"),
        "key.rotated": Wording(_("A rotation of keys ended: {target}"), "key"),
        "key.end": Wording(_("{actor} ended the key {target}"), "key-off", "is-bad"),
        "log_target.create": Wording(_("{actor} made the log target {target}"), "send"),
        "log_target.change": Wording(_("{actor} changed the log target {target}"), "send"),
        "log_target.enable": Wording(_("{actor} switched the log target {target} on"), "send"),
        "log_target.disable": Wording(
            _("{actor} switched the log target {target} off"), "send", "is-bad"
        ),
        "log_target.delete": Wording(
            _("{actor} deleted the log target {target}"), "trash", "is-bad"
        ),
        "log_target.test": Wording(_("{actor} tried the log target {target}"), "send"),
        "backup.make": Wording(_("{actor} had a backup made: {target}"), "database"),
        "backup.made": Wording(_("The making of a backup ended: {target}"), "database"),
        "backup.test": Wording(_("{actor} had a restore tested: {target}"), "database"),
        "backup.tested": Wording(_("The test of a restore ended: {target}"), "database"),
        "backup.found": Wording(
            _("A backup that was not known was found in its folder: {target}"), "database"
        ),
        "backup.remove": Wording(_("An old backup, or its keys, were removed: {target}"), "trash"),
        "backup.restored": Wording(
            _("The database was restored from a backup: {target}"), "database", "is-bad"
        ),
        "provider.test": Wording(_("{actor} tested signing in at {target}"), "login"),
        "setting.change": Wording(_("{actor} changed the setting {target}"), "settings"),
        "setting.reset": Wording(_("{actor} reset the setting {target}"), "settings"),
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in the explorer."""

    entry: AuditEntry
    sentence: SafeString
    icon: str
    kind: str
    why: str
    actor_name: str

    @property
    def place(self) -> str:
        """As in its address."""
        return f"{self.entry.shard}-{self.entry.seq}"

    @property
    def url(self) -> str:
        return reverse("ui:audit_entry", args=(self.entry.shard, self.entry.seq))

    @property
    def is_refused(self) -> bool:
        return self.entry.outcome not in ("success", "pending")


def lines(actor: Actor, entries: Sequence[AuditEntry]) -> list[Line]:
    """The entries in words; one query for the names of people."""
    names = names_of(actor, {entry.actor_id for entry in entries})
    return [_line(entry, names.get(entry.actor_id, entry.actor_name)) for entry in entries]


def _line(entry: AuditEntry, name: str) -> Line:
    document = entry.document
    said = f"{entry.action}/{document.get('custom')}"
    wording = activity.WORDINGS.get(said) or activity.WORDINGS.get(entry.action, activity.OTHER)
    if entry.outcome not in ("success", "pending"):
        wording = activity.REFUSED
    target = entry.target_name or entry.target_id[:8]
    sentence = format_html(
        str(wording.sentence),
        actor=format_html("<b>{}</b>", name),
        target=format_html("<code>{}</code>", target) if target else "",
        action=format_html("<code>{}</code>", entry.action),
    )
    note = str(document.get("note") or "")
    why = ", ".join(part for part in (reasons.title(entry.reason), note) if part)
    return Line(entry, sentence, wording.icon, wording.kind, why, name)
