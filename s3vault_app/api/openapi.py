"""The OpenAPI document of the wire: an operation is what its view says of it.

``operations`` of a view holds a row for each method. Bodies of the older routes are open objects:
what clients send there beyond the contract is ignored or kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer", "format": "int32"}
LONG: Schema = {"type": "integer", "format": "int64"}
MAP: Schema = {"type": "object"}

CODES = [
    "NO_ERROR",
    "INVALID_INPUT",
    "VALUE_NOT_FOUND",
    "UNKNOWN_EXCEPTION",
    "CONNECTION_PROBLEM",
    "UNKNOWN_SQL_ERROR",
    "INVALID_USER",
    "INVALID_OPERATION_TYPE",
    "INTERNAL_SERVER_PROBLEM",
    "INSUFFICIENT_USER_PERMISSION_ON_ENTITY",
    "INVALID_ENTITY_ID",
]
_FAILURES = {
    400: "The body is wrong or incomplete.",
    401: "The token is missing or dead.",
    403: "A right is missing.",
    404: "Something that the request names is not there, or not to be known of.",
    409: "It is taken, in use, or in another state.",
    500: "Something went wrong.",
}


def record(*required: str, **properties: Schema) -> Schema:
    """An object with these properties; those named first are always there."""
    found: Schema = {"type": "object", "properties": properties}
    return found | {"required": list(required)} if required else found


def many(item: Schema) -> Schema:
    """An array."""
    return {"type": "array", "items": item}


@dataclass(frozen=True, slots=True)
class Op:
    """One operation. query: its parameters with what they are for."""

    summary: str
    body: Schema | None = None
    answer: Schema | None = None
    query: tuple[tuple[str, str], ...] = ()


class WireSchema(AutoSchema):
    """Writes the operations of a ``WireView`` out."""

    error = "CommvaultError"
    error_type = "application/json"
    scheme = "commvaultToken"

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> Any:
        """The operation object."""
        view: Any = self.view
        op: Op = view.operations[method.lower()]
        self._register(registry)
        words = [part.strip("{}") for part in path.strip("/").split("/")]
        operation: dict[str, Any] = {
            "operationId": "_".join([*words, method.lower()]),
            "summary": op.summary,
            "tags": [_tag(words)],
            "parameters": [*_path_parameters(path), *_query_parameters(op)],
            "responses": self._responses(op),
            "security": [{}] if view.public else [{self.scheme: []}],
        }
        if op.body is not None:
            content = {"application/json": {"schema": op.body}}
            operation["requestBody"] = {"content": content}
        return operation

    def _register(self, registry: Any) -> None:
        for name, kind, schema in (
            (self.error, ResolvedComponent.SCHEMA, self.error_schema()),
            (self.scheme, ResolvedComponent.SECURITY_SCHEMA, self.scheme_schema()),
        ):
            component = ResolvedComponent(name=name, type=kind, object=name, schema=schema)  # type: ignore[no-untyped-call]  # the package leaves it open
            registry.register_on_missing(component)

    def error_schema(self) -> Schema:
        """What a refusal looks like."""
        code: Schema = {"oneOf": [WHOLE, {"type": "string", "enum": CODES}]}
        return record("errorMessage", "errorCode", errorMessage=TEXT, errorCode=code)

    def scheme_schema(self) -> Schema:
        """How a caller shows who they are."""
        words = "QSDK and the token of Login; or Authorization: Bearer."
        return {"type": "apiKey", "in": "header", "name": "Authtoken", "description": words}

    def _responses(self, op: Op) -> dict[str, Any]:
        done = {"application/json": {"schema": op.answer or MAP}}
        failed = {self.error_type: {"schema": {"$ref": f"#/components/schemas/{self.error}"}}}
        return {"200": {"description": "Done.", "content": done}} | {
            str(status): {"description": text, "content": failed}
            for status, text in _FAILURES.items()
        }


class PortalSchema(WireSchema):
    """The same for our own API: problem details, and bearer tokens."""

    error = "S3Problem"
    error_type = "application/problem+json"
    scheme = "s3Bearer"

    def error_schema(self) -> Schema:
        """Problem details of RFC 9457."""
        return record(
            "type", "title", "status", type=TEXT, title=TEXT, status=WHOLE, errors=many(MAP)
        )

    def scheme_schema(self) -> Schema:
        """An API key, or an OAuth2 token."""
        return {"type": "http", "scheme": "bearer"}


def _tag(words: list[str]) -> str:
    named = [word for word in words[2:] if word not in ("v2", "v4")]
    return named[0] if named else "session"


def _path_parameters(path: str) -> list[Schema]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": LONG} for name in names]


def _query_parameters(op: Op) -> list[Schema]:
    return [
        {"name": name, "in": "query", "description": text, "schema": TEXT}
        for name, text in op.query
    ]
