"""``/trigger-subscriptions``"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.http import HttpRequest, HttpResponse

from triggers_app import collection_filter, selectors, wire
from triggers_app.api import lists
from triggers_app.api.base import SailPointView
from triggers_app.collection_filter import Field
from triggers_app.permissions import SubscriptionPermission
from triggers_app.services import catalogue, subscriptions
from vaultportal.api.wire import Fields
from vaultportal.identity.permissions import PermissionEnum

PATCH_TYPES = ("application/json-patch+json", "application/json")
FILTERS = {
    "id": Field("pk", frozenset({"eq"}), is_id=True),
    "triggerId": Field("trigger", frozenset({"eq"})),
    "type": Field("type", frozenset({"eq", "le"})),
}
SORTERS = {"triggerId": "trigger", "triggerName": "trigger_name"}


class SubscriptionsView(SailPointView):
    """GET, POST /trigger-subscriptions"""

    needs: ClassVar[Mapping[str, PermissionEnum]] = {
        "GET": SubscriptionPermission.VIEW,
        "POST": SubscriptionPermission.ADD,
    }

    def get(self, request: HttpRequest) -> HttpResponse:
        page = lists.read(request, sorters=SORTERS)
        rows = selectors.list_subscriptions(self.actor)
        if page.filters is not None:
            rows = rows.filter(collection_filter.as_q(page.filters, FILTERS))
        found = page.cut(rows.order_by(*lists.ordering(page, SORTERS, "pk")))
        return self.reply([wire.write(each) for each in found], headers=page.headers(rows.count))

    def post(self, request: HttpRequest) -> HttpResponse:
        draft = wire.read(self.json_object(), is_new=True)
        made = subscriptions.create_subscription(self.actor, draft)
        answer = wire.write(made.subscription) | {"signingSecret": made.signing_secret}
        return self.reply(answer, 201)


class SubscriptionView(SailPointView):
    """PUT, PATCH, DELETE /trigger-subscriptions/{id}"""

    needs: ClassVar[Mapping[str, PermissionEnum]] = {
        "PUT": SubscriptionPermission.CHANGE,
        "PATCH": SubscriptionPermission.CHANGE,
        "DELETE": SubscriptionPermission.DELETE,
    }

    def put(self, request: HttpRequest, subscription_id: str) -> HttpResponse:
        draft = wire.read(self.json_object())
        row = subscriptions.replace_subscription(self.actor, subscription_id, draft)
        return self.reply(wire.write(row))

    def patch(self, request: HttpRequest, subscription_id: str) -> HttpResponse:
        operations = self.json_list(*PATCH_TYPES)
        row = subscriptions.patch_subscription(self.actor, subscription_id, operations)
        return self.reply(wire.write(row))

    def delete(self, request: HttpRequest, subscription_id: str) -> HttpResponse:
        subscriptions.delete_subscription(self.actor, subscription_id)
        return self.empty(204)


class ValidateFilterView(SailPointView):
    """POST /trigger-subscriptions/validate-filter"""

    # Whoever may make or change any may see some; which of the two, the service asks.
    needs: ClassVar[Mapping[str, PermissionEnum]] = {"POST": SubscriptionPermission.VIEW}

    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object())
        payload = fields.object("input", required=True) or {}
        text = fields.text("filter", required=True)
        fields.check()
        found = catalogue.try_filter(self.actor, text, payload)
        return self.reply(
            {
                "isValid": found.compiles and found.path_exists,
                "isValidJSONPath": found.compiles,
                "isPathExist": found.path_exists,
                "matches": found.matches,
            }
        )
