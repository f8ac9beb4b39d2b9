"""The collections as a Django app: its dialect and events are registered when Django is ready."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from collections_app import events
from collections_app.api.dialect import PiianoDialect
from vaultportal import dialect
from vaultportal.events import catalog


class CollectionsConfig(AppConfig):
    name = "collections_app"
    verbose_name = _("Collections")

    def ready(self) -> None:
        # The tables are models, which may be imported only when all apps are there.
        from collections_app import iamstore  # noqa: PLC0415

        post_migrate.connect(iamstore.ensure_default, sender=self)
        dialect.register(PiianoDialect())
        for event_type in events.TYPES:
            catalog.register(event_type)
