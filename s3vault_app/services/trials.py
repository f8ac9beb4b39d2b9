"""Endpoints asked now, from where the portal runs; nothing is noted and nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass

from s3vault_app import selectors
from vaultportal.errors import Unavailable
from vaultportal.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class Tried:
    """One endpoint. milliseconds: until it answered, None when it did not. failure: why not."""

    name: str
    url: str
    milliseconds: int | None
    failure: str


def try_endpoints(actor: Actor, number: int) -> list[Tried]:
    """A signed request for the vault's bucket at each of its endpoints.

    Raises:
        NotFound: no vault that the actor may see. Unavailable: its store has no keys yet.
    """
    vault = selectors.vaults.get_vault(actor, number)
    from s3vault_app.drivers.base import EngineError  # noqa: PLC0415 see below
    from s3vault_app.engine import probes  # noqa: PLC0415 boto3, asyncssh: for this alone

    try:
        asked = probes.ask_now(vault, selectors.vaults.endpoints_of(vault))
    except EngineError as fault:
        raise Unavailable("vault", str(fault)) from fault
    return [
        Tried(door.name, door.url, report.milliseconds if report.ok else None, report.failure)
        for door, report in asked
    ]
