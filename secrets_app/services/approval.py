"""Gates before the reading of a secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from secrets_app import events, queries
from vaultportal.errors import Stale
from vaultportal.events import gates
from vaultportal.events.gates import Question
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

OPERATION = "secret.read"


def approved(
    actor: Actor,
    found: queries.Found,
    again: Callable[[], queries.Found],
    *,
    use: str = "",
    **terms: str | int | bool,
) -> queries.Found:
    """What may be uncovered: ``found``, or what ``again`` finds once somebody has allowed it.

    The right to read it was found before. No transaction may be open: an answer may take seconds.

    use: what it is read for, when that is more than one look ("one-time link"), in words for
        whoever decides; terms: how much more. An allowance for one use is none for another.

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
            "reason": ". ".join(filter(None, (actor.reason, _in_words(use, terms)))),
        },
        request={"use": use, **terms} if use else {},
    )
    if not gates.ask(actor, question):
        return found
    now = again()
    if now.number != found.number or not now.info.may_read:
        raise Stale("secret")
    return now


def _in_words(use: str, terms: Mapping[str, str | int | bool]) -> str:
    if not use:
        return ""
    told = ", ".join(f"{name} {value}" for name, value in terms.items())
    return f"For a {use}: {told}" if told else f"For a {use}"
