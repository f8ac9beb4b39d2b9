"""What may be asked of the portal's operation."""

from __future__ import annotations

from vaultportal.identity.permissions import PermissionEnum


class OpsPermission(PermissionEnum):
    METRICS = "view_metrics"


IMPLIED_BY: dict[OpsPermission, set[OpsPermission]] = {}
MODEL_WIDE = {OpsPermission.METRICS}
