"""Have a shared secret alone for a while, give it back, or take it back from its holder."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from secrets_app import refusals
from secrets_app.models import Checkout
from secrets_app.permissions import SecretPermission
from secrets_app.records import Ref, SecretInfo
from secrets_app.services import checkouts, fieldwise
from secrets_app.ui.forms_access import CheckoutForm
from secrets_app.ui.views.secret import crumbs_to
from vaultportal.errors import Conflict
from vaultportal.ui.views.base import PortalView
from vaultportal.ui.views.confirm import Confirmation, ConfirmView


class CheckoutView(PortalView):
    """GET, POST /secrets/{id}/checkout/"""

    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        return self._page(self._readable(secret_id), CheckoutForm())

    def post(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        info = self._readable(secret_id)
        form = CheckoutForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            try:
                made = checkouts.check_out(
                    self.actor, Ref(id=secret_id), reason=given["reason"], minutes=given["minutes"]
                )
            except Conflict:
                form.add_error(None, _("You hold this secret or wait for it already."))
            else:
                has_it = made.state == Checkout.State.HELD
                said = _("It is yours alone now.") if has_it else _("You are in line for it.")
                messages.success(request, said)
                return redirect("secrets:secret", secret_id)
        return self._page(info, form, status=422)

    def _readable(self, secret_id: UUID) -> SecretInfo:
        info = fieldwise.outline(self.actor, Ref(id=secret_id)).info
        if not info.may_read or info.owner_id is not None:
            raise refusals.lacking(SecretPermission.READ, secret_id)
        return info

    def _page(self, info: SecretInfo, form: CheckoutForm, status: int = 200) -> HttpResponse:
        context = {
            "info": info,
            "form": form,
            "history": checkouts.list_checkouts(self.actor, Ref(id=info.id), limit=20),
            "crumbs": crumbs_to(self.actor, info, _("Check out")),
        }
        return self.render(
            "secrets_app/checkout.html", "secrets_app/checkout.html", context, status
        )


class ReturnView(PortalView):
    """POST /secrets/{id}/return/"""

    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        return redirect("secrets:secret", secret_id)

    def post(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        checkouts.check_in(self.actor, Ref(id=secret_id))
        messages.success(request, _("Returned. Rotate it if it should not be known any more."))
        return redirect("secrets:secret", secret_id)


class ForceReturnView(ConfirmView):
    """GET asks, POST /secrets/{id}/take-back/ takes it from its holder."""

    def confirmation(self) -> Confirmation:
        info = fieldwise.outline(self.actor, Ref(id=self.kwargs["secret_id"])).info
        title = _("Take %(name)s back") % {"name": info.name}
        return Confirmation(
            title,
            _("Its holder is refused from now on. Whoever waits first has it next."),
            _("Take it back"),
            self.done_url(),
            crumbs=tuple(crumbs_to(self.actor, info, _("Take back"))),
        )

    def carry_out(self) -> None:
        checkouts.force_return(self.actor, Ref(id=self.kwargs["secret_id"]))
        messages.success(self.request, _("Taken back. What its holder has seen should be rotated."))

    def done_url(self) -> str:
        return reverse("secrets:secret", args=[self.kwargs["secret_id"]])
