"""Addresses for the tests of the middleware: each does one thing, in the words of our own API."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from vaultportal.errors import Forbidden
from vaultportal.ops import context


def say_id(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(context.request_id())


def fail(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError("s3cret")


def lose_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError("s3cret")


def refuse(request: HttpRequest) -> HttpResponse:
    raise Forbidden("thing", reason="policy")


def refuse_as_django_does(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


urlpatterns = [
    path("", include("vaultportal.ops.urls")),
    path("api/v1/say/<str:name>", say_id, name="say"),
    path("api/v1/fail", fail, name="fail"),
    path("api/v1/lose", lose_database, name="lose"),
    path("api/v1/refuse", refuse, name="refuse"),
    path("api/v1/refuse-django", refuse_as_django_does, name="refuse-django"),
]
handler400 = "vaultportal.api.handlers.bad_request"
handler403 = "vaultportal.api.handlers.permission_denied"
handler404 = "vaultportal.api.handlers.not_found"
handler500 = "vaultportal.api.handlers.server_error"
