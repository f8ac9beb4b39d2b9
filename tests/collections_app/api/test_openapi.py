"""The OpenAPI document covers every operation in scope, and the portal keeps to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.collections_app.api.conftest import Vault
from vaultportal.api.docs import schema_of

# The index of the contract, user code apart.
_NAMES = """
    list-collections add-collection get-collection update-collection delete-collection
    list-collection-properties add-collection-property get-collection-property
    update-collection-property delete-collection-property list-data-types get-data-type
    get-objects-count list-objects add-object get-object-by-id update-object-by-id
    delete-object-by-id add-objects update-objects delete-objects search-objects
    get-tokens-count tokenize detokenize update-tokens delete-tokens rotate-tokens
    search-tokens get-by-transaction-id export-tokens import-tokens encrypt
    update-encrypted decrypt encrypt-blob decrypt-blob hash-objects get-iam-conf
    set-iam-conf get-user regenerate-user-api-key update-api-key-expiration
    set-admin-api-key clear-all-conf-vars get-conf-var set-conf-var data-health
    control-health get-cluster-info get-vault-version get-configuration get-license
    set-license get-kms get-export-key rotate-keys garbage-collection trigger-error
    analysis-contains analysis-locate
"""
OPERATIONS = frozenset(_NAMES.split())
# They would take the ground from under the other tests, or fail by design.
NOT_CALLED = {
    "set-iam-conf", "set-admin-api-key", "trigger-error", "analysis-contains", "analysis-locate",
}  # fmt: skip
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def operations(document: Any) -> Iterator[dict[str, Any]]:
    """Every operation object."""
    for methods in document["paths"].values():
        yield from (each for each in methods.values() if isinstance(each, dict))


def test_the_document_has_every_operation_once() -> None:
    found = [each["operationId"] for each in operations(schema_of("piiano"))]

    assert len(found) == len(set(found))
    assert set(found) >= OPERATIONS


def test_headers_are_documented_where_they_count() -> None:
    taken = {
        each["operationId"]: {one["name"] for one in each["parameters"] if one["in"] == "header"}
        for each in operations(schema_of("piiano"))
    }

    assert all("X-Pvault-Request-ID" in names for names in taken.values())
    bare = {name for name, names in taken.items() if "X-Pvault-Delegation" not in names}
    assert bare == {"data-health", "control-health"}
    transformed = {name for name, names in taken.items() if "X-Trans-Param" in names}
    assert transformed == {
        "list-objects", "get-object-by-id", "search-objects", "detokenize", "decrypt",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("operation_id", sorted(OPERATIONS - NOT_CALLED))
def test_made_up_requests_are_answered_as_documented(vault: Vault, operation_id: str) -> None:
    name = vault.collection()
    made = vault.add(name, {"full_name": "Ida"})
    schema = schemathesis.openapi.from_dict(schema_of("piiano"))
    operation = schema.find_operation_by_id(operation_id)
    known = {"collection": name, "object_id": made}

    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), real=st.booleans())
    def attempt(case: Case[Any], real: bool) -> None:  # noqa: FBT001 hypothesis draws it
        if real:
            case.path_parameters = {
                key: known.get(key, value) for key, value in (case.path_parameters or {}).items()
            }
        if case.headers is not None:  # whatever is in it, it would be the wrong token
            case.headers.pop("X-Pvault-Delegation", None)
        headers = {"Authorization": f"Bearer {vault.key}"}
        case.call_and_validate(
            base_url=str(vault.client.base_url), headers=headers, checks=CHECKS, timeout=30
        )

    attempt()
