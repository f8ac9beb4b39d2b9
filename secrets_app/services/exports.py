"""Export: the secrets that somebody may read, in a KeePass database under a passphrase."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from uuid import UUID

from secrets_app import queries, refusals, selectors
from secrets_app.payload import Payload
from secrets_app.records import Ref
from secrets_app.services import approval, secrets
from secrets_app.transfer import keepass
from vaultportal import trail
from vaultportal.directory import tickets
from vaultportal.errors import Fault, Forbidden, Pending
from vaultportal.identity.actor import Actor

MAX_SECRETS = 5000
LEAST_PASSPHRASE = 12
PAGE = 500
CLOSED = ("secret.expired", "secret.checked_out", tickets.REFUSAL)


@trail.read_unit()
def export_secrets(
    actor: Actor, passphrase: str, *, keywords: str = "", filter: str = "readable"
) -> bytes:
    """The archive. Each secret in it is accounted for as read; what may not be read is not in it.

    The actor's note is the ticket for those that need one; without it they are not in it.
    keywords, filter: as for a search; ``readable`` for all that the actor can read, ``personal``
        for their own.

    Raises:
        Invalid: the passphrase is too short, or there are more than ``MAX_SECRETS``.
    """
    if len(passphrase) < LEAST_PASSPHRASE:
        raise refusals.invalid(
            Fault("passphrase", "range", f"must have at least {LEAST_PASSPHRASE} characters")
        )
    found = list(_open(actor, keywords, filter))
    archive = keepass.write(found, passphrase)
    trail.record(actor, "secret.export", secrets=len(found), filter=filter)
    return archive


def _open(actor: Actor, keywords: str, filter: str) -> Iterator[tuple[str, str, Payload]]:
    match = selectors.match_of(keywords, None, filter)
    if queries.count(actor, match) > MAX_SECRETS:
        raise refusals.invalid(
            Fault("keywords", "range", f"must leave at most {MAX_SECRETS} secrets")
        )
    after: tuple[str, UUID] | None = None
    while page := queries.page(actor, match, limit=PAGE, after=after, rights=(queries.READ,)):
        for info in page:
            if not info.may_read:
                continue
            look = partial(
                secrets.find, actor, Ref(id=info.id), rights=(queries.READ,), sealed=True
            )
            try:
                found = look()
                refusals.unless_readable(actor, found.info)
                found = approval.approved(actor, found, look, use="export")
                payload = secrets.uncover(actor, found)
            except (Pending, Forbidden) as refusal:
                if not refusal.reason.startswith("gate.") and refusal.reason not in CLOSED:
                    raise
                continue  # what may not be read now is not in it
            space = "shared" if info.owner_id is None else "personal"
            yield f"{space}/{info.name}", info.type, payload
        after = (page[-1].name, page[-1].id)
