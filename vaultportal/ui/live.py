"""Parts of a page that ask for themselves again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

QUICK, SLOW = 1.5, 5.0  # seconds between looks, at first and later
PATIENCE = timedelta(minutes=2)


def pause(*begun: datetime) -> float:
    """Seconds until a part looks again at what began then: whoever has waited long waits on.

    Of several things the youngest counts. An address that is answered with 204 while nothing has
    changed carries the pause too, or nothing would ever tell the part of the longer one.
    """
    return SLOW if timezone.now() - max(begun) > PATIENCE else QUICK


def live_attrs(url: str, seconds: float) -> SafeString:
    """Attributes of an element that is replaced by what ``url`` answers, each ``seconds``.

    It rests while its tab is hidden (``page.js``). An answer of 204 leaves it as it is; an answer
    without these attributes ends it.
    """
    return format_html(
        'data-live hx-get="{}" hx-trigger="every {}ms, wake" hx-swap="outerHTML"',
        url,
        int(seconds * 1000),
    )
