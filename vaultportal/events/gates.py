"""Gates: an operation that asks somebody first, and goes on only when they allow it.

The service that is about to do something says what it is about to do::

    allowances = gates.ask(actor, Question(events.SECRET_READ_APPROVAL, "secret.read", target))

and it returns when nobody gates that, or when it is allowed. It is asked after the right to do it
was found and outside of any transaction, because an answer may take seconds. Whatever the service
has read before may have changed meanwhile: it reads again when ``allowances`` are not empty.

Who is asked and how is the business of the gatekeeper, which an app above installs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from vaultportal.audit.entry import Target
from vaultportal.errors import Unavailable
from vaultportal.events.catalog import EventType
from vaultportal.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants to do.

    trigger: of the catalogue, of kind REQUEST_RESPONSE.
    operation: noun and verb, as gates name them: "secret.read".
    target: what it is done to, with its version where it has one: a decision is bound to both.
    places: (kind, id) of what else a gate may name to mean this one: the collection around an
        object, each object of a bulk.
    payload: further keys of the trigger's payload, never a value of the vault.
    request: whatever else the operation would do differently by, as plain JSON; a decision is bound
        to it, and it is shown to nobody.
    """

    trigger: EventType
    operation: str
    target: Target
    places: tuple[tuple[str, str], ...] = ()
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)
    request: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Gatekeeper(Protocol):
    """Who knows the gates."""

    def pass_or_refuse(self, actor: Actor, question: Question) -> tuple[str, ...]:
        """The ids of the allowances that were used up; see ``ask`` for what it raises."""
        ...

    def may_stand(
        self, actor: Actor, trigger: EventType, operation: str, place: tuple[str, str]
    ) -> bool:
        """See ``may_stand``."""
        ...


_gatekeeper: Gatekeeper | None = None


def install(gatekeeper: Gatekeeper) -> None:
    """Let ``gatekeeper`` decide from now on; called from ``AppConfig.ready``."""
    global _gatekeeper
    _gatekeeper = gatekeeper


def ask(actor: Actor, question: Question) -> tuple[str, ...]:
    """Return when no gate stands before it (empty), or all that do allow it (their allowances).

    Where no gate is bound to the trigger at all, this costs nothing: the actor knows.

    Raises:
        Pending: somebody has been asked; ``context["approval"]`` says where to look for the answer.
            The same call goes through once it is given.
        Forbidden: it was denied, or there was no proper answer (``reason`` begins with "gate.").
        Unavailable: there are gates, and nobody to ask them.
    """
    if question.trigger.id not in actor.gated:
        return ()
    if _gatekeeper is None:
        raise Unavailable("gate", reason="gate.unavailable")
    return _gatekeeper.pass_or_refuse(actor, question)


def may_stand(actor: Actor, trigger: EventType, operation: str, place: tuple[str, str]) -> bool:
    """Whether somebody may have to be asked before ``operation`` on anything within ``place``.

    For those who cannot wait for an answer. A gate that names other places alone is none; what a
    gate's filter lets pass is not looked at, and whatever else it names may lie within.

    place: (kind, id) of what is around the objects: their collection.
    """
    if trigger.id not in actor.gated:
        return False
    return _gatekeeper is None or _gatekeeper.may_stand(actor, trigger, operation, place)
