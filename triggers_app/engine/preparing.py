"""From claimed rows to requests that threads can send."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from triggers_app.engine.claims import Claim
from triggers_app.engine.outgoing import Outgoing, outgoing
from triggers_app.engine.signing import Signer, signer_of


def prepare(claims: Sequence[Claim], at: datetime) -> list[tuple[Claim, Outgoing]]:
    """The signed request of each claim; the keys of a subscription are opened once."""
    signers: dict[UUID, Signer] = {}
    prepared = []
    for claim in claims:
        subscription = claim.subscription
        signer = signers.get(subscription.pk)
        if signer is None:
            signer = signers[subscription.pk] = signer_of(subscription, at)
        prepared.append((claim, outgoing(claim.invocation, subscription, signer, at)))
    return prepared
