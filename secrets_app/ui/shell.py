"""What secrets add to every page: entries of the rail, panels of the overview."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from secrets_app import selectors
from secrets_app.selectors import Window
from vaultportal.identity.actor import Actor
from vaultportal.ui import navigation, panels
from vaultportal.ui.navigation import Entry, Group

LATEST = Window(limit=5, sort="updated", descending=True)


def _my_secrets(actor: Actor) -> Mapping[str, Any]:
    return {"page": selectors.list_personal(actor, actor.user_id, LATEST)}


navigation.register(
    Entry(Group.SECRETS, 0, _("Personal"), "lock", "secrets:personal"),
    Entry(Group.SECRETS, 1, _("Shared with me"), "users", "secrets:people"),
)
panels.register(panels.Panel(10, "secrets_app/panel.html", _my_secrets))
