"""The addresses of the pages that govern: audit, people, roles, programs, settings."""

from __future__ import annotations

from django.urls import URLPattern, path

from vaultportal.ui.views.apikeys import KeysView, NewKeyView
from vaultportal.ui.views.audit.explorer import AuditEntryView, AuditView
from vaultportal.ui.views.audit.jobs import AuditExportFileView, AuditExportsView, AuditVerifyView
from vaultportal.ui.views.clients import (
    ClientsView,
    ClientView,
    DeleteClientView,
    NewClientView,
    RotateClientView,
)
from vaultportal.ui.views.explain import ExplainView
from vaultportal.ui.views.keys_many import RevokeKeysView
from vaultportal.ui.views.people.lists import PeopleView
from vaultportal.ui.views.people.person import (
    DisablePersonView,
    NewPasswordView,
    NewPersonView,
    PersonView,
    ResetFactorView,
)
from vaultportal.ui.views.roles import RetireRoleView, RoleEditView, RolesView, RoleView
from vaultportal.ui.views.settings import SettingsView
from vaultportal.ui.views.settings_backup import BackupsView, BackupTestView
from vaultportal.ui.views.settings_keys import RotateKeysView, RotationsView
from vaultportal.ui.views.settings_mail import MailTestView
from vaultportal.ui.views.settings_provider import ProviderOnlyView
from vaultportal.ui.views.settings_shipping import (
    DeleteLogTargetView,
    LogTargetView,
    NewLogTargetView,
)

urlpatterns: list[URLPattern] = [
    path("audit/", AuditView.as_view(), name="audit"),
    path("audit/verify/", AuditVerifyView.as_view(), name="audit_verify"),
    path("audit/exports/", AuditExportsView.as_view(), name="audit_exports"),
    path(
        "audit/exports/<uuid:export_id>/file/",
        AuditExportFileView.as_view(),
        name="audit_export_file",
    ),
    path("audit/<int:shard>-<int:seq>/", AuditEntryView.as_view(), name="audit_entry"),
    path("access/people/", PeopleView.as_view(), name="people"),
    path("access/people/new/", NewPersonView.as_view(), name="person_new"),
    path("access/people/<uuid:user_id>/", PersonView.as_view(), name="person"),
    path(
        "access/people/<uuid:user_id>/disable/", DisablePersonView.as_view(), name="person_disable"
    ),
    path("access/people/<uuid:user_id>/factor/", ResetFactorView.as_view(), name="person_factor"),
    path(
        "access/people/<uuid:user_id>/password/", NewPasswordView.as_view(), name="person_password"
    ),
    path("access/roles/", RolesView.as_view(), name="roles"),
    path("access/roles/new/", RoleEditView.as_view(), name="role_new"),
    path("access/roles/<uuid:role_id>/", RoleView.as_view(), name="role"),
    path("access/roles/<uuid:role_id>/edit/", RoleEditView.as_view(), name="role_edit"),
    path("access/roles/<uuid:role_id>/retire/", RetireRoleView.as_view(), name="role_retire"),
    path("access/clients/", ClientsView.as_view(), name="clients"),
    path("access/clients/new/", NewClientView.as_view(), name="client_new"),
    path("access/clients/<uuid:client_id>/", ClientView.as_view(), name="client"),
    path(
        "access/clients/<uuid:client_id>/rotate/", RotateClientView.as_view(), name="client_rotate"
    ),
    path(
        "access/clients/<uuid:client_id>/delete/", DeleteClientView.as_view(), name="client_delete"
    ),
    path("access/explain/", ExplainView.as_view(), name="explain"),
    path("settings/", SettingsView.as_view(), name="settings"),
    path("settings/backup/", BackupsView.as_view(), name="settings_backups"),
    path(
        "settings/backup/<uuid:backup_id>/test/",
        BackupTestView.as_view(),
        name="settings_backup_test",
    ),
    path("settings/keys/", RotationsView.as_view(), name="settings_rotations"),
    path("settings/keys/rotate/<str:kind>/", RotateKeysView.as_view(), name="settings_rotate"),
    path("settings/log-shipping/new/", NewLogTargetView.as_view(), name="log_target_new"),
    path("settings/log-shipping/<uuid:target_id>/", LogTargetView.as_view(), name="log_target"),
    path(
        "settings/log-shipping/<uuid:target_id>/delete/",
        DeleteLogTargetView.as_view(),
        name="log_target_delete",
    ),
    path(
        "settings/sign-in/<str:change>/", ProviderOnlyView.as_view(), name="settings_provider_only"
    ),
    path("settings/mail/test/", MailTestView.as_view(), name="settings_mail_test"),
    path("access/keys/<uuid:user_id>/revoke/", RevokeKeysView.as_view(), name="keys_revoke"),
    path("me/keys/", KeysView.as_view(), name="keys"),
    path("me/keys/new/", NewKeyView.as_view(), name="key_new"),
]
