"""Read more than one secret at once: many by name or id, or one with what it refers to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from secrets_app import references, refusals
from secrets_app.payload import Payload
from secrets_app.records import OpenSecret, Ref
from secrets_app.references import Reference
from secrets_app.services import secrets
from vaultportal import trail
from vaultportal.errors import Fault, Forbidden, Gone, Invalid, NotFound, VaultError
from vaultportal.identity.actor import Actor

MAX_BATCH = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one of many: a secret, or why not."""

    ref: Ref
    secret: OpenSecret | None = field(default=None, repr=False)
    refusal: VaultError | None = None


@trail.read_unit()
def read_many(actor: Actor, refs: Sequence[Ref]) -> list[Outcome]:
    """Uncover up to ``MAX_BATCH`` secrets; one that cannot be read does not hinder the others.

    Each is accounted for by itself. The outcomes are in the order of ``refs``.

    Raises:
        Invalid: none, or too many.
    """
    if not 1 <= len(refs) <= MAX_BATCH:
        raise refusals.invalid(Fault("secrets", "range", f"must have 1 to {MAX_BATCH} items"))
    return [_outcome(actor, ref) for ref in refs]


def _outcome(actor: Actor, ref: Ref) -> Outcome:
    try:
        return Outcome(ref, secrets.read_data(actor, ref))
    except VaultError as refusal:
        return Outcome(ref, refusal=refusal)


@trail.read_unit()
def read_resolved(actor: Actor, ref: Ref) -> OpenSecret:
    """Uncover a secret with its references replaced by the fields that they name.

    A reference is looked up among the secrets of the same owner, then among the shared ones, under
    the rights of the actor; each secret that is opened for it is accounted for. One level: what a
    field brings along is not resolved again.

    Raises:
        NotFound, Forbidden: as for reading.
        Invalid: a reference names what is not there, or what the actor may not read; or there are
            more than ``references.MAX_REFERENCES``.
    """
    opened = secrets.read_data(actor, ref)
    value = opened.payload.value if opened.payload else {}
    wanted = references.found_in(value)
    if not wanted:
        return opened
    if len(wanted) > references.MAX_REFERENCES:
        raise refusals.invalid(Fault("data", "range", "has too many references"))
    owner_id = opened.info.owner_id
    fetched: dict[str, Payload] = {}

    def fetch(reference: Reference) -> Any:
        if reference.name not in fetched:
            fetched[reference.name] = _referred(actor, Ref(owner_id=owner_id, name=reference.name))
        fields = fetched[reference.name].value
        if reference.field not in fields:
            raise _dangling()
        return fields[reference.field]

    resolved = Payload.of(references.replaced(value, fetch))
    return OpenSecret(opened.info, resolved, opened.number)


def _referred(actor: Actor, ref: Ref) -> Payload:
    for place in (ref, Ref.shared(ref.name)) if ref.owner_id else (ref,):
        try:
            opened = secrets.read_data(actor, place)
        except (NotFound, Forbidden, Gone) as refusal:
            if refusal.reason.startswith("gate."):
                raise  # another secret of that name is not what was asked for
            continue
        if opened.payload is not None:
            return opened.payload
    raise _dangling()


def _dangling() -> Invalid:
    return refusals.invalid(
        Fault("data", "unknown", "refers to a field that is not there, or not for you to read")
    )
