"""The OpenAPI document of the dialect: one row of ``operations`` for each address and method."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from collections_app.api.operations import (
    EVERYWHERE,
    OPERATIONS,
    PARAMETERS,
    SIGNED_IN,
    Operation,
    Schema,
)

ERROR = "PiianoError"
BEARER = "piianoKey"
_FAILURES = {
    400: "The request is not valid.",
    401: "The credential is missing or wrong.",
    403: "A capability or a policy is missing, or a tenant is violated.",
    404: "Something that the request names is not there.",
    405: "The operation is not available.",
    409: "Others changed the same thing, or it is taken.",
    410: "It is gone for good.",
    413: "The body is too large.",
    415: "The content type is not taken here.",
    429: "Too many calls.",
    500: "Something went wrong.",
    501: "Not implemented.",
    503: "The vault does not answer in time.",
}


class PiianoSchema(AutoSchema):
    """Looks the operation up by the view and the method, and writes it out."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> Any:
        """The operation object; every refusal has the body of ``PiianoError``."""
        found = OPERATIONS[type(self.view).__name__, method.lower()]
        if ERROR not in {key[0] for key in registry._components}:
            _register(registry)
        operation: dict[str, Any] = {
            "operationId": found.id,
            "summary": found.summary,
            "tags": [path.split("/")[4]],
            "parameters": [*_path_parameters(path), *_query_parameters(found)],
            "responses": _responses(found),
        }
        if found.is_public:
            operation["security"] = [{}]
        else:
            operation["security"] = [{BEARER: []}]
        if found.body is not None:
            operation["requestBody"] = {
                "required": True,
                "content": {kind: {"schema": found.body} for kind in found.takes},
            }
        return operation


def _register(registry: Any) -> None:
    texts: Schema = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}
    registry.register_on_missing(
        ResolvedComponent(  # type: ignore[no-untyped-call]  # the package leaves it open
            name=ERROR,
            type=ResolvedComponent.SCHEMA,
            object=ERROR,
            schema={
                "type": "object",
                "required": ["error_code", "message", "error_url", "context"],
                "properties": {
                    "error_code": {"type": "string", "pattern": "^PV[0-9]{4}$"},
                    "message": {"type": "string"},
                    "error_url": {"type": "string", "format": "uri"},
                    "context": texts,
                },
            },
        )
    )
    registry.register_on_missing(
        ResolvedComponent(  # type: ignore[no-untyped-call]  # as above
            name=BEARER,
            type=ResolvedComponent.SECURITY_SCHEMA,
            object=BEARER,
            schema={"type": "http", "scheme": "bearer"},
        )
    )


def _path_parameters(path: str) -> list[Schema]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]


def _query_parameters(found: Operation) -> list[Schema]:
    listed = []
    names = (*found.parameters, *EVERYWHERE, *(() if found.is_public else SIGNED_IN))
    for name in names:
        schema, description = PARAMETERS[name]
        if name == "options":
            schema = {"type": "array", "items": {"type": "string", "enum": [*found.options]}}
        place = "header" if name.startswith("X-") else "query"
        listed.append(
            {
                "name": name,
                "in": place,
                "required": name in found.required,
                "description": description,
                "schema": schema,
            }
        )
    return listed


def _responses(found: Operation) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done."}
    if found.answer is not None:
        done["content"] = {kind: {"schema": found.answer} for kind in found.gives}
    failed = {"application/json": {"schema": {"$ref": f"#/components/schemas/{ERROR}"}}}
    return {"200": done} | {
        str(status): {"description": text, "content": failed} for status, text in _FAILURES.items()
    }
