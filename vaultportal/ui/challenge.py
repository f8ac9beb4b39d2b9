"""Asking for a fresh proof within a page: a passkey, a code, or the password of who has neither."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows import reauthentication
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from vaultportal.identity import proof as proofs
from vaultportal.identity.models import User
from vaultportal.ui import passkeys, second_factor
from vaultportal.ui.forms import ProofForm
from vaultportal.ui.oidc import providers
from vaultportal.ui.second_factor import ReauthenticateForm


def dialog(request: HttpRequest, form: ProofForm, status: int = 200) -> HttpResponse:
    """The question, on top of whatever the page shows."""
    response = render(request, "ui/prove_dialog.html", question(request, form), status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#proof", "innerHTML"
    return response


def question(request: HttpRequest, form: ProofForm) -> dict[str, object]:
    """What ``ui/_prove.html`` shows."""
    user = _person(request)
    by_code = second_factor.is_enrolled(user)
    label = _("Code of your authenticator app, or a recovery code") if by_code else _("Password")
    form.fields["proof"].label = label
    return {
        "form": form,
        "by_code": by_code,
        "passkey": passkeys.options_for(user),
        "offers": providers.proving(user),
    }


def is_answered(request: HttpRequest) -> bool:
    """Whether the post brings a proof, right or wrong."""
    return "proof" in request.POST or passkeys.is_given(request)


def checked(request: HttpRequest) -> ProofForm | None:
    """None when the proof posted is right, and the session remembers it; else the form again."""
    form = ProofForm(request.POST)
    try:
        _check(request, request.POST.get("proof", ""))
    except ValidationError as wrong:
        form.errors["proof"] = form.error_class(wrong.messages)
        return form
    return None


def _check(request: HttpRequest, proof: str) -> None:
    user = _person(request)
    if providers.proving(user):  # it was asked for elsewhere, in a tab of its own
        if not proofs.is_recent(request):
            raise ValidationError(_("No new sign-in has come back yet."))
    elif passkeys.is_given(request):
        by_key = passkeys.ProofForm(request.POST, user=user)
        if not by_key.is_valid():
            raise ValidationError(_("This passkey does not open your account."))
        by_key.save()
    elif second_factor.is_enrolled(user):
        form = ReauthenticateForm(data={"code": proof}, user=user)
        if not form.is_valid():
            raise ValidationError(form.errors["code"])
        form.save()
    elif get_adapter().reauthenticate(user, proof):
        reauthentication.reauthenticate_by_password(request)
    else:
        raise ValidationError(_("This is not your password."))


def _person(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 the callers have refused all others
    return user
