"""/ctl/collections"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from collections_app import pvschema
from collections_app.api.base import PVSCHEMA, ControlView
from collections_app.errors import bad_request
from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.schema.drafts import CollectionDraft, collection_from_json
from collections_app.schema.wire import collection_json
from collections_app.services import collections
from vaultportal.api import query
from vaultportal.errors import UnsupportedMedia


class SchemaView(ControlView):
    """Collections come and go as JSON or as PVSchema text."""

    def wants_text(self) -> bool:
        """``format`` decides; without it the Accept header may ask for PVSchema."""
        given = self.http.GET.get("format")
        if given:
            return query.choice(self.http, "format", "json", ("json", "pvschema")) == "pvschema"
        return PVSCHEMA in self.http.headers.get("Accept", "").lower()

    def show(self, schema: CollectionSchema) -> HttpResponse:
        """One collection in the form that was asked for."""
        with_builtins = "show_builtins" in self.options("show_builtins")
        if self.wants_text():
            return self.reply_text(pvschema.render(schema, with_builtins=with_builtins))
        return self.reply(collection_json(schema, with_builtins=with_builtins))

    def reply_text(self, text: str) -> HttpResponse:
        """PVSchema."""
        return self.reply_bytes(text.encode(), content_type=PVSCHEMA)

    def draft(self) -> CollectionDraft:
        """The collection in the body, by its content type."""
        kind = (self.http.content_type or "application/json").lower()
        if kind == PVSCHEMA:
            return pvschema.parse(self.text_body())
        if kind != "application/json":
            raise UnsupportedMedia
        found = self.json_object()
        properties = found.get("properties")
        if properties is not None and not _are_objects(properties):
            raise bad_request("properties", "must be an array of objects")
        if not isinstance(found.get("name"), str):
            raise bad_request("name", "must be a string")
        return collection_from_json(found)


def _are_objects(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(each, dict) for each in found)


class CollectionsView(SchemaView):
    """GET and POST /ctl/collections"""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.read_common()
        found = collections.list_collections(self.actor)
        with_builtins = "show_builtins" in self.options("show_builtins")
        if self.wants_text():
            return self.reply_text(pvschema.render_all(found, with_builtins=with_builtins))
        return self.reply([collection_json(each, with_builtins=with_builtins) for each in found])

    def post(self, request: HttpRequest) -> HttpResponse:
        self.enter(Capability.COLLECTIONS_WRITER)
        self.options("show_builtins")
        self.wants_text()
        return self.show(collections.add_collection(self.actor, self.draft()))


class CollectionView(SchemaView):
    """GET, PATCH and DELETE /ctl/collections/{collection}"""

    def get(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.COLLECTIONS_READER, collection)
        return self.show(collections.get_collection(self.actor, collection))

    def patch(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.COLLECTIONS_WRITER, collection)
        self.options("show_builtins")
        return self.show(collections.update_collection(self.actor, collection, self.draft()))

    def delete(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.COLLECTIONS_WRITER, collection)
        collections.delete_collection(self.actor, collection)
        return self.empty()
