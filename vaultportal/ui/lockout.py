"""Too many wrong passwords: counted by django-axes in the database, told as a sentence.

The count is per name and address together, so that nobody locks out somebody else from afar; what
many addresses try is slowed by ``directory.throttle``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from vaultportal.directory import options
from vaultportal.errors import TooMany
from vaultportal.identity import origin
from vaultportal.ui import errors, words


class LockoutHandler(AxesDatabaseHandler):  # type: ignore[misc]  # without types of its own
    """The stock handler, unless an operator has switched the slowing off."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        if not options.get(options.LOGIN_THROTTLE):
            return False
        return bool(super().is_locked(request, credentials))


def name_of(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """The name that is tried, in one letter case: a user name or an e-mail address."""
    given = credentials or {}
    typed = given.get("username") or given.get("email")
    if not typed and request is not None:
        typed = request.POST.get("login", "")
    return str(typed or "").casefold()[:255]


def address_of(request: HttpRequest) -> str | None:
    """The caller's address, as all of the portal sees it."""
    return origin.client_address(request) or None


def seconds_left(request: HttpRequest, credentials: dict[str, Any]) -> int | None:
    """Until the next attempt is looked at; None when it may be made now."""
    if AxesProxyHandler.is_allowed(request, credentials):
        return None
    last = AccessAttempt.objects.filter(
        username=name_of(request, credentials), ip_address=address_of(request)
    ).aggregate(last=Max("attempt_time"))["last"]
    cool_off: timedelta = settings.AXES_COOLOFF_TIME
    over = (last or timezone.now()) + cool_off
    return max(1, int((over - timezone.now()).total_seconds()) + 1)


def sentence(request: HttpRequest, credentials: dict[str, Any]) -> str:
    """What to tell who is locked out; "" for everybody else."""
    seconds = seconds_left(request, credentials)
    if seconds is None:
        return ""
    return _("Too many wrong passwords.") + " " + words.wait_sentence(seconds)


def response(
    request: HttpRequest, original: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """AXES_LOCKOUT_CALLABLE: the form has told it already; a door without a form gets the page."""
    if original is not None and original.status_code < 500:
        original.status_code = 429
        return original
    return errors.answer(request, TooMany("sign-in", retry_after=60))
