"""Values out of stored secrets, for forms of apps that know nothing of how secrets are kept.

A field that could be typed may be taken over instead: with the rights of whoever saves the form,
and accounted for as any other look at it.
"""

from __future__ import annotations

from typing import Protocol

from vaultportal.errors import Unavailable
from vaultportal.identity.actor import Actor


class Store(Protocol):
    """Who keeps the secrets."""

    def take(self, actor: Actor, name: str, field: str) -> str:
        """See ``take``."""
        ...


_store: Store | None = None


def install(store: Store) -> None:
    """Let ``store`` answer from now on; called when its app is ready."""
    global _store
    _store = store


def take(actor: Actor, name: str, field: str = "") -> str:
    """One value of a secret, which is in plain text from here on.

    name: of the actor's own secret, else of a shared one; or an id.
    field: "" for the only one.

    Raises:
        NotFound: no such secret that the actor may read, or (noun ``field``) no such field.
        Invalid: it has several fields, and none was named.
        Forbidden, Stale, Gone: it cannot be read now. Pending: somebody has to allow it first.
        Unavailable: nobody keeps secrets here.
    """
    if _store is None:
        raise Unavailable("secret")
    return _store.take(actor, name, field)
