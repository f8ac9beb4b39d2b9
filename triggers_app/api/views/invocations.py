"""``/trigger-invocations``"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse

from triggers_app import collection_filter, selectors
from triggers_app.api import lists
from triggers_app.api.base import SailPointView
from triggers_app.collection_filter import Field
from triggers_app.models import Invocation
from triggers_app.permissions import InvocationPermission
from triggers_app.services import completion, testing
from triggers_app.wire import timestamp
from vaultportal.api.wire import Fields
from vaultportal.identity.permissions import PermissionEnum

FILTERS = {
    "triggerId": Field("trigger", frozenset({"eq"})),
    "subscriptionId": Field("subscription_id", frozenset({"eq"}), is_id=True),
}
SORTERS = {
    "triggerId": "trigger",
    "subscriptionName": "subscription_name",
    "created": "created_at",
    "completed": "completed_at",
}
MOST_SUBSCRIPTIONS = 250


class StatusesView(SailPointView):
    """GET /trigger-invocations/status"""

    needs: ClassVar[Mapping[str, PermissionEnum]] = {"GET": InvocationPermission.VIEW}

    def get(self, request: HttpRequest) -> HttpResponse:
        page = lists.read(request, sorters=SORTERS)
        condition = collection_filter.as_condition(page.filters, FILTERS)
        rows = selectors.list_statuses(self.actor, condition)
        found = page.cut(rows.order_by(*lists.ordering(page, SORTERS, "-pk")))
        return self.reply([status(each) for each in found], headers=page.headers(rows.count))


class StartTestView(SailPointView):
    """POST /trigger-invocations/test"""

    needs: ClassVar[Mapping[str, PermissionEnum]] = {"POST": InvocationPermission.TEST}

    def post(self, request: HttpRequest) -> HttpResponse:
        fields = Fields(self.json_object())
        trigger = fields.text("triggerId", required=True)
        content_json = fields.object("contentJson", required=True) or {}
        payload = fields.object("input")
        ids = fields.texts("subscriptionIds", most=MOST_SUBSCRIPTIONS)
        fields.check()
        started = testing.start_test(
            self.actor, trigger, content_json=content_json, payload=payload, subscription_ids=ids
        )
        if started is None:
            return self.empty(204)
        return self.reply(
            [
                {
                    "id": str(each.pk),
                    "triggerId": each.trigger,
                    "secret": each.secret,
                    "contentJson": each.content_json,
                }
                for each in started
            ]
        )


class CompleteView(SailPointView):
    """POST /trigger-invocations/{id}/complete"""

    def post(self, request: HttpRequest, invocation_id: str) -> HttpResponse:
        fields = Fields(self.json_object())
        secret = fields.text("secret", required=True)
        output = fields.object("output", required=True) or {}
        error = fields.text("error")
        fields.check()
        completion.complete_invocation(self.actor, invocation_id, secret, output, error)
        return self.empty(204)


def status(row: Invocation) -> dict[str, Any]:
    """An invocation on the wire; never its secret. A replay is told as a real one."""
    answer = None
    if row.completed_at is not None:
        error = None
        if row.error_message is not None:
            error = {"locale": row.error_locale, "message": row.error_message}
        answer = {"output": row.output, "localizedError": error}
    return {
        "id": str(row.pk),
        "triggerId": row.trigger,
        "subscriptionId": str(row.subscription_id),
        "subscriptionName": row.subscription_name,
        "type": "TEST" if row.is_test else "REAL_TIME",
        "created": timestamp(row.created_at),
        "completed": timestamp(row.completed_at),
        "startInvocationInput": {
            "triggerId": row.trigger,
            "input": row.input,
            "contentJson": row.content_json,
        },
        "completeInvocationInput": answer,
    }
