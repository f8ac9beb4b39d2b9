"""Is it alive, is it ready, what did it count."""

from __future__ import annotations

from typing import cast

import orjson
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from vaultportal.audit import refusals
from vaultportal.dialect import STATUS_OF_KIND
from vaultportal.directory import provider_only, second_factor
from vaultportal.errors import Forbidden, Unauthenticated
from vaultportal.identity import access, authentication
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.ops import metrics
from vaultportal.ops.permissions import OpsPermission
from vaultportal.ops.readiness import actions, readiness


@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """GET /healthz: the process answers. Touches nothing."""
    return _json({"status": "alive"})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """GET /readyz: 200 when requests can be served, else 503; says which part is missing.

    ``actions`` is ``locked``, ``unlocked`` or ``off``, and does not count.
    """
    answers = readiness.answers()
    is_ready = all(answers.values())
    checks = {part: "ok" if holds else "failed" for part, holds in answers.items()}
    status = "ready" if is_ready else "not ready"
    body = {"status": status, "checks": checks, "actions": actions()}
    return _json(body, 200 if is_ready else 503)


@require_safe
def numbers(request: HttpRequest) -> HttpResponseBase:
    """GET /metrics: in the text format of Prometheus, for who holds ``ops.view_metrics``.

    A program comes with a bearer token, a person with the session of the browser.
    """
    if "HTTP_AUTHORIZATION" in request.META:
        return _numbers(request)
    # Here and not by the address: to all other middleware this is an API.
    return cast("HttpResponseBase", SessionMiddleware(AuthenticationMiddleware(_numbers))(request))


def _numbers(request: HttpRequest) -> HttpResponse:
    actor: Actor | None = None
    try:
        actor = _actor(request)
        if not access.holds(actor, OpsPermission.METRICS):
            raise Forbidden("metrics", reason="permission")
        if actor.credential.kind == "session":
            _require_whole(request)
    except (Unauthenticated, Forbidden) as error:
        # Read by programs: no sign-in page, whatever the path looks like.
        refusals.note(request, error, actor)
        return _json({"status": error.kind}, STATUS_OF_KIND[error.kind])
    return HttpResponse(
        metrics.render(),
        content_type=metrics.CONTENT_TYPE,
        headers={"Cache-Control": "no-store"},
    )


def _require_whole(request: HttpRequest) -> None:
    """Refuse a browser that opens nothing but one page yet."""
    if provider_only.confines(request.session):
        raise Forbidden("metrics", reason="connect_first")
    if isinstance(request.user, User) and second_factor.confines(request, request.user):
        raise Forbidden("metrics", reason="factor_first")


def _actor(request: HttpRequest) -> Actor:
    if "HTTP_AUTHORIZATION" in request.META:
        return authentication.authenticate(request)
    return authentication.session_actor(request)


def _json(body: object, status: int = 200) -> HttpResponse:
    return HttpResponse(
        orjson.dumps(body),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
