"""Asking for a fresh proof within a page: a code, or the password of who has no second factor."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows import reauthentication
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from vaultportal.identity.models import User
from vaultportal.ui import second_factor
from vaultportal.ui.forms import ProofForm
from vaultportal.ui.second_factor import ReauthenticateForm


def dialog(request: HttpRequest, form: ProofForm, status: int = 200) -> HttpResponse:
    """The question, on top of whatever the page shows."""
    by_code = second_factor.is_enrolled(request.user)  # type: ignore[arg-type]  # signed in
    label = _("Code of your authenticator app, or a recovery code") if by_code else _("Password")
    form.fields["proof"].label = label
    context = {"form": form, "by_code": by_code}
    response = render(request, "ui/prove_dialog.html", context, status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#proof", "innerHTML"
    return response


def check(request: HttpRequest, proof: str) -> None:
    """ValidationError unless ``proof`` is right; the session remembers the time."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 the callers have refused all others
    if second_factor.is_enrolled(user):
        form = ReauthenticateForm(data={"code": proof}, user=user)
        if not form.is_valid():
            raise ValidationError(form.errors["code"])
        form.save()
        return
    if not get_adapter().reauthenticate(user, proof):
        raise ValidationError(_("This is not your password."))
    reauthentication.reauthenticate_by_password(request)
