"""What every request passes through, APIs too: its id, its log line, its count, its refusal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from vaultportal.audit import refusals as noted
from vaultportal.audit.refusals import Refusal
from vaultportal.identity.actor import Actor
from vaultportal.ops import context, refusals
from vaultportal.ops.logging import fields
from vaultportal.ops.metrics import meter

logger = logging.getLogger("vaultportal.access")

UNROUTED = "unrouted"
_KIND_OF_STATUS = {401: "unauthenticated", 403: "forbidden"}


class RequestMiddleware:
    """The outermost. ``request.request_id`` is set for everybody inside."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        # By name, since the way out of the API stands beside this package.
        self.answer: Callable[[HttpRequest, BaseException], HttpResponse] = import_string(
            settings.PORTAL_ERROR_ANSWER
        )

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = perf_counter()
        request_id = context.accepted(
            request.META.get("HTTP_X_REQUEST_ID"), request.META.get("HTTP_X_PVAULT_REQUEST_ID")
        )
        request.request_id = request_id  # type: ignore[attr-defined]  # ours, for all inside
        context.enter(request_id)
        try:
            response = self.get_response(request)
            response.headers.setdefault("X-Request-Id", request_id)
            self._account(request, response.status_code, perf_counter() - began)
        finally:
            context.enter("")
        return response

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse:
        """What no view and no other middleware has answered leaves by the dialect of its path."""
        return self.answer(request, fault)

    def _account(self, request: HttpRequest, status: int, seconds: float) -> None:
        match = request.resolver_match
        route = (match.view_name or match.route) if match else UNROUTED
        meter.observe(route, str(request.method), status, seconds)
        refusal = noted.of(request)
        if refusal is None and status in _KIND_OF_STATUS:  # refused by a part of Django's
            refusal = Refusal(None, _KIND_OF_STATUS[status], "")
        if refusal is not None:
            refusals.write(request, refusal, route=route, status=status)
        refusals.settle()
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None and refusal is not None:
            actor = refusal.actor
        logger.info(
            "request",
            extra=fields(
                route=route,
                method=request.method,
                status=status,
                ms=round(seconds * 1000, 2),
                actor=str(actor.user_id) if actor else None,
            ),
        )
