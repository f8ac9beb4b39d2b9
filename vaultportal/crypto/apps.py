"""The Django app of the key tree."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CryptoConfig(AppConfig):
    name = "vaultportal.crypto"
    label = "crypto"
    verbose_name = _("Keys")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from vaultportal.crypto import checks, keyring  # noqa: F401, PLC0415 models are loaded now

        # A flushed or migrated database may hold other keys than the ones this process has open.
        post_migrate.connect(keyring.forget_after_migrate, sender=self)
