"""The first start: whoever can read the server's log makes the first administrator."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from vaultportal.directory import setup, throttle
from vaultportal.directory.origin import Origin
from vaultportal.directory.services.people import PersonFields
from vaultportal.directory.throttle import Guess
from vaultportal.errors import Conflict, Forbidden, Invalid, TooMany
from vaultportal.identity import origin
from vaultportal.identity.models import User
from vaultportal.ui import passphrase, words
from vaultportal.ui.forms import SetupForm
from vaultportal.ui.views.setup_checks import UNDER_WAY, steps


class SetupView(View):
    """GET, POST /setup/: there until somebody is in charge, then nothing."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not setup.is_needed():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return _page(request, SetupForm())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = SetupForm(request.POST)
        if not form.is_valid():
            return _page(request, form, status=422)
        guess = Guess("setup", address=origin.client_address(request))
        try:
            throttle.check(guess)
            user = setup.complete_setup(
                form.cleaned_data["code"],
                PersonFields(
                    username=form.cleaned_data["email"],
                    email=form.cleaned_data["email"],
                    full_name=form.cleaned_data["full_name"],
                ),
                password=form.cleaned_data["passphrase"],
                origin=Origin.of(request),
            )
        except TooMany as busy:
            form.add_error(None, words.wait_sentence(busy.retry_after))
        except Forbidden:
            throttle.count(guess)
            form.add_error("code", _("This is not the code, or it is more than a day old."))
        except Invalid as weak:
            form.add_error("passphrase", weak.message)
        except Conflict:
            return redirect("/")
        else:
            return self._sign_in(request, user)
        return _page(request, form, status=422)

    def _sign_in(self, request: HttpRequest, user: User) -> HttpResponseBase:
        request.session[UNDER_WAY] = True
        record_authentication(request, user, method="password")
        response: HttpResponseBase = perform_login(
            request, Login(user=user, redirect_url=reverse("ui:setup_factor"))
        )
        return response


def _page(request: HttpRequest, form: SetupForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "suggestion": passphrase.generate(),
        "steps": steps(1),
        "label": _("Steps"),
    }
    return render(request, "setup/administrator.html", context, status=status)
