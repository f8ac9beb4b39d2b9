"""From a row of the console to its page in the portal."""

from __future__ import annotations

from django.db.models import Model
from django.urls import reverse

from vaultportal.audit.models import AuditEntry, LogTarget, Verification
from vaultportal.identity.models import ApiClient, Membership, Role, User

_OWN = (User, ApiClient, Role, Membership, AuditEntry, Verification, LogTarget)
# The pages of the apps above, which the console may not import: the name of the address, and what
# of the row stands in it.
_PAGES = {
    "secrets_app.secret": ("secrets:secret", "pk"),
    "secrets_app.secretversion": ("secrets:secret", "secret_id"),
    "secrets_app.checkout": ("secrets:secret", "secret_id"),
    "secrets_app.secretusergrant": ("secrets:secret", "content_object_id"),
    "secrets_app.secretrolegrant": ("secrets:secret", "content_object_id"),
    "collections_app.collection": ("collections:objects", "name"),
    "collections_app.bundle": ("code:bundle", "name"),
    "collections_app.customtype": ("code:type", "name"),
    "collections_app.action": ("code:action", "name"),
    "s3vault_app.vault": ("storage:vault", "number"),
    "s3vault_app.storageplan": ("storage:plan", "number"),
    "s3vault_app.storagepool": ("storage:pool", "number"),
    "s3vault_app.machine": ("storage:endpoint", "number"),
    "s3vault_app.job": ("storage:job", "pk"),
    "triggers_app.subscription": ("triggers:subscription", "pk"),
    "triggers_app.subscriptionhealth": ("triggers:subscription", "subscription_id"),
    "triggers_app.subscriptionusergrant": ("triggers:subscription", "content_object_id"),
    "triggers_app.subscriptionrolegrant": ("triggers:subscription", "content_object_id"),
    "triggers_app.invocation": ("triggers:invocation", "pk"),
    "triggers_app.attempt": ("triggers:invocation", "invocation_id"),
    "triggers_app.pending": ("triggers:approval", "pk"),
    "triggers_app.gate": ("triggers:gate", "pk"),
    "triggers_app.replayjob": ("triggers:replay", "pk"),
}


def has_pages(model: type[Model]) -> bool:
    """Whether rows of the model have pages in the portal."""
    return issubclass(model, _OWN) or model._meta.label_lower in _PAGES


def portal_page(row: Model) -> str:
    """The address of the row's own page; "" where it has none."""
    if isinstance(row, Membership):
        row = row.user
    if isinstance(row, User):
        view = "ui:person" if row.kind == User.Kind.PERSON else "ui:client"
        return reverse(view, args=(row.pk,))
    if isinstance(row, ApiClient):
        return reverse("ui:client", args=(row.pk,))
    if isinstance(row, Role):
        return "" if row.deleted_at else reverse("ui:role", args=(row.uuid,))
    if isinstance(row, AuditEntry):
        return reverse("ui:audit_entry", args=(row.shard, row.seq))
    if isinstance(row, LogTarget):
        return reverse("ui:log_target", args=(row.pk,))
    if isinstance(row, Verification):
        return reverse("ui:audit_verify")
    return _of_app(row)


def _of_app(row: Model) -> str:
    found = _PAGES.get(row._meta.label_lower)
    # A retired plan or machine has left the portal's pages.
    if found is None or getattr(row, "deleted_at", None):
        return ""
    view, name = found
    return reverse(view, args=(getattr(row, name),))
