"""Which secret is meant: ``db/prod`` of one's own, ``shared:db/prod``, ``USER-ID:db/prod``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import typer

ME, SHARED = "me", "shared"


@dataclass(frozen=True, slots=True)
class Address:
    """owner: ``me``, ``shared`` or a user's id."""

    owner: str
    name: str

    def __str__(self) -> str:
        hides = self.name.partition(":")[0]
        bare = self.owner == ME and not (":" in self.name and _is_owner(hides))
        return self.name if bare else f"{self.owner}:{self.name}"

    @property
    def owner_id(self) -> str | None:
        """As the bodies of requests have it."""
        return None if self.owner == SHARED else self.owner


def parse(text: str) -> Address:
    """The address in ``text``; only a known owner before the first colon is one.

    Raises:
        typer.BadParameter: there is no name.
    """
    owner, colon, name = text.partition(":")
    found = Address(owner.lower(), name) if colon and _is_owner(owner) else Address(ME, text)
    if not found.name:
        raise typer.BadParameter("name the secret: NAME, shared:NAME or USER-ID:NAME")
    return found


def of_document(document: dict[str, Any]) -> Address:
    """The address of a secret as the portal lists it."""
    owner = document["owner_id"]
    if owner is None:
        return Address(SHARED, document["name"])
    return Address(ME if document["may"]["own"] else owner, document["name"])


def _is_owner(word: str) -> bool:
    if word.lower() in (ME, SHARED):
        return True
    try:
        UUID(word)
    except ValueError:
        return False
    return len(word) == 36


Secret = Annotated[
    Address,
    typer.Argument(
        parser=parse,
        metavar="SECRET",
        help="NAME of one of your own, shared:NAME, or USER-ID:NAME.",
        show_default=False,
    ),
]
