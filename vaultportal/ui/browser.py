"""Middleware that only pages pay for: a request to an API passes straight through.

An API has its own authentication and no cookies, so session, CSRF, language, messages and headers
for browsers would be work for nothing. Which paths are API paths is asked of the dialects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from axes.middleware import AxesMiddleware as _AxesMiddleware
from csp.middleware import CSPMiddleware as _CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware as _AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware as _MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware as _SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware as _CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware as _SecurityMiddleware
from django_htmx.middleware import HtmxMiddleware as _HtmxMiddleware

from vaultportal.dialect import for_path
from vaultportal.errors import Malformed
from vaultportal.ui import errors, factor_first, failures, language, last_person
from vaultportal.ui.oidc import confinement

GetResponse = Callable[[HttpRequest], HttpResponseBase]

PERMISSIONS_POLICY = ", ".join(
    [
        *(
            f"{feature}=()"
            for feature in (
                "accelerometer",
                "camera",
                "display-capture",
                "fullscreen",
                "geolocation",
                "gyroscope",
                "magnetometer",
                "microphone",
                "midi",
                "payment",
                "picture-in-picture",
                "screen-wake-lock",
                "usb",
                "xr-spatial-tracking",
            )
        ),
        "clipboard-write=(self)",
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)


def is_api(request: HttpRequest) -> bool:
    """Whether the request is for an API; worked out once."""
    known: bool | None = getattr(request, "_is_api", None)
    if known is None:
        known = for_path(request.path_info) is not None
        request._is_api = known  # type: ignore[attr-defined]  # ours, for the middleware below
    return known


class _Middleware(Protocol):
    get_response: GetResponse

    def __call__(self, request: HttpRequest) -> HttpResponseBase: ...


class ForPages:
    """Put before a middleware class: it is left out for APIs, its view hook too."""

    def __call__(self: _Middleware, request: HttpRequest) -> HttpResponseBase:
        if is_api(request):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[safe-super]  # the middleware class behind it


class PageHeadersMiddleware:
    """What every page says to the browser beside its content security policy."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not is_api(request):
            response.headers.setdefault("Cache-Control", "no-store")
            response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
            response.headers.setdefault("X-Frame-Options", "DENY")
        return response


class SecurityMiddleware(ForPages, _SecurityMiddleware):
    """nosniff, referrer policy, opener policy and, over https, HSTS."""


class CSPMiddleware(ForPages, _CSPMiddleware):
    """The same content security policy on every page."""


class SessionMiddleware(ForPages, _SessionMiddleware):
    """``request.session``. A live part that asks for itself does not keep it alive."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.session.is_quiet = "X-Live" in request.headers  # type: ignore[attr-defined]  # our store

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Beside the session's key: who has just signed in, which outlives it."""
        last_person.remember(request, response)
        return super().process_response(request, response)


class CsrfViewMiddleware(ForPages, _CsrfViewMiddleware):
    """Forged posts are refused; an API takes no cookie that could be ridden on."""

    def process_view(
        self, request: HttpRequest, callback: Any, callback_args: Any, callback_kwargs: Any
    ) -> Any:
        if is_api(request):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)


class AuthenticationMiddleware(ForPages, _AuthenticationMiddleware):
    """``request.user``."""

    def process_view(self, request: HttpRequest, *hooked: Any) -> None:
        """Nothing: a page says itself who may see it (``PortalView``)."""


class MessageMiddleware(ForPages, _MessageMiddleware):
    """Toasts that outlive a redirect."""


class HtmxMiddleware(ForPages, _HtmxMiddleware):
    """``request.htmx``; and what fails further inside is told in the part that was asked for."""

    async_capable = False

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return failures.part_for(request, super().__call__(request))  # type: ignore[misc]  # as ForPages: it has get_response


class PlainWordsMiddleware:
    """No NUL in what a form or an address says: no column of text could hold it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *hooked: Any) -> HttpResponseBase | None:
        if is_api(request) or not any("\0" in word for word in _words(request)):
            return None
        return errors.answer(request, Malformed(message="A text of the request holds NUL."))


def _words(request: HttpRequest) -> Iterator[str]:
    for given in (request.GET, request.POST):
        for name, values in given.lists():
            yield name
            yield from map(str, values)


class FirstThingsMiddleware:
    """Whoever came in to connect an identity, or has to add a second factor, gets no other page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *hooked: Any) -> HttpResponseBase | None:
        match = request.resolver_match
        if is_api(request) or match is None:
            return None
        if match.view_name not in confinement.LEADS_ON and confinement.holds(request):
            return confinement.answer(request)
        if match.view_name not in factor_first.LEADS_ON and factor_first.holds(request):
            return factor_first.answer(request)
        return None


class AxesMiddleware(ForPages, _AxesMiddleware):  # type: ignore[misc]  # without types of its own
    """A sign-in that was locked out becomes the page that says for how long."""


class LocaleMiddleware(ForPages, language.LocaleMiddleware):
    """Language and time zone of the person."""


class ErrorsMiddleware(ForPages, errors.ErrorsMiddleware):
    """Failures of the domain become pages and panels; APIs have dialects for them."""
