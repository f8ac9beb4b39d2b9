"""A form that was sent when its session was over, or its proof old: who it is, then on with it.

What was typed goes along in the page that asks, sealed and bound to this browser for a quarter of
an hour. Nothing of it is stored, and no page shows it: the view gets it as if it had just come.
It is carried out for the person who was signed in when it was typed, and for nobody else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from vaultportal.crypto import blobs
from vaultportal.crypto.errors import Expired, KeyGone, Tampered
from vaultportal.identity.models import User
from vaultportal.ui import challenge, factor_first, last_person, signing_in
from vaultportal.ui.forms import LoginForm, ProofForm
from vaultportal.ui.oidc import confinement

FIELD = "kept"
LASTS = 15 * 60
END = b"\n"  # of the person's number; what was typed is encoded and has none
# Sealed and in letters it must still fit into one request.
MOST = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2


def ask(request: HttpRequest) -> HttpResponse | None:
    """The question in the place of the view's answer; None when there is nothing to keep.

    For a view that comes by ``take_up`` and failed to be answered for want of a sign-in or proof.
    """
    typed = request.POST.urlencode().encode()
    if not getattr(request, "takes_up", False) or not typed or len(typed) > MOST:
        return None
    if not (person := last_person.of(request)):
        return None  # nobody knows whose it is
    get_token(request)  # a browser that had none has one from now on, and is known by it
    whole = person.encode() + END + typed
    sealed = base64.urlsafe_b64encode(blobs.seal_blob(_purpose(request), whole)).decode()
    form = ProofForm() if request.user.is_authenticated else LoginForm(request=request)
    return _page(request, form, sealed, 401)


def take_up(request: HttpRequest, back_url: str) -> HttpResponse | None:
    """Look at a post before its view does.

    None: the view goes on, with what was kept if the post brings that back. Else the answer.
    back_url: where to go when nothing is carried out.
    """
    request.takes_up = True  # type: ignore[attr-defined]  # ours, for ``ask``
    sealed = request.POST.get(FIELD, "") if request.method == "POST" else ""
    if not sealed:
        return None
    try:
        whole = blobs.open_blob(_purpose(request), base64.urlsafe_b64decode(sealed), ttl=LASTS)
    except (Tampered, Expired, KeyGone, ValueError):
        messages.error(request, _("What you typed waited for too long, and is forgotten."))
        return redirect(back_url)
    question = _answered(request)
    if question is not None:
        return _page(request, question[0], sealed, question[1])
    if confinement.holds(request):  # who has signed in just now does not get so far
        return confinement.answer(request)
    if factor_first.holds(request):
        return factor_first.answer(request)
    person, _end, typed = whole.partition(END)
    if person != last_person.of(request).encode():
        messages.error(request, _("Somebody else filled in that form. Nothing of it was done."))
        return redirect(back_url)
    request.POST = QueryDict(typed, encoding=request.encoding)
    return None


def _answered(request: HttpRequest) -> signing_in.Question | None:
    """None when the question was answered rightly; else the form to ask with, and its status."""
    if not request.user.is_authenticated:
        return signing_in.attempt(request)
    if not challenge.is_answered(request):
        return None  # signed in elsewhere meanwhile: the view asks for what it needs
    form = challenge.checked(request)
    return None if form is None else (form, 422)


def _page(request: HttpRequest, form: forms.Form, sealed: str, status: int) -> HttpResponse:
    context: dict[str, object] = {
        "form": form,
        "sealed": sealed,
        "has_files": request.content_type == "multipart/form-data" and bool(request.FILES),
    }
    if isinstance(form, ProofForm):
        context |= challenge.question(request, form)
    else:
        context |= {"is_over": True, "passkey": signing_in.passkey(form)}
    return render(request, "ui/kept.html", context, status=status)


def _purpose(request: HttpRequest) -> str:
    """What a sealed form opens for: this browser and this address, nothing else.

    Signing in gives the browser a new token: what was kept before opens no more after it.
    """
    meta: Mapping[str, str] = request.META
    browser = hashlib.sha256(meta.get("CSRF_COOKIE", "").encode()).hexdigest()
    who = str(request.user.pk) if isinstance(request.user, User) else ""
    return f"kept form {browser} {who} {request.get_full_path()}"
