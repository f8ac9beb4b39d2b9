"""The language and the time zone of a page: of the profile, else of the browser."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers


class LocaleMiddleware:
    """Stands after the session: who is signed in decides. There is no language in the address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = preferred(request)
        with translation.override(language), timezone.override(zone(request)):
            request.LANGUAGE_CODE = language  # Django's name for templates
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


def preferred(request: HttpRequest) -> str:
    """A language that there is a catalog for."""
    profile = getattr(getattr(request, "user", None), "language", "")
    for wanted in (profile, request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")):
        if wanted in dict(settings.LANGUAGES):
            return str(wanted)
    return translation.get_language_from_request(request)


def zone(request: HttpRequest) -> ZoneInfo:
    """The person's time zone; the portal's own when none, or an unknown one, is set."""
    name = getattr(getattr(request, "user", None), "time_zone", "") or settings.TIME_ZONE
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)
