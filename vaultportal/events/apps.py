"""Events: what the portal tells others, and what it asks them first."""

from __future__ import annotations

from django.apps import AppConfig

from vaultportal.events import catalog, shared


class EventsConfig(AppConfig):
    name = "vaultportal.events"
    label = "events"

    def ready(self) -> None:
        for event_type in shared.TYPES:
            catalog.register(event_type)
