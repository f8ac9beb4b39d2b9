"""The credential of a subscription out of a stored secret, taken over when the form is saved."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from triggers_app.models import Subscription
from triggers_app.services import subscriptions
from triggers_app.ui.forms.subscription import SubscriptionForm
from vaultportal.directory import tickets
from vaultportal.errors import Forbidden, Gone, Invalid, NotFound, Pending, Stale, Unavailable
from vaultportal.ui import errors, stored
from vaultportal.ui.views.base import PortalView

NONE = Subscription.Authentication.NONE
REASON = "Deployment"  # in the trail: one of ``vaultportal.ui.reasons.SECRETS``
STAND_IN = "x"  # for the credential, while the rest is looked at


def take_over(view: PortalView, form: SubscriptionForm) -> bool:
    """Fill in the credential of a valid form that names a secret; False with a reason on the form.

    It is a copy: a later change of the secret is not followed. As with every look at a secret, the
    person has to have shown of late who they are. What cannot be saved anyway uncovers nothing.
    """
    given = form.cleaned_data
    if not given["secret"] or given["authentication"] == NONE:
        return True
    view.require_recent_proof()
    try:
        draft = replace(form.draft(), credential=STAND_IN)
        subscriptions.check(view.actor, draft, form.stored)
    except Invalid as refusal:
        form.refuse(refusal)
        return False
    note = f"sign-in of the subscription {given['name']}"
    reader = view.actor.with_(reason=REASON, note=note)
    try:
        given["credential"] = stored.take(reader, given["secret"], given["secret_field"])
    except Pending:
        form.add_error("secret", _("Somebody has to allow this first. Save again once it is so."))
    except Invalid:
        form.add_error("secret_field", _("The secret has several fields: name one."))
    except NotFound as missing:
        if missing.noun == "field":
            form.add_error("secret_field", _("The secret has no such field."))
        else:
            form.add_error("secret", _("There is no such secret that you may read."))
    except Forbidden as refusal:
        errors.note_refusal(view.request, refusal)
        said = _("This secret cannot be read now.")
        if refusal.reason == tickets.REFUSAL:
            said = _("Each look at this secret needs a ticket, which this form does not take.")
        form.add_error("secret", said)
    except (Gone, Stale, Unavailable):
        form.add_error("secret", _("This secret cannot be read now."))
    return not form.errors
