"""Proving once more who one is: a dialog in the page, or allauth's pages."""

from __future__ import annotations

from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows import reauthentication
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from vaultportal.identity.models import User
from vaultportal.ui import second_factor
from vaultportal.ui.forms import ProofForm
from vaultportal.ui.second_factor import ReauthenticateForm
from vaultportal.ui.views.appearance import own_address
from vaultportal.ui.views.base import PortalView


class ProveView(PortalView):
    """GET, POST /me/prove/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.is_partial:
            return dialog(request, ProofForm())
        flows = reauthentication.get_reauthentication_flows(request.user)
        names = [flow["id"] for flow in flows]
        page = "mfa_reauthenticate" if "mfa_reauthenticate" in names else "account_reauthenticate"
        query = urlencode({"next": own_address(request, request.GET.get("next", ""))})
        return redirect(f"{reverse(page)}?{query}")

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ProofForm(request.POST)
        if form.is_valid():
            try:
                _check(request, form.cleaned_data["proof"])
            except ValidationError as wrong:
                form.add_error("proof", wrong)
            else:
                response = HttpResponse(status=204)
                response["HX-Trigger"] = "proved"
                return response
        return dialog(request, form, status=422)


def dialog(request: HttpRequest, form: ProofForm, status: int = 200) -> HttpResponse:
    """What asks for a code, or for the password of who has no second factor."""
    by_code = second_factor.is_enrolled(request.user)  # type: ignore[arg-type]  # signed in
    label = _("Code of your authenticator app, or a recovery code") if by_code else _("Password")
    form.fields["proof"].label = label
    context = {"form": form, "by_code": by_code}
    response = render(request, "ui/prove_dialog.html", context, status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#proof", "innerHTML"
    return response


def _check(request: HttpRequest, proof: str) -> None:
    """ValidationError unless ``proof`` is right; the session remembers the time."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 the view has refused all others
    if second_factor.is_enrolled(user):
        form = ReauthenticateForm(data={"code": proof}, user=user)
        if not form.is_valid():
            raise ValidationError(form.errors["code"])
        form.save()
        return
    if not get_adapter().reauthenticate(user, proof):
        raise ValidationError(_("This is not your password."))
    reauthentication.reauthenticate_by_password(request)
