"""The OpenAPI document has every operation in every form, and the portal keeps to it."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.triggers_app.api.conftest import Sail
from vaultportal.api.docs import schema_of

OPERATIONS = (
    "listTriggers",
    "listSubscriptions",
    "createSubscription",
    "updateSubscription",
    "patchSubscription",
    "deleteSubscription",
    "testSubscriptionFilter",
    "listTriggerInvocationStatus",
    "startTestTriggerInvocation",
    "completeTriggerInvocation",
)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return schema_of("sailpoint")


def test_the_document_has_every_operation_in_every_form(document: dict[str, Any]) -> None:
    found = {
        each["operationId"]: path
        for path, methods in document["paths"].items()
        for each in methods.values()
        if isinstance(each, dict)
    }

    assert {*OPERATIONS, *(f"{each}V1" for each in OPERATIONS)} <= found.keys()
    assert found["completeTriggerInvocationSeed"] == "/trigger-invocations/{invocation_id}/complete"
    assert found["patchSubscription"] == "/{release}/trigger-subscriptions/{subscription_id}"
    assert found["patchSubscriptionV1"] == "/trigger-subscriptions/v1/{subscription_id}"


def test_our_own_addresses_are_in_the_portals_document() -> None:
    paths = schema_of("portal")["paths"]

    assert {
        "/api/v1/triggers/keys",
        "/api/v1/triggers/invocations/{invocation_id}",
        "/api/v1/triggers/replays",
        "/api/v1/triggers/subscriptions/{subscription_id}/signing-secret",
    } <= paths.keys()


@pytest.mark.slow
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_made_up_requests_are_answered_as_documented(
    sail: Sail, document: dict[str, Any], operation_id: str
) -> None:
    schema = schemathesis.openapi.from_dict(document)
    operation = schema.find_operation_by_id(f"{operation_id}V1")

    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def attempt(case: Case[Any]) -> None:
        headers = {"Authorization": f"Bearer {sail.token}"}
        case.call_and_validate(base_url=sail.url, headers=headers, checks=CHECKS, timeout=30)

    attempt()
