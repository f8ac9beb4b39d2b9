"""OpenAPI 3.1 documents, one for each dialect, and the Swagger UI that shows them.

Both ask for a signed-in person: the list of addresses is a map for whoever looks for a way in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularSwaggerSplitView

from vaultportal.errors import NotFound


@dataclass(frozen=True, slots=True)
class Document:
    """One OpenAPI document: which paths it covers and what it is called."""

    name: str
    title: str
    prefixes: tuple[str, ...]


DOCUMENTS = {
    document.name: document
    for document in (
        Document("portal", "Vault Portal", ("/api/v1/", "/healthz", "/readyz")),
        Document("piiano", "Collections, in the words of Piiano Vault", ("/api/pvlt/1.0/",)),
        Document(
            "privx",
            "Secrets, in the words of PrivX",
            ("/vault/api/v1/", "/auth/api/v1/", "/role-store/api/v1/", "/local-user-store/api/v1/"),
        ),
        Document("commvault", "S3 vaults, in the words of Commvault", ("/commandcenter/api",)),
        Document(
            "sailpoint",
            "Triggers, in the words of SailPoint",
            (
                "/oauth/token",
                "/{release}/trigger",
                "/triggers/v1",
                "/trigger-subscriptions/",
                "/trigger-invocations/",
            ),
        ),
    )
}


class DialectSchemaGenerator(SchemaGenerator):
    """A generator that keeps the addresses of one document."""

    def __init__(self, document: Document) -> None:
        super().__init__(title=document.title)  # type: ignore[no-untyped-call]
        self.document = document

    def _get_paths_and_endpoints(self) -> list[Any]:
        endpoints: list[Any] = super()._get_paths_and_endpoints()  # type: ignore[no-untyped-call]
        return [found for found in endpoints if found[0].startswith(self.document.prefixes)]


def schema_of(name: str) -> dict[str, Any]:
    """The OpenAPI document ``name`` as a dictionary; NotFound when there is none."""
    document = DOCUMENTS.get(name)
    if document is None:
        raise NotFound("document")
    generator = DialectSchemaGenerator(document)
    found: dict[str, Any] = generator.get_schema(public=True)  # type: ignore[no-untyped-call]
    return found


def schema(request: HttpRequest, name: str) -> HttpResponse:
    """GET /docs/api/{name}.json"""
    if not request.user.is_authenticated:
        return redirect(f"/accounts/login/?next={request.path}")
    content = OpenApiJsonRenderer().render(schema_of(name))
    return HttpResponse(content, content_type="application/vnd.oai.openapi+json")


def swagger(request: HttpRequest, name: str = "portal") -> HttpResponseBase:
    """GET /docs/api/ and /docs/api/{name}/"""
    if not request.user.is_authenticated:
        return redirect(f"/accounts/login/?next={request.path}")
    if name not in DOCUMENTS:
        raise NotFound("document")
    view = SpectacularSwaggerSplitView.as_view(url_name=None, url=f"/docs/api/{name}.json")
    return view(request)


urlpatterns: list[URLPattern | URLResolver] = [
    path("docs/api/", swagger, name="api-docs"),
    path("docs/api/<slug:name>.json", schema, name="api-schema"),
    path("docs/api/<slug:name>/", swagger, name="api-docs-of"),
]
