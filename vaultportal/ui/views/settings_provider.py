"""People sign in at the provider only: how it stands, the test with one's account, the switch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vaultportal.directory import provider_only
from vaultportal.directory.models import Setting
from vaultportal.directory.permissions import SettingPermission
from vaultportal.directory.provider_only import PROVIDER_ONLY, State
from vaultportal.directory.services import provider_tests
from vaultportal.directory.services import settings as service
from vaultportal.directory.services.provider_tests import Attempt
from vaultportal.errors import Invalid, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.ui import attention, settings_parts
from vaultportal.ui.attention import Need
from vaultportal.ui.oidc import providers, trial
from vaultportal.ui.views.confirm import Confirmation, ConfirmView

# What did not hold, and what to do about it.
FAILED: dict[str, tuple[str | Promise, str | Promise]] = {
    trial.UNREACHABLE: (
        gettext_lazy("The provider gave no answer of use."),
        gettext_lazy(
            "The issuer must be written exactly as the provider writes it, be reached from this "
            "server, and have a certificate that is trusted here."
        ),
    ),
    trial.REFUSED: (
        gettext_lazy("The provider refused to sign anybody in."),
        gettext_lazy("Look at the client there: its address to return to, and its scopes."),
    ),
    trial.CANCELLED: (
        gettext_lazy("You went back before you had signed in there."),
        gettext_lazy("Begin anew."),
    ),
    trial.CODE: (
        gettext_lazy("The provider would not change its code for a token."),
        gettext_lazy("Look at the id and the secret of the client."),
    ),
    trial.TOKEN: (
        gettext_lazy("The token of the provider is not right."),
        gettext_lazy("Begin anew. If that does not help, the server's log says more."),
    ),
    trial.ISSUER: (
        gettext_lazy("The token names another issuer."),
        gettext_lazy("The issuer must be written exactly as the provider writes it."),
    ),
    trial.AUDIENCE: (
        gettext_lazy("The token is for another program."),
        gettext_lazy("Look at the id of the client."),
    ),
    trial.SIGNATURE: (
        gettext_lazy("The signature of the token does not hold."),
        gettext_lazy("The provider must sign with a key that it publishes, and not with a secret."),
    ),
    trial.CLOCK: (
        gettext_lazy("The token is not of this time."),
        gettext_lazy("Set the clocks of this server and of the provider."),
    ),
    trial.UNKNOWN: (
        gettext_lazy("The identity opens no account here."),
        gettext_lazy("Connect it to yours under Profile, Sign-in methods."),
    ),
    trial.OTHER: (
        gettext_lazy("The identity opens the account of somebody else."),
        gettext_lazy("Sign in there as yourself, with the identity that you have connected."),
    ),
    trial.UNDATED: (
        gettext_lazy("The provider does not say when you signed in there (auth_time)."),
        gettext_lazy(
            "People without a second factor could not prove that it is them. Have the provider "
            "answer max_age with auth_time."
        ),
    ),
    trial.STALE: (
        gettext_lazy("The provider let you through without signing in anew."),
        gettext_lazy("It must heed prompt=login or max_age=0."),
    ),
}
ACCOUNTS = {
    "own": gettext_lazy("yours"),
    "other": gettext_lazy("somebody else's"),
    "none": gettext_lazy("no account"),
}
PROOFS = {
    "fresh": gettext_lazy("a moment ago, and it says so (auth_time)"),
    "old": gettext_lazy("long ago (auth_time)"),
    "none": gettext_lazy("it does not say (no auth_time)"),
}
EMAILS = {
    "verified": gettext_lazy("sent and verified"),
    "unverified": gettext_lazy("sent, not verified"),
    "none": gettext_lazy("not sent"),
}


@dataclass(frozen=True, slots=True)
class Tested:
    """The last test in words. facts: as (what, how); problem, remedy: "" when it passed."""

    attempt: Attempt
    facts: tuple[tuple[str | Promise, str | Promise], ...]
    problem: str | Promise
    remedy: str | Promise


def _tested(attempt: Attempt | None) -> Tested | None:
    if attempt is None:
        return None
    said = attempt.outcome
    problem, remedy = FAILED.get(said.why, ("", ""))
    facts: list[tuple[str | Promise, str | Promise]] = []
    if said.account:  # a token came, and held
        facts = [
            (_("Issuer"), said.issuer),
            (_("Signature, issuer and audience"), _("they hold")),
            (_("Account that the identity opens"), ACCOUNTS.get(said.account, "")),
            (_("Signed in there"), PROOFS.get(said.proof, "")),
            (_("E-mail address"), EMAILS.get(said.email, "")),
        ]
    return Tested(attempt, tuple(facts), problem, remedy)


def _sign_in(actor: Actor) -> dict[str, Any]:
    return {
        "only": provider_only.state(actor),
        "offers": providers.offered(),
        "tested": _tested(provider_tests.latest(actor)),
    }


settings_parts.register(
    settings_parts.SettingsPart("sign-in", "settings/_provider_only.html", _sign_in)
)


class ProviderOnlyView(ConfirmView):
    """GET asks, POST switches: /settings/sign-in/{on|off}/."""

    def confirmation(self) -> Confirmation:
        access.require(self.actor, SettingPermission.CHANGE, Setting)
        if self.kwargs["change"] not in ("on", "off"):
            raise NotFound("page")
        crumbs = ((_("Settings"), trial.tab_url()),)
        if not self.is_on:
            return Confirmation(
                title=_("Open the portal to passwords again"),
                text=_("Everybody signs in as they can: by password, by passkey, or elsewhere."),
                button=_("Switch off"),
                back_url=trial.tab_url(),
                crumbs=crumbs,
            )
        return Confirmation(
            title=_("Have people sign in at the provider only"),
            text=_("Sessions that are open go on. API keys and programs are not touched."),
            button=_("Switch on"),
            back_url=trial.tab_url(),
            consequences=_consequences(provider_only.state(self.actor)),
            crumbs=crumbs,
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.require_recent_proof()
        try:
            return super().post(request, **kwargs)
        except Invalid as refusal:
            return self._ask(self.confirmation(), _refused(refusal), 422)

    def carry_out(self) -> None:
        if provider_only.state(self.actor).is_set == self.is_on:
            messages.info(self.request, _("Nothing changed."))
        elif self.is_on:
            service.change_setting(self.actor, PROVIDER_ONLY.name, value=True)
            messages.success(self.request, _("People sign in at the provider only."))
        else:
            service.reset_setting(self.actor, PROVIDER_ONLY.name)
            messages.success(self.request, _("Passwords and passkeys sign in again."))

    def done_url(self) -> str:
        return trial.tab_url()

    @property
    def is_on(self) -> bool:
        """Whether it is to be switched on."""
        return bool(self.kwargs["change"] == "on")


def _consequences(state: State) -> tuple[str, ...]:
    return (
        _("Who has connected an identity signs in with it. Password and passkey are refused."),
        ngettext(
            "%(count)s person has connected none: what they have opens only the page for that.",
            "%(count)s people have connected none: what they have opens only the page for that.",
            state.unconnected,
        )
        % {"count": state.unconnected},
        ngettext(
            "%(count)s administrator with a second factor still comes in without the provider.",
            "%(count)s administrators with a second factor still come in without the provider.",
            state.kept,
        )
        % {"count": state.kept},
        _("Programs that sign in with the name and password of a person are refused."),
    )


def _refused(refusal: Invalid) -> str:
    minutes = int(provider_tests.LASTS.total_seconds() // 60)
    return {
        "no_provider": _("No provider of sign-ins is configured."),
        "untested": _(
            "Test with your own account first: it has to pass, at most %(minutes)s minutes before."
        )
        % {"minutes": minutes},
        "nobody_left": _(
            "Nobody could come in while the provider is down. An administrator needs a password "
            "and a second factor first."
        ),
    }.get(refusal.reason, refusal.message)


def _needs(actor: Actor) -> Iterable[Need]:
    if not access.holds(actor, SettingPermission.CHANGE) or not provider_only.is_set():
        return []
    action = _("See how people sign in")
    if not settings.PORTAL_OIDC:
        text = _("People are to sign in at the provider only, and none is configured.")
        detail = _("Passwords and passkeys sign in.")
        return [Need("bad", text, trial.tab_url(), action, detail=detail)]
    if not provider_only.state(actor).kept:
        text = _("Nobody could come in while the provider is down.")
        detail = _("An administrator needs a password and a second factor.")
        return [Need("warn", text, trial.tab_url(), action, detail=detail)]
    return []


attention.register(attention.Source(2, _needs))
