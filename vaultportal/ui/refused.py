"""What a refused person may learn at once: which roles would do, and where it is explained."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from vaultportal.directory import explaining
from vaultportal.errors import Unauthenticated, VaultError
from vaultportal.identity import authentication
from vaultportal.identity.permissions import PermissionEnum, named

MOST_ROLES = 5


def why_url(
    permission: PermissionEnum | str,
    thing: object = "",
    *,
    operation: str = "",
    names: Iterable[str] = (),
    reason: str = "",
) -> str:
    """The page that explains why one may not.

    permission: a right, or its full name. thing: id or name of what it is about.
    operation, names, reason: of one resource that policies were asked about.
    """
    right = permission if isinstance(permission, str) else permission.full_name
    asked = {
        "permission": right,
        "object": str(thing),
        "operation": operation,
        "names": "\n".join(names),
        "reason": reason,
    }
    given = {name: value for name, value in asked.items() if value}
    return f"{reverse('ui:explain')}?{urlencode(given)}"


def context_of(request: HttpRequest, error: VaultError) -> dict[str, Any]:
    """For the page of a 403: ``why_url``, and ``roles`` that would do where the right is known."""
    try:
        actor = authentication.session_actor(request)
    except Unauthenticated:  # a page before sign-in
        return {}
    permission = named(error.context.get("permission") or "")
    if permission is None:
        return {"why_url": reverse("ui:explain")}
    thing = error.context.get("thing") or ""
    roles = explaining.roles_that_give(actor, permission, thing)
    return {"why_url": why_url(permission, thing), "roles": roles[:MOST_ROLES]}
