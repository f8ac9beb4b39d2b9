"""When something ends: chosen in words, told to services in seconds."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collections_app.services.options import Expiration

DAY = 24 * 60 * 60
NEVER = "never"
NOW = "0"
CHOICES: list[tuple[str, str | Promise]] = [
    (str(DAY), _("In a day")),
    (str(7 * DAY), _("In a week")),
    (str(30 * DAY), _("In 30 days")),
    (str(365 * DAY), _("In a year")),
    (NEVER, _("Never")),
]
WITH_NOW = [(NOW, _("Now")), *CHOICES]


def expiration(chosen: str) -> Expiration:
    """What a service takes for a choice; "" leaves things as they are."""
    if not chosen:
        return Expiration()
    return Expiration(is_given=True, seconds=None if chosen == NEVER else int(chosen))
