"""/data/collections/{collection}/objects"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from collections_app.api.base import PiianoView
from collections_app.api.dialect import PiianoDialect
from collections_app.errors import bad_size
from collections_app.permissions import Capability
from collections_app.services import adding, erasing, reading, searching, updating
from collections_app.services.bulk import Bulk
from collections_app.services.options import WriteOptions
from collections_app.services.reading import Page
from vaultportal.api import query


class ObjectsView(PiianoView):
    """GET and POST /data/collections/{collection}/objects"""

    def get(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.OBJECTS_LISTER, collection)
        page = reading.list_objects(
            self.actor,
            collection,
            self.read_options(may_export=True),
            ids=self.array("ids"),
            page_size=self.page_size(),
            cursor=query.text(self.http, "cursor"),
        )
        return self.reply(page_json(page))

    def post(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.OBJECTS_CREATOR, collection)
        options = self.write_options(may_expire_now=False)
        made = adding.add_object(self.actor, collection, self.json_object(), options)
        return self.reply({"id": str(made)})


class ObjectView(PiianoView):
    """GET, PATCH and DELETE /data/collections/{collection}/objects/{id}"""

    def get(self, request: HttpRequest, collection: str, object_id: str) -> HttpResponse:
        self.enter(Capability.OBJECTS_READER, collection)
        return self.reply(
            reading.get_object(self.actor, collection, object_id, self.read_options())
        )

    def patch(self, request: HttpRequest, collection: str, object_id: str) -> HttpResponse:
        self.enter(Capability.OBJECTS_UPDATER, collection)
        archived = "archived" in self.options("archived")
        options = self.write_options(may_expire_now=True, archived=archived)
        updating.update_object(self.actor, collection, object_id, self.json_object(), options)
        return self.empty()

    def delete(self, request: HttpRequest, collection: str, object_id: str) -> HttpResponse:
        self.enter(Capability.OBJECTS_DELETER, collection)
        archived = "archived" in self.options("archived")
        options = WriteOptions(tenants=self.tenants(), archived=archived)
        erasing.delete_object(self.actor, collection, object_id, options)
        return self.empty()


class BulkObjectsView(PiianoView):
    """POST, PATCH and DELETE /data/collections/{collection}/bulk/objects"""

    def post(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.OBJECTS_CREATOR, collection)
        options = self.write_options(may_expire_now=False)
        outcome = adding.add_objects(self.actor, collection, self._bodies(), options)
        return self.reply(bulk_json(outcome, outcome.ids))

    def patch(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.OBJECTS_UPDATER, collection)
        archived = "archived" in self.options("archived")
        options = self.write_options(may_expire_now=True, archived=archived)
        bodies = self._bodies()
        outcome = updating.update_objects(self.actor, collection, bodies, options)
        return self.reply(bulk_json(outcome, [body["id"] for body in bodies]))

    def delete(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.OBJECTS_DELETER, collection)
        archived = "archived" in self.options("archived")
        options = WriteOptions(tenants=self.tenants(), archived=archived)
        bodies = self._bodies()
        outcome = erasing.delete_objects(self.actor, collection, bodies, options)
        return self.reply(bulk_json(outcome, [body["id"] for body in bodies]))

    def _bodies(self) -> list[Any]:
        bodies = self.json_array()
        if not 1 <= len(bodies) <= settings.PVAULT_SERVICE_MAX_PAGE_SIZE:
            raise bad_size("body", settings.PVAULT_SERVICE_MAX_PAGE_SIZE)
        return bodies


class SearchObjectsView(PiianoView):
    """POST /data/collections/{collection}/query/objects"""

    def post(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.DATA_SEARCHER, collection)
        page = searching.search_objects(
            self.actor,
            collection,
            self.json_object(),
            self.read_options(),
            page_size=self.page_size(),
            cursor=query.text(self.http, "cursor"),
        )
        return self.reply(page_json(page))


class CountObjectsView(PiianoView):
    """GET /data/collections/{collection}/count/objects"""

    def get(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.DATA_READER, collection)
        return self.reply(reading.count_objects(self.actor, collection))


def page_json(page: Page) -> dict[str, object]:
    """The envelope of every page."""
    return {
        "results": page.results,
        "paging": {
            "size": len(page.results),
            "remaining_count": page.remaining,
            "cursor": page.cursor,
        },
    }


def bulk_json(outcome: Bulk, ids: Sequence[object], *, name: str = "id") -> dict[str, object]:
    """The outcome of a bulk call, item by item, in the order given."""
    if outcome.is_done:
        return {"ok": True, "results": [{"ok": True, name: str(each)} for each in ids]}
    dialect = PiianoDialect()
    results: list[dict[str, object]] = []
    for place in range(outcome.size):
        fault = outcome.fault_at(place)
        error = dialect.body(fault, dialect.wording(fault), "")
        item: dict[str, object] = {"ok": False, "error": error}
        if place < len(ids) and ids[place]:
            item[name] = str(ids[place])
        results.append(item)
    return {"ok": False, "results": results}
