"""What collections add to every page: an entry of the rail, a panel of the overview."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from collections_app.models import Collection
from collections_app.permissions import Capability
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
    rows = Collection.objects.live()
    return access.permitted(actor, Capability.COLLECTIONS_READER, rows).exists()


def _some(actor: Actor) -> Mapping[str, Any]:
    try:
        found = collections.list_collections(actor)
    except Forbidden:  # nothing for this person: the panel stays away
        found = []
    return {"collections": found[:MOST], "count": len(found)}


navigation.register(
    Entry(Group.DATA, 0, _("Collections"), "database", "collections:list", sees_any)
)
panels.register(panels.Panel(20, "collections_app/panel.html", _some))
