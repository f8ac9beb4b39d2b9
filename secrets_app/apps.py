"""The secrets as a Django app: its dialects and events are registered when Django is ready."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SecretsConfig(AppConfig):
    name = "secrets_app"
    verbose_name = _("Secrets")

    def ready(self) -> None:
        from secrets_app import events  # noqa: PLC0415 models must be loaded first
        from secrets_app.api.dialect import OAuthDialect, PrivXDialect  # noqa: PLC0415 as above
        from secrets_app.ui.taking import Taking  # noqa: PLC0415 as above
        from vaultportal import dialect  # noqa: PLC0415 as above
        from vaultportal.events import catalog  # noqa: PLC0415 as above
        from vaultportal.ui import stored  # noqa: PLC0415 as above

        for event_type in events.TYPES:
            catalog.register(event_type)
        dialect.register(PrivXDialect())
        dialect.register(OAuthDialect())
        stored.install(Taking())
