"""What is done to several deliveries of the log at once."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from triggers_app.engine import replaying
from triggers_app.models import Invocation
from triggers_app.services import delivering
from triggers_app.ui.views.invocation import short
from vaultportal.errors import Conflict, VaultError
from vaultportal.events import catalog
from vaultportal.ui import bulk
from vaultportal.ui.bulk import Action
from vaultportal.ui.views.many import ManyView

RETRY, REPLAY = "retry", "replay"


class ManyInvocationsView(ManyView[Invocation]):
    """Deliveries are hurried, or made once more."""

    actions = (
        Action(RETRY, gettext_lazy("Retry now")),
        Action(REPLAY, gettext_lazy("Replay")),
    )

    def act(self, action: str, row: Invocation) -> None:
        carry_out = delivering.retry_now if action == RETRY else replaying.replay_one
        carry_out(self.actor, row.pk)

    def id_of(self, row: Invocation) -> str:
        return str(row.pk)

    def name_of(self, row: Invocation) -> str:
        event_type = catalog.get(row.trigger)
        trigger = _(event_type.name) if event_type else row.trigger
        return f"{trigger} · {row.subscription_name} · {short(row)}"

    def why(self, refusal: VaultError) -> str:
        if not isinstance(refusal, Conflict):
            return bulk.why(refusal)
        if refusal.reason == "retry.refused":
            return _("There is no attempt to hurry: it is being sent, or is over.")
        return _("This cannot be delivered once more: its subscription is off or gone.")
