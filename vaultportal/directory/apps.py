"""The directory as a Django app: built-in roles are there as soon as the tables are."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class DirectoryConfig(AppConfig):
    name = "vaultportal.directory"
    label = "directory"
    verbose_name = _("Directory")

    def ready(self) -> None:
        # They import models, which are there only now.
        from vaultportal.directory import (  # noqa: PLC0415
            builtin,
            provider_only,
            samples,  # noqa: F401
            second_factor,
            session_options,
        )
        from vaultportal.directory.oauth import scopes  # noqa: PLC0415

        scopes.register()
        session_options.connect()
        provider_only.connect()
        second_factor.connect()
        post_migrate.connect(builtin.after_migrate, sender=self)
