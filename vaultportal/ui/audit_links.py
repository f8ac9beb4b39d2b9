"""The way from anything to its entries in the audit explorer."""

from __future__ import annotations

from urllib.parse import urlencode

from vaultportal.audit.permissions import AuditPermission
from vaultportal.identity import access
from vaultportal.identity.actor import Actor

EXPLORER = "/audit/"


def audit_url(actor: Actor, /, **query: str) -> str:
    """The explorer filtered by ``query``; "" for who may not look into the audit."""
    if not access.holds(actor, AuditPermission.VIEW):
        return ""
    wanted = {name: value for name, value in query.items() if value}
    return f"{EXPLORER}?{urlencode(wanted)}" if wanted else EXPLORER
