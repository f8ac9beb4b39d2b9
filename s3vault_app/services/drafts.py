"""Orders of vaults that are not placed yet: one draft a person, kept between the steps.

A draft changes nothing that anybody else sees, so it leaves no trace; the order does.
"""

from __future__ import annotations

from typing import Any

from s3vault_app.models import VaultDraft
from s3vault_app.services.vaults import Order
from vaultportal.identity.actor import Actor


def get_draft(actor: Actor) -> VaultDraft:
    """What the actor has chosen so far; a fresh draft, not saved yet, for who has begun none."""
    found = VaultDraft.objects.filter(user_id=actor.user_id).first()
    return found or VaultDraft(user_id=actor.user_id, owners=[actor.number])


def change_draft(actor: Actor, **changes: Any) -> VaultDraft:
    """Keep these choices beside those that were made before.

    changes: of ``name``, ``plan``, ``machines``, ``owners``, ``groups``, ``rotate_keys``.
    """
    begun = VaultDraft.objects.filter(user_id=actor.user_id)
    if not begun.exists():
        # Of two first steps at once the second finds the draft of the first.
        VaultDraft.objects.bulk_create(
            [VaultDraft(user_id=actor.user_id, owners=[actor.number])], ignore_conflicts=True
        )
    draft = begun.get()
    for name, value in changes.items():
        setattr(draft, name, value)
    draft.save(update_fields=[*changes, "updated_at"])
    return draft


def discard_draft(actor: Actor) -> None:
    """Throw the choices away, also when they have become a vault."""
    VaultDraft.objects.filter(user_id=actor.user_id).delete()


def order_of(draft: VaultDraft) -> Order:
    """The order that the draft amounts to; ``create_vault`` checks all of it."""
    return Order(
        name=draft.name,
        plan=draft.plan or 0,
        machines=tuple(draft.machines),
        owners=tuple(draft.owners),
        groups=tuple(draft.groups),
        rotate_keys=draft.rotate_keys,
    )
