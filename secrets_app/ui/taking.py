"""Values of secrets for the forms of other apps (``vaultportal.ui.stored``)."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from secrets_app.records import Ref
from secrets_app.services import fieldwise
from secrets_app.services.fieldwise import Outline
from vaultportal.directory import tickets
from vaultportal.errors import Fault, Forbidden, Invalid, NotFound
from vaultportal.identity.actor import Actor


class Taking:
    """Takes a value with the rights of who asks; the trail calls it a copy."""

    def take(self, actor: Actor, name: str, field: str) -> str:
        """As ``vaultportal.ui.stored.take``."""
        found = _readable(actor, name)
        if found.info.needs_ticket:  # the form has no place for one, and its own note is none
            raise Forbidden(
                "secret", "Nobody is asked here for the ticket.", reason=tickets.REFUSAL
            )
        if field and field not in found.names:
            raise NotFound("field")
        if not field and len(found.names) != 1:
            raise Invalid("secret", faults=(Fault("field", "missing", "is required"),))
        position = found.names.index(field) if field else 0
        info = found.info
        ref = Ref(id=info.id)
        taken = fieldwise.reveal_field(actor, ref, position, version=info.version, purpose="copy")
        return taken.text


def _readable(actor: Actor, name: str) -> Outline:
    """One's own before a shared one; one that may not be read looks like none."""
    for ref in _refs(actor, name):
        try:
            found = fieldwise.outline(actor, ref)
        except NotFound:
            continue
        if found.info.may_read:
            return found
    raise NotFound("secret")


def _refs(actor: Actor, name: str) -> Iterator[Ref]:
    yield Ref.personal(actor.user_id, name)
    yield Ref.shared(name)
    try:
        yield Ref(id=UUID(name))
    except ValueError:  # a name that is no id
        return
