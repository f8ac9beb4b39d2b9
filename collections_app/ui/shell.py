"""What collections add to every page: an entry of the rail, a panel of the overview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.services import collections
from vaultportal.errors import Forbidden
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui import navigation, panels
from vaultportal.ui.navigation import Entry, Group

MOST = 6


def sees_any(actor: Actor) -> bool:
    """Whether the actor may know of a collection, or make one."""
    if access.holds(actor, Capability.COLLECTIONS_READER):
        return True
    return bool(visible(actor))


def visible(actor: Actor) -> Sequence[CollectionSchema]:
    """The collections that the actor may see; none for who may see none."""
    try:
        return collections.list_collections(actor)
    except Forbidden:  # an empty list says it, not a refusal
        return ()


def _some(actor: Actor) -> Mapping[str, Any]:
    found = visible(actor)
    return {"collections": found[:MOST], "count": len(found)}


navigation.register(
    Entry(Group.DATA, 0, _("Collections"), "database", "collections:list", sees_any)
)
panels.register(panels.Panel(20, "collections_app/panel.html", _some))
