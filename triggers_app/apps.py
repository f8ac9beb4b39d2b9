"""The triggers as a Django app: its events and scopes are registered when Django is ready."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TriggersConfig(AppConfig):
    name = "triggers_app"
    verbose_name = _("Triggers")

    def ready(self) -> None:
        from triggers_app import events, permissions, signals  # noqa: PLC0415 models first
        from triggers_app.api.dialect import SailPointDialect  # noqa: PLC0415 as above
        from triggers_app.engine import ringing  # noqa: PLC0415 as above
        from triggers_app.gates import decisions  # noqa: PLC0415 as above
        from triggers_app.gates.asking import PortalGatekeeper  # noqa: PLC0415 as above
        from vaultportal import dialect  # noqa: PLC0415 as above
        from vaultportal.events import catalog, gates  # noqa: PLC0415 as above
        from vaultportal.identity import scopes  # noqa: PLC0415 as above

        for event_type in events.TYPES:
            catalog.register(event_type)
        for name, reached in permissions.SCOPES.items():
            scopes.register(name, *(permission.full_name for permission in reached))
        dialect.register(SailPointDialect())
        gates.install(PortalGatekeeper())
        signals.settled.connect(decisions.on_settled, dispatch_uid="triggers.gates")
        ringing.listen()
