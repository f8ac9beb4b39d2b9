"""The versions of a secret as points in time: who, why, and which fields by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from secrets_app import selectors
from secrets_app.models import SecretVersion
from secrets_app.records import Ref, SecretInfo
from secrets_app.services import versions
from secrets_app.services.versions import Changes
from vaultportal.identity.actor import Actor
from vaultportal.ui import reasons
from vaultportal.ui.names import names_of

SHOWN = 20


@dataclass(frozen=True, slots=True)
class VersionPoint:
    """One version. author: a name, "" for an account that is gone; changes: None if not known."""

    version: SecretVersion
    author: str
    changes: Changes | None
    is_current: bool

    @property
    def why(self) -> str:
        return reasons.title(self.version.reason)

    @property
    def changed(self) -> Sequence[tuple[str, Sequence[str]]]:
        """What changed in words, with the names of the fields."""
        if self.changes is None:
            return ()
        said = (
            (_("Changed"), self.changes.changed),
            (_("Added"), self.changes.added),
            (_("Removed"), self.changes.removed),
        )
        return [(words, names) for words, names in said if names]


def points_of(actor: Actor, info: SecretInfo) -> list[VersionPoint]:
    """The newest versions, and what each changed for who may read the secret."""
    ref = Ref(id=info.id)
    _info, rows = selectors.list_versions(actor, ref)
    rows = rows[:SHOWN]
    people = names_of(actor, (row.author_id for row in rows))
    changes = versions.changed_names(actor, ref, [row.number for row in rows])
    return [
        VersionPoint(
            row,
            people.get(row.author_id, ""),
            changes.get(row.number),
            is_current=row.number == info.version,
        )
        for row in rows
    ]
