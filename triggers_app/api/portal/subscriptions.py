"""Signing secrets, limits and health of subscriptions; the published keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema

from triggers_app import selectors
from triggers_app.api.portal import documents, schemas
from triggers_app.engine import signing
from triggers_app.services import subscriptions
from triggers_app.wire import timestamp
from vaultportal.api import body
from vaultportal.api.views import VaultAPIView
from vaultportal.api.wire import Fields

MOST_AT_ONCE = 1000
MOST_PER_SECOND = 100_000
DAY = 86_400


class SubscriptionStateView(VaultAPIView):
    """GET, PATCH /api/v1/triggers/subscriptions/{id}"""

    @extend_schema(
        operation_id="getSubscriptionState",
        summary="How a subscription is delivered to, and how that goes",
        responses={200: schemas.SubscriptionState},
    )
    def get(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        row = selectors.get_subscription(self.actor, str(subscription_id))
        return self.reply(documents.subscription(row))

    @extend_schema(
        operation_id="setSubscriptionDelivery",
        summary="Spare an endpoint, or sign with the published key too",
        request=schemas.Delivery,
        responses={200: schemas.SubscriptionState},
    )
    def patch(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        fields = Fields(self.json_object())
        changes: dict[str, Any] = {}
        if fields.given("ed25519"):
            changes["ed25519"] = fields.boolean("ed25519", required=True)
        for name, most in (("most_at_once", MOST_AT_ONCE), ("most_per_second", MOST_PER_SECOND)):
            if fields.given(name):
                changes[name] = fields.integer(name, least=1, most=most)
        fields.refuse_unknown()
        fields.check()
        row = subscriptions.set_delivery(self.actor, str(subscription_id), changes)
        return self.reply(documents.subscription(row))


class SigningSecretView(VaultAPIView):
    """POST /api/v1/triggers/subscriptions/{id}/signing-secret"""

    @extend_schema(
        operation_id="rotateSigningSecret",
        summary="Make a new signing secret; the old one signs too for a while",
        request=schemas.Rotate,
        responses={201: schemas.Rotated},
    )
    def post(self, request: HttpRequest, subscription_id: UUID) -> HttpResponse:
        fields = Fields(self.json_object() if body.raw(request) else {})
        overlap = fields.integer("overlap_seconds", DAY, least=0, most=30 * DAY) or 0
        fields.refuse_unknown()
        fields.check()
        made = subscriptions.rotate_signing_secret(
            self.actor, str(subscription_id), timedelta(seconds=overlap)
        )
        return self.reply(
            {
                "signing_secret": made.signing_secret,
                "previous_secret_until": timestamp(made.subscription.previous_until),
            },
            201,
        )


class KeysView(VaultAPIView):
    """GET /api/v1/triggers/keys: for receivers, who have no account here."""

    public: ClassVar[bool] = True

    @extend_schema(
        operation_id="listSigningKeys",
        summary="The public keys of v1a signatures",
        responses={200: schemas.Keys},
        auth=[],
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.reply(
            {
                "keys": [
                    {
                        "id": each.id,
                        "algorithm": "ed25519",
                        "key": each.key,
                        "created_at": timestamp(each.created_at),
                        "retired_at": timestamp(each.retired_at),
                    }
                    for each in signing.published_keys()
                ]
            }
        )
