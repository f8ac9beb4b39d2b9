"""The seal of an allowance: that the portal itself wrote it, for exactly this request.

Whoever can write to the database can write "allowed" into a row. Without the portal's key they
cannot write the seal beside it, so such a row opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final
from uuid import UUID

import orjson

from triggers_app.models import Pending
from vaultportal.crypto import keyring, message
from vaultportal.events.gates import Question
from vaultportal.identity.actor import Actor

SCOPE: Final = "portal"
PURPOSE: Final = "gate allowance 1"
_VERSION_BYTES = 4


def request_digest(gate_id: UUID, actor: Actor, question: Question) -> bytes:
    """32 bytes over the gate, the trigger, the version, the reason that was given for it, and what
    the request says beside them."""
    said = orjson.dumps(dict(question.request), option=orjson.OPT_SORT_KEYS)
    texts = (question.trigger.id, version_of(question), actor.reason)
    parts = (gate_id.bytes, *(text.encode() for text in texts), said)
    return hashlib.sha256(message.encode(parts)).digest()


def version_of(question: Question) -> str:
    """The version of the object as text, "" where it has none."""
    version = question.target.version
    return "" if version is None else str(version)


def seal(pending: Pending) -> bytes:
    """The seal of an allowance as it stands in ``pending``."""
    key = keyring.scope_key(SCOPE)
    return key.version.to_bytes(_VERSION_BYTES, "big") + key.mac(PURPOSE, _text(pending))


def is_sealed(pending: Pending) -> bool:
    """Whether ``pending`` bears the seal of what it says."""
    kept = bytes(pending.seal or b"")
    version = int.from_bytes(kept[:_VERSION_BYTES], "big")
    if len(kept) <= _VERSION_BYTES or version not in keyring.versions(SCOPE):
        return False
    key = keyring.scope_key(SCOPE, version)
    return hmac.compare_digest(kept[_VERSION_BYTES:], key.mac(PURPOSE, _text(pending)))


def _text(pending: Pending) -> bytes:
    parts = (
        str(pending.pk),
        str(pending.gate_id),
        pending.trigger,
        pending.operation,
        str(pending.actor_id),
        pending.object_kind,
        pending.object_id,
        pending.object_version,
        pending.expires_at.isoformat(),
    )
    return message.encode((*(part.encode() for part in parts), bytes(pending.request_digest)))
