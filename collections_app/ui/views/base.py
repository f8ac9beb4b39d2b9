"""The base of the pages about one collection: its head, its tabs, and what a gate holds back."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import collections, granting
from collections_app.ui.reason import MASKED, with_reason
from vaultportal.errors import Pending
from vaultportal.identity.actor import Actor
from vaultportal.ui.tabs import Tab
from vaultportal.ui.views.base import PortalView

Crumbs = list[tuple[str, str]]


class HeldView(PortalView):
    """What waits for somebody's word says so, instead of failing."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except Pending as held:
            place = str(held.context.get("approval") or "")
            context = {
                "approval": place.rstrip("/").rpartition("/")[2],
                "crumbs": [(_("Waiting for a decision"), "")],
            }
            response = self.render(
                "collections_app/held.html", "collections_app/_held.html", context, status=202
            )
            response["HX-Retarget"], response["HX-Reswap"] = "#main", "innerHTML"
            return response


class CollectionView(HeldView):
    """A page of one collection."""

    def schema_of(self, name: str) -> CollectionSchema:
        """The schema, for who may see it: one statement when it is known already."""
        return collections.get_collection(self.actor, name)

    def reading(self) -> Actor:
        """The actor with the reason of this session's browsing."""
        return with_reason(self.request, self.actor).with_(custom_audit=MASKED)

    def head(self, schema: CollectionSchema, current: str) -> dict[str, Any]:
        """What the head of every page of the collection shows."""
        return {
            "schema": schema,
            "tabs": tabs(schema, current),
            "crumbs": crumbs(schema),
        }

    def may_change(self, schema: CollectionSchema) -> bool:
        """Whether the actor may change the schema."""
        return granting.has_grant(self.actor, schema, Capability.COLLECTIONS_WRITER)


def tabs(schema: CollectionSchema, current: str) -> list[Tab]:
    """The parts of a collection."""
    parts = (
        ("objects", _("Objects")),
        ("schema", _("Schema")),
        ("access", _("Access")),
        ("settings", _("Settings")),
    )
    return [
        Tab(label, reverse(f"collections:{part}", args=[schema.name]), part == current)
        for part, label in parts
    ]


def crumbs(schema: CollectionSchema, *further: tuple[str, str]) -> Crumbs:
    """From the list of collections down."""
    here = f"/collections/{schema.name}/" if further else ""
    return [(_("Collections"), "/collections/"), (schema.name, here), *further]
