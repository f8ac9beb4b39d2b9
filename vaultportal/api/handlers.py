"""The one way out for every failure of an API, 404 of unknown routes and 500 included."""

from __future__ import annotations

import logging
import sys
from typing import Any

import orjson
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import DatabaseError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from psycopg_pool import PoolTimeout
from rest_framework import exceptions as drf
from rest_framework.response import Response

from vaultportal import errors
from vaultportal.audit import refusals
from vaultportal.dialect import Dialect, for_path
from vaultportal.identity.actor import Actor

logger = logging.getLogger(__name__)

_OF_DRF: dict[type[drf.APIException], type[errors.VaultError]] = {
    drf.ParseError: errors.Malformed,
    drf.ValidationError: errors.Invalid,
    drf.NotAuthenticated: errors.Unauthenticated,
    drf.AuthenticationFailed: errors.Unauthenticated,
    drf.PermissionDenied: errors.Forbidden,
    drf.NotFound: errors.NotFound,
    drf.MethodNotAllowed: errors.MethodNotAllowed,
    drf.UnsupportedMediaType: errors.UnsupportedMedia,
    drf.Throttled: errors.TooMany,
}


def translate(fault: BaseException) -> errors.VaultError:
    """Any exception as one of the domain's kinds; what nobody foresaw is Internal, and logged."""
    if isinstance(fault, errors.VaultError):
        return fault
    if isinstance(fault, Http404):
        return errors.NotFound("route", reason="route")
    if isinstance(fault, PermissionDenied):
        return errors.Forbidden()
    if isinstance(fault, RequestDataTooBig):
        return errors.TooLarge()
    if isinstance(fault, (BadRequest, SuspiciousOperation)):
        return errors.Invalid()
    if isinstance(fault, (OperationalError, PoolTimeout)):
        logger.warning("database unavailable: %s", type(fault).__name__)
        return errors.Unavailable("database", reason="database", retry_after=1)
    for theirs, ours in _OF_DRF.items():
        if isinstance(fault, theirs):
            return ours()
    logger.error("unhandled %s", type(fault).__name__, exc_info=_without_message(fault))
    reason = "database" if isinstance(fault, DatabaseError) else ""
    return errors.Internal(reason=reason)


def _without_message(fault: BaseException) -> Any:
    """The traceback without the exception's own text, which may quote a value."""
    bare = RuntimeError(type(fault).__qualname__).with_traceback(fault.__traceback__)
    return (RuntimeError, bare, fault.__traceback__)


def answer(
    request: HttpRequest,
    fault: BaseException,
    *,
    dialect: Dialect | None = None,
    actor: Actor | None = None,
) -> HttpResponse:
    """``fault`` worded for whoever sent ``request``; 401 and 403 are noted in the audit."""
    error = translate(fault)
    dialect = dialect or for_path(request.path_info)
    if error.kind in ("unauthenticated", "forbidden"):
        refusals.note(request, error, actor)
    if dialect is None:
        return page(request, error)
    wording = dialect.wording(error)
    request_id = getattr(request, "request_id", "")
    response = HttpResponse(
        orjson.dumps(dialect.body(error, wording, request_id)),
        status=wording.status,
        content_type=dialect.content_type,
    )
    response["Cache-Control"] = "no-store"
    response["Content-Length"] = str(len(response.content))
    for name, value in dialect.headers(error, wording).items():
        response[name] = value
    return response


PAGE_STATUS = {
    "not_found": 404,
    "forbidden": 403,
    "unauthenticated": 401,
    "invalid": 400,
    "unavailable": 503,
}


def page(request: HttpRequest, error: errors.VaultError) -> HttpResponse:
    """``error`` as a page for a browser."""
    status = PAGE_STATUS.get(error.kind, 500 if error.kind == "internal" else 400)
    context = {"error": error, "status": status, "request_id": getattr(request, "request_id", "")}
    return render(request, "error.html", context, status=status)


def rest_framework_handler(fault: Exception, context: dict[str, Any]) -> Response | None:
    """What DRF's own views call. Ours never get here; the schema views of drf-spectacular do."""
    raise translate(fault)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return answer(request, errors.NotFound("page", reason="route"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return answer(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return answer(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: what escaped every view and middleware."""
    fault = sys.exc_info()[1]
    return answer(request, fault if fault is not None else errors.Internal())
