"""The OpenAPI document of the dialect: one row of ``operations`` for each view and method."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from triggers_app.api.operations import OPERATIONS, TEXT, Operation, Schema, many, one_of, record

ERROR = "SailPointError"
BEARER = "sailpointToken"
RELEASES = ("beta", "v2024", "v2025", "v2026")
EXPERIMENTAL = "X-SailPoint-Experimental"
_TAG = ("triggers", "trigger-subscriptions", "trigger-invocations")
_LOCALIZED = many(record("text", locale=TEXT, localeOrigin=one_of("DEFAULT", "REQUEST"), text=TEXT))
_LIST_PARAMETERS: dict[str, Schema] = {
    "limit": {"type": "integer", "minimum": 0, "maximum": 250, "default": 250},
    "offset": {"type": "integer", "minimum": 0, "default": 0},
    "count": {"type": "boolean", "default": False},
    "filters": TEXT,
    "sorters": TEXT,
}
_FAILURES = {
    400: "The request is not valid.",
    403: "The caller lacks a right, or the secret is wrong.",
    404: "There is no such subscription, or no such address.",
    500: "An internal fault.",
}


class SailPointSchema(AutoSchema):
    """Looks the operation up by the view and the method, and writes it out."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> Any:
        """The operation object; every refusal has its shape."""
        found = OPERATIONS[type(self.view).__name__, method.lower()]
        if ERROR not in {key[0] for key in registry._components}:
            _register(registry)
        has_release = path.startswith("/{release}/")
        form = "" if has_release else "V1" if "/v1" in path else "Seed"
        operation: dict[str, Any] = {
            "operationId": found.id + form,
            "summary": found.summary,
            "tags": [next(part for part in path.split("/") if part in _TAG)],
            "parameters": _parameters(found, path, takes_header=form != "V1"),
            "responses": _responses(found),
            "security": [{BEARER: []}],
        }
        if found.body is not None:
            operation["requestBody"] = {
                "required": True,
                "content": {kind: {"schema": found.body} for kind in found.takes},
            }
        return operation


def _parameters(found: Operation, path: str, *, takes_header: bool) -> list[Schema]:
    listed: list[Schema] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": one_of(*RELEASES) if name == "release" else TEXT,
        }
        for name in (part[1:-1] for part in path.split("/") if part.startswith("{"))
    ]
    if takes_header:
        listed.append(
            {
                "name": EXPERIMENTAL,
                "in": "header",
                "description": "Must be true below v2024 and v2025 and without a release.",
                "schema": TEXT,
            }
        )
    if found.is_list:
        listed += [
            {"name": name, "in": "query", "schema": schema}
            for name, schema in _LIST_PARAMETERS.items()
        ]
    return listed


def _responses(found: Operation) -> dict[str, Any]:
    done: dict[str, Any] = {}
    for status, schema in found.answers.items():
        done[str(status)] = {"description": "Done."}
        if schema is not None:
            done[str(status)]["content"] = {"application/json": {"schema": schema}}
    shaped = {"application/json": {"schema": {"$ref": f"#/components/schemas/{ERROR}"}}}
    for status, text in _FAILURES.items():
        if status != 404 or found.may_miss:
            done[str(status)] = {"description": text, "content": shaped}
    done["401"] = _plain("The token is missing, unknown or expired.", "error")
    done["429"] = _plain("Too many requests.", "message") | {
        "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    }
    return done


def _plain(text: str, key: str) -> Schema:
    return {
        "description": text,
        "content": {"application/json": {"schema": record(key, **{key: TEXT})}},
    }


def _register(registry: Any) -> None:
    registry.register_on_missing(
        ResolvedComponent(  # type: ignore[no-untyped-call]  # the package leaves it open
            name=ERROR,
            type=ResolvedComponent.SCHEMA,
            object=ERROR,
            schema=record(
                "detailCode trackingId messages causes",
                detailCode=TEXT,
                trackingId={"type": "string", "pattern": "^[0-9a-f]{32}$"},
                messages=_LOCALIZED,
                causes=_LOCALIZED,
            ),
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
