"""From a row of the console to its page in the portal."""

from __future__ import annotations

from django.db.models import Model
from django.urls import NoReverseMatch, reverse

from vaultportal.audit.models import AuditEntry, Verification
from vaultportal.identity.models import ApiClient, Role, User


def portal_page(row: Model) -> str:
    """The address of the row's own page; "" where it has none.

    A model says its address itself by ``get_absolute_url``; these, which lie below the pages,
    cannot.
    """
    if isinstance(row, User):
        view = "ui:person" if row.kind == User.Kind.PERSON else "ui:client"
        return reverse(view, args=(row.pk,))
    if isinstance(row, ApiClient):
        return reverse("ui:client", args=(row.pk,))
    if isinstance(row, Role):
        return "" if row.deleted_at else reverse("ui:role", args=(row.uuid,))
    if isinstance(row, AuditEntry):
        return reverse("ui:audit_entry", args=(row.shard, row.seq))
    if isinstance(row, Verification):
        return reverse("ui:audit_verify")
    return _by_name(row)


# The pages of the apps above, by the name of their address: the console may not import them.
_PAGES = {
    "secrets_app.secret": "secrets:secret",
    "triggers_app.subscription": "triggers:subscription",
    "triggers_app.invocation": "triggers:invocation",
    "triggers_app.approval": "triggers:approval",
    "triggers_app.gate": "triggers:gate",
}


def _by_name(row: Model) -> str:
    view = _PAGES.get(row._meta.label_lower)
    if view is None:
        return ""
    try:
        return reverse(view, args=(row.pk,))
    except NoReverseMatch:
        return ""
