"""S3 vaults as a Django app: what it offers is registered when Django is ready."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class S3VaultConfig(AppConfig):
    name = "s3vault_app"
    verbose_name = _("S3 vaults")

    def ready(self) -> None:
        from s3vault_app import builtin, events  # noqa: PLC0415 models must be loaded first
        from s3vault_app.api.dialect import DIALECT  # noqa: PLC0415 as above
        from vaultportal import dialect  # noqa: PLC0415 as above
        from vaultportal.events import catalog  # noqa: PLC0415 as above

        post_migrate.connect(builtin.after_migrate, sender=self, dispatch_uid="s3vault.builtin")
        dialect.register(DIALECT)
        for event_type in events.TYPES:
            catalog.register(event_type)
