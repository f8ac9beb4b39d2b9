"""Who may come near subscriptions at all, and one of them."""

from __future__ import annotations

from uuid import UUID

from triggers_app.models import Invocation, Subscription
from triggers_app.permissions import SubscriptionPermission
from vaultportal.errors import Forbidden, NotFound
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.permissions import PermissionEnum


def enter(actor: Actor, permission: PermissionEnum) -> None:
    """Forbidden for who has nothing to look for at an address that needs the right."""
    if isinstance(permission, SubscriptionPermission):
        reach(actor, permission)
    else:
        access.require(actor, permission, Invocation)


def reach(actor: Actor, permission: SubscriptionPermission) -> None:
    """Forbidden for who has the right on no subscription; so 404 tells such a caller nothing."""
    if access.holds(actor, permission):
        return
    if not access.permitted(actor, permission, Subscription.objects.all()).exists():
        raise Forbidden(
            "subscription", reason="permission", context={"permission": permission.full_name}
        )


def find(
    actor: Actor, permission: SubscriptionPermission, subscription_id: str, *, locked: bool = False
) -> Subscription:
    """One subscription by its id as text.

    Raises:
        Forbidden: the actor has the right on none at all.
        NotFound: there is none with this id, or none on which the actor has the right.
    """
    reach(actor, permission)
    try:
        key = UUID(subscription_id)
    except ValueError:
        raise NotFound("subscription") from None
    rows = Subscription.objects.select_for_update(of=("self",)) if locked else Subscription.objects
    found: Subscription = access.get(actor, permission, rows.all(), pk=key)
    return found
