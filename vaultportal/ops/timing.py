"""``Server-Timing``: how many statements an answer took and how long. Off unless asked for.

PORTAL_SERVER_TIMING=true is for whoever measures; the numbers say something about what was looked
up, so an open portal does not send them.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class ServerTimingMiddleware:
    """Counts the statements of one request on the default connection."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        statements = 0

        def count(execute: Callable[..., Any], *details: Any) -> Any:
            nonlocal statements
            statements += 1
            return execute(*details)

        began = perf_counter()
        with connection.execute_wrapper(count):
            response = self.get_response(request)
        spent = (perf_counter() - began) * 1000
        response["Server-Timing"] = f'db;desc="{statements}", app;dur={spent:.2f}'
        return response
