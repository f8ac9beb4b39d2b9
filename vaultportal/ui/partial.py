"""Whole page or part of one: what an htmx request asks for."""

from __future__ import annotations

from django.http import HttpRequest


def wants_partial(request: HttpRequest) -> bool:
    """True when the answer goes into a page that is there already.

    A history restore asks through htmx as well and needs the whole page.
    """
    htmx = getattr(request, "htmx", None)
    return (
        htmx is not None
        and bool(htmx)
        and not htmx.history_restore_request
        and request.headers.get("HX-Request-Type") != "full"
    )
