"""The theme, also for who is not signed in."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from vaultportal.errors import Fault, Invalid
from vaultportal.identity import authentication
from vaultportal.identity.models import User
from vaultportal.ui import preferences
from vaultportal.ui.partial import wants_partial


class ThemeView(View):
    """POST /preferences/theme/: ``theme`` is auto, light or dark."""

    def post(self, request: HttpRequest) -> HttpResponseBase:
        theme = request.POST.get("theme", "")
        if theme not in User.Theme.values:
            raise Invalid(faults=(Fault("theme", "choice", "is not one of the themes"),))
        if isinstance(request.user, User):
            actor = authentication.session_actor(request)
            preferences.set_appearance(actor, theme=theme)
            request.user.theme = theme
        request.COOKIES[settings.THEME_COOKIE_NAME] = theme
        response = self._answer(request)
        preferences.remember(response, settings.THEME_COOKIE_NAME, theme)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if wants_partial(request):
            return render(request, "components/theme.html")
        return redirect(own_address(request, request.POST.get("next", "")))


def own_address(request: HttpRequest, wanted: str) -> str:
    """``wanted`` when it is a path within this portal, else the overview."""
    fits = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if fits and wanted.startswith("/") else "/"
