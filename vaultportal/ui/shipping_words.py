"""Log shipping in words: states, why a target was not reached, and what needs attention."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vaultportal.identity.actor import Actor
from vaultportal.shipping import selectors
from vaultportal.shipping.selectors import Standing
from vaultportal.shipping.services.targets import Tried
from vaultportal.ui import attention
from vaultportal.ui.attention import Need

_ANSWERED = "status."
_REASONS: dict[str, str | Promise] = {
    "outbound.url": gettext_lazy("This is no address that can be used here."),
    "outbound.scheme": gettext_lazy("The address must begin with https://."),
    "outbound.http": gettext_lazy("The address must begin with https://."),
    "outbound.credentials": gettext_lazy("The address must not hold a user name or password."),
    "outbound.port": gettext_lazy("The port of the address belongs to another protocol."),
    "outbound.address": gettext_lazy(
        "The address is not of the public network. Its network can be allowed in the settings, "
        "under General."
    ),
    "outbound.plain": gettext_lazy(
        "Nothing is sent without TLS, unless deliveries over plain http are allowed in the "
        "settings, under General."
    ),
    "outbound.header": gettext_lazy("The credential cannot be sent as it is."),
    "outbound.name": gettext_lazy("The host name of the receiver is not known."),
    "outbound.connect": gettext_lazy("No connection to the receiver could be made."),
    "outbound.tls": gettext_lazy("No trusted TLS connection to the receiver could be made."),
    "outbound.certificate": gettext_lazy(
        "The certificate of the receiver is not trusted, or is for another name."
    ),
    "outbound.lost": gettext_lazy("The connection ended before the receiver had read everything."),
    "outbound.time": gettext_lazy("The receiver did not finish in time."),
    "outbound.answer": gettext_lazy("What came back is no HTTP answer."),
}


def reason(code: str) -> str:
    """Why nothing arrived, as a sentence; "" for no code."""
    if not code:
        return ""
    if code.startswith(_ANSWERED):
        return _("The receiver answered with the status %(status)s.") % {
            "status": code.removeprefix(_ANSWERED)
        }
    return str(_REASONS.get(code) or _("It failed in the portal itself; its log says more."))


def state(standing: Standing) -> tuple[str, str]:
    """The colour and the words of a target's state."""
    match standing.state:
        case "off":
            return "idle", _("Switched off")
        case "failing":
            return "bad", _("Failing")
        case "behind":
            count = standing.behind
            said = ngettext("%(n)d entry behind", "%(n)d entries behind", count)
            return "run", said % {"n": count}
    return "ok", _("Up to date")


def tried(result: Tried) -> str:
    """How a test line went."""
    if result.code:
        return reason(result.code)
    if result.status is None:
        return _("The receiver read the test line to its end.")
    return _("The receiver took the test line and answered with the status %(status)s.") % {
        "status": result.status
    }


def _failing(actor: Actor) -> Iterable[Need]:
    return [
        Need(
            "bad",
            _("The audit trail does not reach %(name)s.") % {"name": target.name},
            reverse("ui:log_target", args=(target.pk,)),
            gettext_lazy("See why"),
            target.failing_since,
            reason(target.error),
        )
        for target in selectors.failing(actor)
    ]


attention.register(attention.Source(1, _failing))
