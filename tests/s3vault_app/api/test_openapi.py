"""The OpenAPI document of the wire has every operation with its refusals."""

from __future__ import annotations

from s3vault_app.api import urls
from vaultportal.api.docs import schema_of

METHODS = ("get", "post", "put", "delete")


def test_the_document_has_every_operation_of_every_address() -> None:
    found = schema_of("commvault")
    served = {
        (method, view.__qualname__)
        for pattern in urls.urlpatterns
        for method in METHODS
        if hasattr(view := pattern.callback.cls, method)  # type: ignore[attr-defined]  # ours
    }
    told = [
        operation
        for path in found["paths"].values()
        for method, operation in path.items()
        if method in METHODS
    ]

    assert len(found["paths"]) == len(urls.urlpatterns)
    assert len(told) >= len(served)
    names = [operation["operationId"] for operation in told]
    assert len(set(names)) == len(names)
    assert all(operation["responses"]["404"] for operation in told)


def test_the_create_is_described_as_the_page_has_it() -> None:
    create = schema_of("commvault")["paths"]["/commandcenter/api/v4/cvs3store"]["post"]
    body = create["requestBody"]["content"]["application/json"]["schema"]
    answer = create["responses"]["200"]["content"]["application/json"]["schema"]

    assert body["required"] == ["bucket", "plan"]
    assert set(body["properties"]) == {
        "bucket",
        "plan",
        "cvs3Endpoints",
        "owners",
        "userGroups",
        "rotateKeys",
    }
    assert set(answer["properties"]) == {"response", "addEndpointJob"}
