"""How many rows a long list has: about, from the planner's statistics, and exactly on demand.

A number says something of every row that it counts. The caller asks for it where the person may see
all of them, and nowhere else.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.humanize.templatetags.humanize import intword
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from vaultportal import timelimit
from vaultportal.timelimit import TooSlow
from vaultportal.ui.paging import COUNT, Keyset

MOST_MS = 5_000  # for an exact count
KEPT_FOR = 60.0  # seconds; who turns pages asks the planner once
MOST_KEPT = 500
MILLION = 1_000_000

_kept: dict[int, tuple[float, int]] = {}


@dataclass(frozen=True, slots=True)
class Amount:
    """What ``components/cursor.html`` says of the whole list. exact_url: counts it; "" for none."""

    words: str
    exact_url: str = ""


def amount(
    request: HttpRequest,
    pages: Keyset[Any],
    rows: QuerySet[Any],
    *,
    known: int | None = None,
    count: Callable[[], int | None] | None = None,
) -> Amount | None:
    """How many ``rows`` there are, in one cheap statement; None where one page shows them all.

    rows: everything that the list goes through, wherever in it the page is.
    known: the number, where it was found already. count: finds it, instead of counting the rows;
    None when it cannot.
    """
    if not pages.before_url and not pages.after_url:
        return None
    if known is not None:
        return Amount(_exactly(known))
    if request.GET.get(COUNT) == "1":
        found = count() if count else counted(rows)
        return Amount(_("too many to count in time") if found is None else _exactly(found))
    about = planned(rows)
    if about <= pages.shown:  # the statistics are older than the rows
        return Amount("", _exact_url(request))
    return Amount(_("about %(number)s") % {"number": in_words(about)}, _exact_url(request))


def planned(rows: QuerySet[Any]) -> int:
    """How many rows the planner expects: one statement that reads none of them.

    The same process asks it once a minute for the same rows.
    """
    question = hash(str(rows.query.sql_with_params()))
    at, number = _kept.get(question, (0.0, 0))
    if not at or time.monotonic() - at > KEPT_FOR:
        plan = json.loads(rows.order_by().explain(format="json"))
        number = int(plan[0]["Plan"]["Plan Rows"])
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[question] = time.monotonic(), number
    return number


def counted(rows: QuerySet[Any]) -> int | None:
    """How many rows there are; None when that takes too long."""
    try:
        with timelimit.within(MOST_MS):
            return rows.order_by().count()
    except TooSlow:
        return None


def in_words(number: int) -> str:
    """Two digits that count: 640, 12,000, 1.2 million."""
    step = 10 ** max(0, len(str(number)) - 2)
    rounded = round(number / step) * step
    if rounded < MILLION:
        return number_format(rounded, force_grouping=True)
    return str(intword(rounded))


def _exactly(number: int) -> str:
    return _("%(number)s in all") % {"number": number_format(number, force_grouping=True)}


def _exact_url(request: HttpRequest) -> str:
    kept = [
        (name, str(value))
        for name, each in request.GET.lists()
        for value in each
        if value and name != COUNT
    ]
    return "?" + urlencode([*kept, (COUNT, "1")])
