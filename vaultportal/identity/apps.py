"""The app that knows who somebody is and what they may do."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.core.signals import request_finished
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class IdentityConfig(AppConfig):
    name = "vaultportal.identity"
    label = "identity"
    verbose_name = _("Identity")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # These need the models, which are not there when this module is imported.
        from vaultportal.identity import builtin, sessions, usage  # noqa: PLC0415 see above

        post_migrate.connect(builtin.ensure_roles, sender=self, dispatch_uid="identity.roles")
        user_logged_in.connect(sessions.note_browser, dispatch_uid="identity.browser")
        request_finished.connect(usage.write, dispatch_uid="identity.usage")
