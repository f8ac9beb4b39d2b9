"""What the triggers add to every page: entries of the rail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from vaultportal.ui import navigation
from vaultportal.ui.navigation import Entry, Group

navigation.register(Entry(Group.GOVERN, 20, _("Approvals"), "gavel", "triggers:approvals"))
