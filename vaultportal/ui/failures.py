"""Where a page shows that something failed: in the part that was asked for, or beside it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from vaultportal.ui.partial import wants_partial

# What is on the page is still true then, and is only told about.
TOLD_BESIDE = frozenset({"too_many", "conflict", "stale"})
FAILED = frozenset({"unavailable", "internal"})
# Not of the page itself: there is nothing in their places that could fail.
DIALOGS = ("dialog", "proof", "palette")


def is_told_beside(request: HttpRequest, kind: str) -> bool:
    """Whether a failure is told beside the page, which stays: not where a part was to be shown."""
    return kind in TOLD_BESIDE or (kind in FAILED and not _asks_for_a_part(request))


def part_for(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """In the place of a whole page of a failure, which Django made: the part that was asked for.

    What ``errors.answer`` has worded is left as it is.
    """
    if response.status_code not in (500, 503) or not wants_partial(request):
        return response
    if getattr(request, "is_failure_worded", False):
        return response
    context = {
        "status": response.status_code,
        "request_id": getattr(request, "request_id", ""),
    }
    beside = is_told_beside(request, "internal")
    template = "components/error_toast.html" if beside else "components/error_panel.html"
    part = render(request, template, context, status=response.status_code)
    return put(request, part, beside=beside)


def put(request: HttpRequest, part: HttpResponse, *, beside: bool) -> HttpResponse:
    """Say where ``part`` goes; nowhere for a live part, which stays and asks again."""
    if request.headers.get("X-Live") and part.status_code >= 500:
        part["HX-Reswap"] = "none"
    elif beside:
        part["HX-Retarget"], part["HX-Reswap"] = "#toasts", "beforeend"
    return part


def _asks_for_a_part(request: HttpRequest) -> bool:
    target = request.headers.get("HX-Target", "")
    return request.method == "GET" and not any(name in target for name in DIALOGS)
