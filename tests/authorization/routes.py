"""The routes of the portal, walked from the URL conf."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver, resolve

from vaultportal.api.views import VaultAPIView

METHODS = ("get", "post", "put", "patch", "delete")
NOBODY = "00000000-0000-4000-8000-000000000000"


def patterns() -> Iterator[tuple[str, URLPattern]]:
    """Every pattern with its whole route."""
    yield from _walk(get_resolver().url_patterns, "")


def api() -> set[tuple[str, str]]:
    """Route and method of every API view."""
    return {
        (route, method.upper())
        for route, pattern in patterns()
        if (view := _api_view(pattern)) is not None
        for method in METHODS
        if hasattr(view, method)
    }


def pages() -> set[str]:
    """The routes of everything else."""
    return {route for route, pattern in patterns() if _api_view(pattern) is None}


def route_of(path: str) -> str:
    """The route that answers ``path``; placeholders in braces are filled with an id of nobody."""
    return resolve("/" + re.sub(r"\{\w+\}", NOBODY, path)).route


def example_of(route: str) -> str:
    """A path that ``route`` answers: an id of nobody, or a number, for each parameter."""
    path = re.sub(r"<int:\w+>", "1", route)
    path = re.sub(r"<slug:\w+>", "portal", path)
    path = re.sub(r"<(?:\w+:)?\w+>", NOBODY, path)
    path = re.sub(r"\(\?P<\w+>[^)]*\)", "none", path)
    return path.replace("^", "").replace("$", "").replace("\\", "").replace("?", "")


def _api_view(pattern: URLPattern) -> type[VaultAPIView] | None:
    view = getattr(pattern.callback, "cls", None)
    return view if isinstance(view, type) and issubclass(view, VaultAPIView) else None


def _walk(found: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for each in found:
        route = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route, each
        else:
            yield from _walk(each.url_patterns, route)
