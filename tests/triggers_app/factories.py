"""Valid subscriptions and invocations from no arguments."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any
from uuid import uuid4

from django.utils import timezone

from tests.factories import unique
from triggers_app.models import Invocation, Subscription, SubscriptionHealth
from vaultportal.events import catalog


def make_subscription(**fields: Any) -> Subscription:
    """A subscription as a service would have stored it, with its health."""
    now = timezone.now()
    valid = {
        "name": unique("subscription"),
        "trigger": "vault:secret-created",
        "kind": "FIRE_AND_FORGET",
        "url": "http://127.0.0.1:9/in",
        "signing_secret": "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "author_id": uuid4(),
        "updated_by_id": uuid4(),
        "created_at": now,
        "updated_at": now,
    }
    made = Subscription.objects.create(**{**valid, **fields})
    SubscriptionHealth.objects.create(subscription=made)
    return made


def make_invocation(**fields: Any) -> Invocation:
    """An invocation that is due, of a new subscription unless one is given.

    secret: of one that is completed later; its digest is made of it.
    """
    subscription = fields.pop("subscription", None) or make_subscription()
    now = timezone.now()
    event_type = catalog.get(subscription.trigger)
    valid = {
        "trigger": subscription.trigger,
        "kind": subscription.kind,
        "subscription": subscription,
        "subscription_name": subscription.name,
        "mode": subscription.mode,
        "input": event_type.example if event_type else {},
        "due_at": now,
        "created_at": now,
    }
    if secret := fields.get("secret"):
        valid["secret_digest"] = hashlib.sha256(secret.encode()).digest()
    return Invocation.objects.create(**{**valid, **fields})
