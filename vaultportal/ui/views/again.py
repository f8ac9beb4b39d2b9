"""Signing in again within a page whose session is over: what was typed stays where it is."""

from __future__ import annotations

import json

from django import forms
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views import View
from django_htmx.http import HttpResponseClientRefresh

from vaultportal.errors import Unauthenticated
from vaultportal.identity.models import User
from vaultportal.ui import signing_in

PERSON = "X-Person"  # the number of who the page was made for


class AgainView(View):
    """POST /me/again/: name and password, then the second factor of who has one.

    GET: the person has signed in by another tab, at a provider.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            raise Unauthenticated
        return self._signed_in(request, request.headers.get(PERSON, ""))

    def post(self, request: HttpRequest) -> HttpResponse:
        question = signing_in.attempt(request)
        if question is not None:
            return dialog(request, *question)
        return self._signed_in(request, request.POST.get("person", ""))

    def _signed_in(self, request: HttpRequest, person: str) -> HttpResponse:
        """The same person goes on; the page of somebody else is loaded anew, and theirs is gone."""
        assert isinstance(request.user, User)  # noqa: S101 both ways end with a signed-in user
        if person != str(request.user.number):
            return HttpResponseClientRefresh()
        response = HttpResponse(status=204)
        # Signing in made a new token; the forms of the page still hold the old one.
        response["HX-Trigger"] = json.dumps({"proved": {"token": get_token(request)}})
        return response


def dialog(request: HttpRequest, form: forms.Form, status: int = 401) -> HttpResponse:
    """The question, on top of whatever the page shows."""
    person = request.headers.get(PERSON, "") or request.POST.get("person", "")
    context = {
        "form": form,
        "person": person if person.isdecimal() else "",
        "passkey": signing_in.passkey(form),
    }
    response = render(request, "ui/again_dialog.html", context, status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#proof", "innerHTML"
    return response
