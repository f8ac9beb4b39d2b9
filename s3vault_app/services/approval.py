"""The gate before endpoints are put on machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from s3vault_app.events import ENDPOINT_INSTALL_APPROVAL
from vaultportal.events import gates
from vaultportal.events.gates import Question
from vaultportal.identity.actor import Actor
from vaultportal.trail import Target

OPERATION = "endpoint.install"


def is_asked(actor: Actor) -> bool:
    """Whether some gate stands before installs at all."""
    return ENDPOINT_INSTALL_APPROVAL.id in actor.gated


def before_install(actor: Actor, target: Target, machines: Sequence[int], **request: Any) -> None:
    """Return when nobody has to be asked before these machines are touched, or they allow it.

    The right was found before, and no transaction may be open: an answer may take seconds.
    machines: their numbers. request: all else that the job is asked to do.

    Raises:
        Pending, Forbidden, Unavailable: as ``vaultportal.events.gates.ask``.
    """
    gates.ask(
        actor,
        Question(
            ENDPOINT_INSTALL_APPROVAL,
            OPERATION,
            target,
            places=tuple(("machine", str(number)) for number in machines),
            payload={"machines": [*machines], "reason": actor.reason},
            request={"machines": sorted(machines), **request},
        ),
    )
