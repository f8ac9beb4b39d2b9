"""Calls from pages of other origins, as far as the operator lets them.

No credential of a browser counts here, so nothing but the origin is asked for.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from vaultportal.directory import options

METHODS = "GET, POST, PATCH, DELETE"
HEADERS = (
    "Authorization, Content-Type, X-Tenant-Id, X-Trans-Param, X-Pvault-Request-ID, "
    "X-Pvault-Delegation"
)
SECONDS = 600


def is_preflight(request: HttpRequest) -> bool:
    """Whether a browser asks what it may send."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def allow(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let the page that called read the answer, when its origin is allowed."""
    origin = request.headers.get("Origin")
    if not origin:
        return
    allowed = options.get(options.CORS_ORIGINS)
    if "*" in allowed:
        response["Access-Control-Allow-Origin"] = "*"
    elif origin in allowed:
        response["Access-Control-Allow-Origin"] = origin
        response["Vary"] = "Origin"


def preflight(request: HttpRequest) -> HttpResponse:
    """What may be sent; without an allowed origin the browser stops there."""
    response = HttpResponse()
    del response["Content-Type"]
    allow(request, response)
    if "Access-Control-Allow-Origin" in response:
        response["Access-Control-Allow-Methods"] = METHODS
        response["Access-Control-Allow-Headers"] = HEADERS
        response["Access-Control-Max-Age"] = str(SECONDS)
    return response
