"""/ctl/collections/{collection}/properties"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from collections_app.api.base import ControlView
from collections_app.permissions import Capability
from collections_app.schema.drafts import PropertyDraft, property_from_json
from collections_app.schema.wire import property_json
from collections_app.services import collections, properties


class PropertiesView(ControlView):
    """GET /ctl/collections/{collection}/properties"""

    def get(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.COLLECTIONS_READER, collection)
        with_builtins = "show_builtins" in self.options("show_builtins")
        schema = collections.get_collection(self.actor, collection)
        found = schema.listed(with_builtins=with_builtins)
        return self.reply([property_json(each, schema) for each in found])


class PropertyView(ControlView):
    """GET, POST, PATCH and DELETE /ctl/collections/{collection}/properties/{property}"""

    def get(self, request: HttpRequest, collection: str, name: str) -> HttpResponse:
        self.enter(Capability.COLLECTIONS_READER, collection)
        schema, found = properties.get_property(self.actor, collection, name)
        return self.reply(property_json(found, schema))

    def post(self, request: HttpRequest, collection: str, name: str) -> HttpResponse:
        self.enter(Capability.COLLECTIONS_WRITER, collection)
        schema, made = properties.add_property(self.actor, collection, name, self._draft())
        return self.reply(property_json(made, schema))

    def patch(self, request: HttpRequest, collection: str, name: str) -> HttpResponse:
        self.enter(Capability.COLLECTIONS_WRITER, collection)
        schema, changed = properties.update_property(self.actor, collection, name, self._draft())
        return self.reply(property_json(changed, schema))

    def delete(self, request: HttpRequest, collection: str, name: str) -> HttpResponse:
        self.enter(Capability.COLLECTIONS_WRITER, collection)
        properties.delete_property(self.actor, collection, name)
        return self.empty()

    def _draft(self) -> PropertyDraft:
        return property_from_json(self.json_object())
