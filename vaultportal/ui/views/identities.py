"""Signing in at a provider, and the identities there that open one's account."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base.views import IndexView
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View
from requests import RequestException

from vaultportal.directory import provider_only
from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import SettingPermission
from vaultportal.directory.services import identities
from vaultportal.errors import Conflict, Malformed, NotFound
from vaultportal.identity import access, authentication, proof
from vaultportal.identity.models import User
from vaultportal.ui import factor_first
from vaultportal.ui.oidc import arrival, confinement, departure, providers, trial
from vaultportal.ui.oidc.provider import Exchange
from vaultportal.ui.oidc.providers import Offer
from vaultportal.ui.views.appearance import own_address
from vaultportal.ui.views.confirm import Confirmation, ConfirmView


class StartView(View):
    """POST /accounts/oidc/<provider>/: ``purpose`` sign-in, connect, prove or test; ``next``."""

    def post(self, request: HttpRequest, provider: str) -> HttpResponse:
        offer = _offer(provider)
        purpose = request.POST.get("purpose", departure.SIGN_IN)
        if purpose not in departure.PURPOSES:
            raise Malformed(message="The purpose is none of those that there are.")
        next_url = own_address(request, request.POST.get("next", ""))
        if purpose != departure.SIGN_IN and not request.user.is_authenticated:
            return arrival.sign_in_first(next_url)
        if purpose == departure.CONNECT and not proof.is_recent(request):
            return arrival.prove_first(next_url)
        if purpose == departure.TEST:
            actor = authentication.session_actor(request)
            access.require(actor, SettingPermission.CHANGE, Setting)
        try:
            return departure.leave(request, offer, purpose, next_url)
        except (OAuth2Error, RequestException) as cause:
            if purpose == departure.TEST:
                return trial.not_begun(request, offer.slug, cause)
            return arrival.failed(request, offer.slug, arrival.UNREACHABLE, cause)


class CallbackView(View):
    """GET /accounts/oidc/<provider>/callback/: where the provider sends the browser."""

    def get(self, request: HttpRequest, provider: str) -> HttpResponse:
        exchange = Exchange(request, _offer(provider).slug)
        asked = departure.begun(request)  # afterwards it is used up
        try:
            answer: HttpResponse = OAuth2CallbackView.adapter_view(exchange)(request)
        except (OAuth2Error, RequestException) as cause:  # before it could be asked about the code
            if asked.get("purpose") == departure.TEST:
                return trial.failed(request, provider, asked, trial.UNREACHABLE, cause)
            return arrival.failed(request, provider, arrival.UNREACHABLE, cause)
        return answer


class MethodsView(IndexView):  # type: ignore[misc]  # without types of its own
    """GET /accounts/2fa/: one's own ways in; connecting an identity alone, for who has to."""

    def get_template_names(self) -> list[str]:
        if confinement.holds(self.request):
            return ["account/connect_first.html"]
        if factor_first.holds(self.request):
            return ["account/factor_first.html"]
        names: list[str] = super().get_template_names()
        return names

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101 the view has refused all others
        connected = providers.connected(user)
        own = {each.row.provider for each in connected if each.is_current}
        return {
            **super().get_context_data(**kwargs),
            "has_password": user.has_usable_password(),
            "identities": connected,
            "connectable": [each for each in providers.offered() if each.slug not in own],
            # One that was connected elsewhere meanwhile opens this browser, too.
            "offers": providers.offered(),
        }


class DisconnectView(ConfirmView):
    """GET asks, POST ends that an identity opens one's account."""

    def confirmation(self) -> Confirmation:
        user = self.request.user
        assert isinstance(user, User)  # noqa: S101 dispatch has refused all others
        found = next(
            (each for each in providers.connected(user) if each.row.pk == self.kwargs["pk"]), None
        )
        if found is None:
            raise NotFound("identity")
        return Confirmation(
            title=_("Disconnect %(name)s") % {"name": found.provider},
            text=_("%(name)s opens your account no more.") % {"name": found.name},
            button=_("Disconnect"),
            back_url=reverse("mfa_index"),
            crumbs=((_("Profile"), reverse("ui:me")), (_("Sign-in methods"), reverse("mfa_index"))),
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.require_recent_proof()
        return super().post(request, **kwargs)

    def carry_out(self) -> None:
        try:
            identities.disconnect(self.actor, self.kwargs["pk"])
        except Conflict:
            messages.error(self.request, self._stays())

    def done_url(self) -> str:
        return reverse("mfa_index")

    def _stays(self) -> str:
        if provider_only.in_force():
            return _("This is your last way in. People sign in at the provider only.")
        return _("This is your last way in. Add a passkey, or have a password set, first.")


def _offer(slug: str) -> Offer:
    offer = providers.named(slug)
    if offer is None:
        raise NotFound("page")
    return offer
