"""What a token may be narrowed to.

A scope is a right ("secrets_app.view_secret") or all rights of an app ("secrets_app.*"). Two names
stand for everything that the principal may do, because the wire has them.
"""

from __future__ import annotations

from collections.abc import Collection

from django.apps import apps

from vaultportal.identity import scopes
from vaultportal.identity.permissions import named

PRIVX_ALL = "privx-user"
SAILPOINT_ALL = "sp:scopes:all"


def register() -> None:
    """Teach authentication the two names."""
    for name in (PRIVX_ALL, SAILPOINT_ALL):
        scopes.register(name, scopes.EVERYTHING)


def are_known(wanted: Collection[str]) -> bool:
    """Whether each of ``wanted`` means something here."""
    names = set(scopes.registered())
    return all(scope in names or _is_right(scope) for scope in wanted)


def _is_right(scope: str) -> bool:
    label, _, rest = scope.partition(".")
    return named(scope) is not None or (rest == "*" and label in apps.app_configs)
