"""HTML as one more dialect: a failure of the domain as a page, a panel or a dialog."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from vaultportal.audit import refusals
from vaultportal.dialect import STATUS_OF_KIND
from vaultportal.directory import setup
from vaultportal.errors import StepUpRequired, Unauthenticated, VaultError
from vaultportal.identity import authentication
from vaultportal.ui import challenge, failures, kept, refused, words
from vaultportal.ui.forms import LoginForm, ProofForm
from vaultportal.ui.partial import wants_partial
from vaultportal.ui.views import again

# A form that is wrong is no malformed request: the answer is the form again.
STATUS_OF_PAGE = {**STATUS_OF_KIND, "invalid": 422, "malformed": 400, "stale": 409, "pending": 403}


class ErrorsMiddleware:
    """Answers for the views: what they raise of ``vaultportal.errors`` is worded here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A page for a ``VaultError``; everything else goes on to Django's handlers."""
        if not isinstance(error, VaultError) or getattr(request, "_is_api", False):
            return None
        return answer(request, error)


def answer(request: HttpRequest, error: VaultError) -> HttpResponse:
    """``error`` for a browser, whole page or part; refusals are noted in the audit."""
    if isinstance(error, Unauthenticated):
        return _sign_in(request)
    if isinstance(error, StepUpRequired):
        return _prove_again(request)
    if error.kind == "forbidden":
        note_refusal(request, error)
    status = STATUS_OF_PAGE[error.kind]
    context = {
        "error": error,
        "status": status,
        "request_id": getattr(request, "request_id", ""),
        "wait": words.wait_sentence(error.retry_after),
    }
    if status == STATUS_OF_KIND["forbidden"]:
        context |= refused.context_of(request, error)
    partial = wants_partial(request)
    beside = partial and failures.is_told_beside(request, error.kind)
    part = "components/error_toast.html" if beside else "components/error_panel.html"
    response = render(request, part if partial else "error.html", context, status=status)
    request.is_failure_worded = True  # type: ignore[attr-defined]  # ours, for ``failures``
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return failures.put(request, response, beside=beside) if partial else response


def note_refusal(request: HttpRequest, error: VaultError) -> None:
    """Have it in the audit trail that the person was refused."""
    try:
        actor = authentication.session_actor(request)
    except Unauthenticated:  # a page before sign-in
        actor = None
    refusals.note(request, error, actor)


def _sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page, and back again; within a page a dialog, so that what was typed stays."""
    if not wants_partial(request):
        if setup.is_needed():
            return redirect("ui:setup")
        if (page := kept.ask(request)) is not None:
            return page
        query = urlencode({"next": request.get_full_path()})
        return redirect(f"{reverse('account_login')}?{query}")
    response = again.dialog(request, LoginForm(request=request))
    # Whoever comes to the screen now is not known: what is revealed on it goes.
    response["HX-Trigger"] = "hide-secrets"
    if request.headers.get("X-Live"):
        # A part that asks for itself again: nobody did anything, so nobody is interrupted.
        response["HX-Reswap"] = "none"
    return response


def _prove_again(request: HttpRequest) -> HttpResponse:
    if not wants_partial(request):
        if (page := kept.ask(request)) is not None:
            return page
        here = request.get_full_path() if request.method == "GET" else "/"
        return redirect(f"{reverse('ui:prove')}?{urlencode({'next': here})}")
    return challenge.dialog(request, ProofForm(), status=401)
