"""Every operation as data, for the OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
MAYBE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
FLAG: Schema = {"type": "boolean"}
MAP: Schema = {"type": "object"}
MAYBE_MAP: Schema = {"type": ["object", "null"]}


def record(required: str, **properties: Schema) -> Schema:
    """An object with these properties; the names in ``required`` are always there."""
    return {"type": "object", "required": required.split(), "properties": properties}


def many(item: Schema) -> Schema:
    """An array."""
    return {"type": "array", "items": item}


def one_of(*words: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(words)}


TRIGGER = record(
    "id name type inputSchema exampleInput",
    id=TEXT,
    name=TEXT,
    type=one_of("REQUEST_RESPONSE", "FIRE_AND_FORGET"),
    description=MAYBE_TEXT,
    inputSchema=TEXT,
    exampleInput=MAP,
    outputSchema=MAYBE_TEXT,
    exampleOutput=MAYBE_MAP,
)
HTTP_CONFIG = record(
    "url httpDispatchMode",
    url={"type": "string", "format": "uri"},
    httpDispatchMode=one_of("SYNC", "ASYNC", "DYNAMIC"),
    httpAuthenticationType=one_of("NO_AUTH", "BASIC_AUTH", "BEARER_TOKEN"),
    basicAuthConfig={**record("userName", userName=TEXT, password=MAYBE_TEXT),
                     "type": ["object", "null"]},
    bearerTokenAuthConfig={**record("", bearerToken=MAYBE_TEXT), "type": ["object", "null"]},
)  # fmt: skip
_SETTABLE: dict[str, Schema] = {
    "name": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": MAYBE_TEXT,
    "type": one_of("HTTP"),
    "responseDeadline": TEXT,
    "httpConfig": HTTP_CONFIG,
    "enabled": FLAG,
    "filter": MAYBE_TEXT,
}
SUBSCRIPTION = record(
    "id name triggerId triggerName type responseDeadline enabled",
    id=TEXT,
    triggerId=TEXT,
    triggerName=TEXT,
    eventBridgeConfig=MAYBE_MAP,
    **_SETTABLE,
)
NEW_SUBSCRIPTION = record(
    "name triggerId type httpConfig", triggerId=TEXT, signingSecret=TEXT, **_SETTABLE
)
PATCH = many(
    record(
        "op path",
        op=one_of("add", "remove", "replace", "move", "copy", "test"),
        path=TEXT,
        value={},
        **{"from": TEXT},
    )
)
INVOCATION = record("id triggerId secret contentJson", id=TEXT, triggerId=TEXT, secret=TEXT,
                    contentJson=MAP)  # fmt: skip
STATUS = record(
    "id triggerId subscriptionId subscriptionName type created startInvocationInput",
    id=TEXT,
    triggerId=TEXT,
    subscriptionId=TEXT,
    subscriptionName=TEXT,
    type=one_of("TEST", "REAL_TIME"),
    created={"type": "string", "format": "date-time"},
    completed=MAYBE_TIME,
    startInvocationInput=record(
        "triggerId input contentJson", triggerId=TEXT, input=MAP, contentJson=MAP
    ),
    completeInvocationInput=MAYBE_MAP,
)
VERDICT = record("isValid isValidJSONPath isPathExist", isValid=FLAG, isValidJSONPath=FLAG,
                 isPathExist=FLAG, matches=FLAG)  # fmt: skip
JSON = ("application/json",)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one view. answers: schema by status, None for an empty body."""

    id: str
    summary: str
    answers: dict[int, Schema | None]
    body: Schema | None = None
    takes: tuple[str, ...] = JSON
    is_list: bool = False
    may_miss: bool = False


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("TriggersView", "get"): Operation(
        "listTriggers", "List the triggers", {200: many(TRIGGER)}, is_list=True
    ),
    ("SubscriptionsView", "get"): Operation(
        "listSubscriptions", "List subscriptions", {200: many(SUBSCRIPTION)}, is_list=True
    ),
    ("SubscriptionsView", "post"): Operation(
        "createSubscription",
        "Create a subscription",
        {201: {**SUBSCRIPTION, "properties": SUBSCRIPTION["properties"] | {"signingSecret": TEXT}}},
        NEW_SUBSCRIPTION,
    ),
    ("SubscriptionView", "put"): Operation(
        "updateSubscription",
        "Replace a subscription",
        {200: SUBSCRIPTION},
        record("name type httpConfig", **_SETTABLE),
        may_miss=True,
    ),
    ("SubscriptionView", "patch"): Operation(
        "patchSubscription",
        "Change a subscription by a JSON Patch",
        {200: SUBSCRIPTION},
        PATCH,
        ("application/json-patch+json", "application/json"),
        may_miss=True,
    ),
    ("SubscriptionView", "delete"): Operation(
        "deleteSubscription", "Delete a subscription", {204: None}, may_miss=True
    ),
    ("ValidateFilterView", "post"): Operation(
        "testSubscriptionFilter",
        "Try a filter on an input",
        {200: VERDICT},
        record("input filter", input=MAP, filter=TEXT),
    ),
    ("StatusesView", "get"): Operation(
        "listTriggerInvocationStatus",
        "List the newest invocations",
        {200: many(STATUS)},
        is_list=True,
    ),
    ("StartTestView", "post"): Operation(
        "startTestTriggerInvocation",
        "Send a test event to subscribers",
        {200: many(INVOCATION), 204: None},
        record(
            "triggerId contentJson",
            triggerId=TEXT,
            contentJson=MAP,
            input=MAP,
            subscriptionIds=many(TEXT),
        ),
    ),
    ("CompleteView", "post"): Operation(
        "completeTriggerInvocation",
        "Answer an open question",
        {204: None},
        record("secret output", secret=TEXT, output=MAP, error=TEXT),
        may_miss=True,
    ),
}
