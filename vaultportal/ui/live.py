"""Parts of a page that ask for themselves again."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString


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
