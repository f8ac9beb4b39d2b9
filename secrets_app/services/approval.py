"""Gates before the reading of a secret."""

from __future__ import annotations

from collections.abc import Callable

from secrets_app import events, queries
from vaultportal.errors import Stale
from vaultportal.events import gates
from vaultportal.events.gates import Question
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

OPERATION = "secret.read"


def approved(
    actor: Actor, found: queries.Found, again: Callable[[], queries.Found]
) -> queries.Found:
    """What may be uncovered: ``found``, or what ``again`` finds once somebody has allowed it.

    The right to read it was found before. No transaction may be open: an answer may take seconds.

    Raises:
        Pending, Forbidden, Unavailable: as ``vaultportal.events.gates.ask``.
        Stale: there is another version by now, which nobody was asked about.
    """
    if events.SECRET_READ_APPROVAL.id not in actor.gated:
        return found
    info = found.info
    subject = events.subject(info) | {"version": found.number}
    question = Question(
        events.SECRET_READ_APPROVAL,
        OPERATION,
        Target("secret", str(info.id), info.name, found.number),
        payload={
            "vault": subject["vault"],
            "version": subject["version"],
            "reason": actor.reason,
        },
    )
    if not gates.ask(actor, question):
        return found
    now = again()
    if now.number != found.number or not now.info.may_read:
        raise Stale("secret")
    return now
