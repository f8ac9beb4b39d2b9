"""What the one status of a page says aloud: how much a list found when it was asked anew.

It stands in the frame of the page, as nothing is told of a status that comes with what it tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vaultportal.ui.paging import Keyset, Pages


def of(context: Mapping[str, Any]) -> str:
    """One sentence; "" for a list that does not know, as one that was refused.

    context: of the list. ``pages`` counts for it, and ``found`` where not all that it shows, or
    nothing, is in pages.
    """
    pages = context.get("pages")
    number = context.get("found", pages.count if isinstance(pages, Pages) else None)
    if isinstance(pages, Keyset):
        number = pages.shown if number is None else number
        if pages.before_url or pages.after_url:
            return _("%(n)d on this page") % {"n": number}
    if number is None:
        return ""
    if number == 0:
        return _("Nothing matches.")
    return ngettext("%(n)d found", "%(n)d found", number) % {"n": number}
