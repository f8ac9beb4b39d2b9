"""A subscription as the document that the wire knows, both ways.

The document never holds a credential. Read strictly: a wrong type is a fault, what nobody knows is
passed over, because published clients send more than their own specification lists.

Source: contract of triggers, section 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from triggers_app.drafts import Authentication, Draft
from triggers_app.models import Mode, Subscription
from triggers_app.models.subscription import DEFAULT_DEADLINE
from vaultportal.api.wire import Fields
from vaultportal.events import catalog

TYPES = ("HTTP", "EVENTBRIDGE", "INLINE", "SCRIPT", "WORKFLOW")
PATCHABLE = frozenset(
    {
        "name",
        "description",
        "enabled",
        "type",
        "filter",
        "responseDeadline",
        "httpConfig",
        "eventBridgeConfig",
        "workflowConfig",
    }
)


def write(row: Subscription) -> dict[str, Any]:
    """The document of a stored subscription."""
    event_type = catalog.get(row.trigger)
    basic = row.authentication == Authentication.BASIC
    bearer = row.authentication == Authentication.BEARER
    return {
        "id": str(row.pk),
        "name": row.name,
        "description": row.description,
        "triggerId": row.trigger,
        "triggerName": event_type.name if event_type else row.trigger,
        "type": row.type,
        "responseDeadline": row.response_deadline,
        "httpConfig": {
            "url": row.url,
            "httpDispatchMode": row.mode,
            "httpAuthenticationType": row.authentication,
            "basicAuthConfig": {"userName": row.user_name, "password": None} if basic else None,
            "bearerTokenAuthConfig": {"bearerToken": None} if bearer else None,
        },
        "eventBridgeConfig": None,
        "enabled": row.enabled,
        "filter": row.filter,
    }


def read(document: Mapping[str, Any], *, is_new: bool = False) -> Draft:
    """The draft that a document describes; Invalid with every fault that shows in it alone.

    is_new: the trigger must be named, and a signing secret may be.
    """
    fields = Fields(document)
    draft: dict[str, Any] = {
        "id": fields.text("id"),
        "name": fields.text("name", required=True),
        "trigger": fields.text("triggerId", required=is_new),
        "description": _optional(fields, "description"),
        "response_deadline": fields.text("responseDeadline", DEFAULT_DEADLINE),
        "enabled": fields.boolean("enabled", default=True),
        "filter": _optional(fields, "filter") or None,
        "signing_secret": fields.text("signingSecret") if is_new else "",
        "keeps_elsewhere": True,
    }
    kind = fields.text("type", required=True)
    if kind and kind not in TYPES:
        fields.fault("type", "choice", f"must be one of {', '.join(TYPES)}")
    elif kind and kind != Subscription.Type.HTTP:
        fields.fault("type", "choice", "is not offered by this installation")
    for name in ("eventBridgeConfig", "workflowConfig"):
        if fields.given(name) and not fields.is_null(name) and kind == Subscription.Type.HTTP:
            fields.fault(name, "choice", "does not go with the type HTTP")
    draft |= _http(fields, kind)
    fields.check()
    return Draft(**draft)


def _http(fields: Fields, kind: str) -> dict[str, Any]:
    config = fields.object("httpConfig")
    if config is None:
        if kind == Subscription.Type.HTTP and not any(
            fault.property == "httpConfig" for fault in fields.faults
        ):
            fields.fault("httpConfig", "missing", "is required when type is HTTP")
        return {"url": ""}
    inner = Fields(config, "httpConfig.", fields.faults)
    found: dict[str, Any] = {
        "url": inner.text("url", required=True, blank=False),
        "mode": inner.choice("httpDispatchMode", "", Mode.values, required=True),
        "authentication": inner.choice(
            "httpAuthenticationType", Authentication.NONE, Authentication.values
        ),
    }
    basic = Fields(
        inner.object("basicAuthConfig") or {}, "httpConfig.basicAuthConfig.", fields.faults
    )
    bearer = Fields(
        inner.object("bearerTokenAuthConfig") or {},
        "httpConfig.bearerTokenAuthConfig.",
        fields.faults,
    )
    if found["authentication"] == Authentication.BASIC:
        found["user_name"] = basic.text("userName")
        found["credential"] = _optional(basic, "password")
    elif found["authentication"] == Authentication.BEARER:
        found["credential"] = _optional(bearer, "bearerToken")
    return found


def _optional(fields: Fields, name: str) -> str | None:
    text = fields.text(name)
    return None if not fields.given(name) or fields.is_null(name) else text


def coerce_enabled(operation: Mapping[str, Any]) -> dict[str, Any]:
    """A patch operation whose value for ``/enabled`` is a boolean.

    The published Python client cannot send one: "true", "false", 1 and 0 are what its users have.
    """
    value = operation.get("value")
    if operation.get("path") != "/enabled" or isinstance(value, bool):
        return dict(operation)
    for meant, written in ((True, ("true", 1)), (False, ("false", 0))):
        if isinstance(value, (str, int)) and value in written:
            return {**operation, "value": meant}
    return dict(operation)


def timestamp(moment: datetime | None) -> str | None:
    """UTC with milliseconds and a Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
