"""Health and version."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from collections_app.api.base import ControlView
from collections_app.services import system

# The release whose REST contract this is; what clients compare.
VAULT_VERSION = "1.15.1"
DB_SCHEMA_VERSION = 20250101000000


class ControlHealthView(ControlView):
    """GET /ctl/info/health: for probes, without a credential."""

    public = True

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.reply({"status": "pass"})


class DataHealthView(ControlHealthView):
    """GET /data/info/health"""


class VersionView(ControlView):
    """GET /system/info/version: a credential is needed, a capability is not."""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.read_common()
        return self.reply(
            {
                "vault_id": system.vault_id(),
                "vault_version": VAULT_VERSION,
                "db_schema_version": DB_SCHEMA_VERSION,
            }
        )
