"""One field at a time, as people work with a secret: names, one value, a change of some.

The wire reads and replaces a secret whole. Pages list the fields first, uncover the one that was
asked for, and change some without the others leaving the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from secrets_app import codec, queries, refusals
from secrets_app.models import SecretChange
from secrets_app.models.secret import scope_of
from secrets_app.payload import OUTLINE_LENGTH, OUTLINE_NAMES, Payload, encode
from secrets_app.records import ANY, Condition, Ref, SecretInfo, Written
from secrets_app.services import approval, secrets
from vaultportal import trail
from vaultportal.crypto import keyring
from vaultportal.errors import NotFound, Stale
from vaultportal.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class Outline:
    """A secret and the names of its fields; no names for who may not read it."""

    info: SecretInfo
    names: Sequence[str] = field(repr=False)

    @property
    def is_whole(self) -> bool:
        """Whether it surely tells every field: it stops at so many, and cuts long names."""
        return len(self.names) < OUTLINE_NAMES and all(
            len(name) < OUTLINE_LENGTH for name in self.names
        )


@dataclass(frozen=True, slots=True)
class OpenField:
    """One field, uncovered. text: a string as it is, any other value as JSON."""

    info: SecretInfo
    name: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored field that stays as it is, perhaps under another name."""

    position: int
    name: str


def outline(actor: Actor, ref: Ref, number: int | None = None) -> Outline:
    """What a page shows of a secret before anything is uncovered.

    number: of an older version; None for the current one.

    Raises:
        NotFound: there is none, or none that the actor may know of.
    """
    found = secrets.find(actor, ref, rights=queries.ALL_RIGHTS, sealed=True, version=number)
    if not found.info.may_read or found.outline is None or found.number is None:
        return Outline(found.info, ())
    info = found.info
    scope = scope_of(info.owner_id)
    key = keyring.open_object_key(scope, info.id, found.data_key_version, found.wrapped)
    names = codec.unseal_outline(key, scope, info.id, found.number, found.outline)
    return Outline(info, names)


@trail.read_unit()
def reveal_fields(
    actor: Actor,
    ref: Ref,
    positions: Sequence[int],
    *,
    version: int,
    purpose: str,
    is_current: bool = True,
) -> list[OpenField]:
    """Uncover some fields; each is accounted for by itself, with the actor's reason and note.

    positions: of the fields in the outline, from 0. version: that the outline was taken of.
    purpose: ``reveal`` or ``copy``, for the trail.
    is_current: False for an older version, which is uncovered under the rights of today.

    Raises:
        NotFound: no such secret for the actor, or no such version or field.
        Forbidden: the actor may not read it, it has expired, somebody has it checked out, or each
            look needs a ticket and the actor brings none.
        Stale: there is another version by now, and the current one was asked for.
        Gone: that version was destroyed. Pending: somebody has to allow it first.
    """
    wanted = None if is_current else version

    def look() -> queries.Found:
        return secrets.find(actor, ref, rights=(queries.READ,), sealed=True, version=wanted)

    found = look()
    if not found.info.may_read:
        raise refusals.forbidden("read this secret")
    if is_current and found.info.version != version:
        raise Stale("secret")
    refusals.unless_readable(actor, found.info)
    if found.sealed is not None:
        found = approval.approved(actor, found, look)
    opened = []
    for position in positions:
        said = actor.with_(custom_audit=f"{purpose} field {position + 1}")
        value = secrets.uncover(said, found).value
        names = list(value)
        if not 0 <= position < len(names):
            raise NotFound("field")
        opened.append(OpenField(found.info, names[position], text_of(value[names[position]])))
    return opened


def reveal_field(actor: Actor, ref: Ref, position: int, *, version: int, purpose: str) -> OpenField:
    """One field of the current version; see ``reveal_fields``."""
    return reveal_fields(actor, ref, [position], version=version, purpose=purpose)[0]


@trail.unit()
def change_fields(
    actor: Actor,
    ref: Ref,
    *,
    kept: Sequence[Kept],
    written: Mapping[str, Any],
    order: Sequence[str] = (),
    condition: Condition = ANY,
) -> Written:
    """Replace the data by the kept fields and the written ones. Kept values show nowhere.

    order: names of fields as they are to stand; those not in it come behind, kept ones first.

    Raises:
        NotFound, Invalid, Stale: as for ``secrets.replace_secret``.
        Forbidden: the actor may not write, or keeps fields of a secret that they may not read.
    """
    rights = (queries.READ, queries.WRITE, queries.OWN)
    found = secrets.find(actor, ref, rights=rights, sealed=True, lock=True)
    info = found.info
    if not info.may_write or (kept and not info.may_read):
        raise refusals.forbidden("replace this secret")
    condition.require(info.etag)
    members = dict(_stored(found, kept)) if kept else {}
    members |= {name: encode(value) for name, value in written.items()}
    ordered = [*(name for name in order if name in members), *members]
    text = b",".join(encode(name) + b":" + members[name] for name in dict.fromkeys(ordered))
    version = secrets.next_version(found, Payload(b"{" + text + b"}"))
    return secrets.advance(actor, info, ["data"], SecretChange.Kind.UPDATED, version=version)


def text_of(value: object) -> str:
    """A value as people see it."""
    if isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def _stored(found: queries.Found, kept: Sequence[Kept]) -> list[tuple[str, bytes]]:
    """Name and JSON text of the fields that stay, byte for byte."""
    info = found.info
    if found.sealed is None:
        raise refusals.destroyed()
    scope = scope_of(info.owner_id)
    key = keyring.open_object_key(scope, info.id, found.data_key_version, found.wrapped)
    payload = codec.unseal(key, scope, info.id, info.version, found.sealed)
    names = list(payload.value)
    if any(not 0 <= each.position < len(names) for each in kept):
        raise NotFound("field")
    return [
        (each.name, Payload.member(payload.text, names[each.position], {}).text) for each in kept
    ]
