"""What may be asked of the audit trail."""

from __future__ import annotations

from vaultportal.identity.permissions import PermissionEnum


class AuditPermission(PermissionEnum):
    VIEW = "view_auditentry"


IMPLIED_BY: dict[AuditPermission, set[AuditPermission]] = {}
MODEL_WIDE = {AuditPermission.VIEW}
