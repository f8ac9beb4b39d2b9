"""The two roles that every portal has. A trigger keeps the first one's permissions complete."""

from __future__ import annotations

from typing import Any

from django.db import connections

from vaultportal.identity.grant_tables import numbers
from vaultportal.identity.models import Role
from vaultportal.identity.models.role import ADMIN, EVERYONE

ROLES = {
    ADMIN: "Administrators: every right to manage, none to read what is kept.",
    EVERYONE: "Everybody who has signed in, and every API client.",
}


def ensure_roles(using: str = "default", **signal: Any) -> None:
    """Make the built-in roles where they are missing; the receiver of ``post_migrate``."""
    numbers.forget()
    if Role._meta.db_table not in connections[using].introspection.table_names():
        return  # migrated backwards
    for name, comment in ROLES.items():
        Role.objects.using(using).get_or_create(
            name=name, defaults={"comment": comment, "system": True}
        )
