"""``/triggers``: the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse

from triggers_app import collection_filter
from triggers_app.api import lists
from triggers_app.api.base import SailPointView
from triggers_app.permissions import SubscriptionPermission
from triggers_app.services import catalogue
from vaultportal.events.catalog import EventType
from vaultportal.identity.permissions import PermissionEnum

FILTERS = {"id": frozenset({"eq", "ge", "le"})}


class TriggersView(SailPointView):
    """GET /triggers"""

    needs: ClassVar[Mapping[str, PermissionEnum]] = {"GET": SubscriptionPermission.VIEW}

    def get(self, request: HttpRequest) -> HttpResponse:
        page = lists.read(request, sorters=("id", "name"))
        rows = [document(each) for each in catalogue.list_triggers(self.actor)]
        if page.filters is not None:
            node = page.filters
            rows = [row for row in rows if collection_filter.holds(node, row, FILTERS)]
        for name, descends in reversed(page.order):
            rows.sort(key=lambda row, name=name: str(row[name]).casefold(), reverse=descends)  # type: ignore[misc]  # mypy does not see the default
        found = rows[page.offset : page.offset + page.limit]
        return self.reply(found, headers=page.headers(lambda: len(rows)))


def document(event_type: EventType) -> dict[str, Any]:
    """A trigger on the wire: schemas as text, examples as objects."""
    return {
        "id": event_type.id,
        "name": event_type.name,
        "type": event_type.kind,
        "description": event_type.description,
        "inputSchema": event_type.input_schema,
        "exampleInput": event_type.example,
        "outputSchema": event_type.output_schema,
        "exampleOutput": event_type.output_example,
    }
