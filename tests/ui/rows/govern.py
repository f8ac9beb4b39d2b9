"""Pages that govern: audit, people, roles, programs, access, settings, own keys."""

from __future__ import annotations

from tests.ui.rows.row import Row

ROWS = (
    Row("audit", "/audit/", "ui:audit"),
    Row("audit-filtered-empty", "/audit/?action=zzzzzz", "ui:audit"),
    Row("audit-entry", "/audit/{entry}/", "ui:audit_entry"),
    Row("audit-verify", "/audit/verify/", "ui:audit_verify"),
    Row("audit-exports", "/audit/exports/?action=secret.*", "ui:audit_exports"),
    Row("people", "/access/people/", "ui:people"),
    Row("people-filtered-empty", "/access/people/?q=zzzzzz", "ui:people"),
    Row("person", "/access/people/{person}/", "ui:person"),
    Row("person-new", "/access/people/new/", "ui:person_new"),
    Row("person-disable", "/access/people/{person}/disable/", "ui:person_disable"),
    Row("person-factor", "/access/people/{person}/factor/", "ui:person_factor"),
    Row("person-password", "/access/people/{person}/password/", "ui:person_password"),
    Row(
        "person-once",
        "/access/people/{person}/password/",
        "ui:person_password",
        form=(("word", ""),),
    ),
    Row("roles", "/access/roles/", "ui:roles"),
    Row("role", "/access/roles/{role}/", "ui:role"),
    Row("role-edit", "/access/roles/{role}/edit/", "ui:role_edit"),
    Row("role-retire", "/access/roles/{role}/retire/", "ui:role_retire"),
    Row("clients", "/access/clients/", "ui:clients"),
    Row("client", "/access/clients/{client}/", "ui:client"),
    Row("client-rotate", "/access/clients/{client}/rotate/", "ui:client_rotate"),
    Row(
        "client-once",
        "/access/clients/{client}/rotate/",
        "ui:client_rotate",
        form=(("overlap", "0"),),
    ),
    Row("client-new", "/access/clients/new/", "ui:client_new"),
    Row("explain", "/access/explain/", "ui:explain"),
    Row(
        "explain-no",
        "/access/explain/?actor={person}&permission=identity.view_user",
        "ui:explain",
    ),
    Row("settings", "/settings/", "ui:settings"),
    Row("settings-sign-in", "/settings/?tab=sign-in", "ui:settings"),
    Row("settings-mail", "/settings/?tab=mail", "ui:settings"),
    Row("settings-reasons", "/settings/?tab=reasons", "ui:settings"),
    Row("settings-retention", "/settings/?tab=retention", "ui:settings"),
    Row("settings-keys", "/settings/?tab=keys", "ui:settings"),
    Row("settings-backup", "/settings/?tab=backup", "ui:settings"),
    Row("settings-rotate", "/settings/keys/rotate/root/", "ui:settings_rotate"),
    Row("settings-log-shipping", "/settings/?tab=log-shipping", "ui:settings"),
    Row("log-target", "/settings/log-shipping/{log_target}/", "ui:log_target"),
    Row("log-target-new", "/settings/log-shipping/new/", "ui:log_target_new"),
    Row("settings-about", "/settings/?tab=about", "ui:settings"),
    Row("keys", "/me/keys/", "ui:keys"),
    Row("key-new", "/me/keys/new/", "ui:key_new"),
    Row(
        "key-once",
        "/me/keys/new/",
        "ui:key_new",
        form=(("label", "pages"), ("lifetime", "30"), ("reach", "all")),
    ),
)
# The same question as others (ui:person_disable), the same form as ui:role_edit, or no page at all.
ELSEWHERE = {
    "ui:audit_export_file",
    "ui:client_delete",
    "ui:keys_revoke",
    "ui:log_target_delete",
    "ui:role_new",
    "ui:settings_backup_test",
    "ui:settings_backups",
    "ui:settings_rotations",
    "ui:settings_mail_test",
    "ui:settings_provider_only",
}
SEED = """
from vaultportal.audit.models import AuditEntry
from vaultportal.directory.services import clients, keys, memberships, people, roles
from vaultportal.directory.services.memberships import Given
from vaultportal.directory.services.people import PersonFields
from vaultportal.directory.services.roles import RoleFields
from vaultportal.shipping.services import targets
word = random.token_hex(4)
fields = PersonFields(username="pages-" + word, full_name="Jonas Weber " + word)
person = people.create_person(actor, fields)
role = roles.create_role(
    actor,
    RoleFields("payments-" + word, "Opens what payments need.", frozenset({"identity.view_role"})),
)
memberships.add_role(actor, person.pk, Given(role.uuid))
client = clients.create_client(actor, "crm-export-" + word, [role.uuid])
keys.issue_key(actor, client.pk, label="nightly export")
keys.issue_key(actor, actor.user_id, label="laptop")
given = targets.TargetFields("Log server " + word, "syslog-tls", "192.0.43.10:6514")
log_target = targets.create_target(actor, given)
targets.switch_target(actor, log_target.pk, on=False)
things["log_target"] = log_target.pk
entry = AuditEntry.objects.filter(action="role.create").latest("id")
things["person"], things["role"], things["client"] = person.pk, role.uuid, client.pk
things["entry"] = f"{entry.shard}-{entry.seq}"
"""
