"""One object: its properties masked, each uncovered on its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from collections_app.schema.compiled import CollectionSchema
from collections_app.services import collections, reading
from collections_app.services.options import ReadOptions
from collections_app.ui import columns
from collections_app.ui.reason import MASKED, browsing_reason
from vaultportal.errors import Forbidden
from vaultportal.identity.actor import Actor
from vaultportal.ui import errors, reasons
from vaultportal.ui.fields import FieldRow, Uncovering
from vaultportal.ui.views import reveal
from vaultportal.ui.views.base import PortalView

TIMES = ("_creation_time", "_modification_time", "_expiration_time")


class ObjectView(PortalView):
    """GET /collections/{name}/objects/{id}/"""

    def get(self, request: HttpRequest, name: str, object_id: UUID) -> HttpResponse:
        schema = collections.get_collection(self.actor, name)
        actor = self.actor.with_(reason=browsing_reason(request), custom_audit=MASKED)
        status = 200
        try:
            context = page_context(actor, schema, object_id)
        except Forbidden as refusal:
            errors.note_refusal(request, refusal)
            context = {"schema": schema, "refused": True, "crumbs": crumbs(schema, object_id)}
            status = 403
        return self.render(
            "collections_app/object.html", "collections_app/object.html", context, status
        )


class RevealView(reveal.RevealView):
    """GET, POST /collections/{name}/objects/{id}/reveal/?field=property"""

    reasons = reasons.WIRE
    template = "collections_app/object.html"

    def find(self, key: str, version: str, **kwargs: Any) -> Uncovering:
        schema = collections.get_collection(self.actor, kwargs["name"])
        each = schema.properties.get(key)
        if each is None:
            raise Http404
        place = [schema.name, kwargs["object_id"]]
        row = FieldRow(each.name, each.name, each.data_type.name)
        return Uncovering(
            row,
            page_url=reverse("collections:object", args=place),
            reveal_url=reverse("collections:reveal", args=place),
            crumbs=tuple(crumbs(schema, kwargs["object_id"])),
            thing=(schema, kwargs["object_id"]),
        )

    def uncover(self, actor: Actor, wanted: Uncovering, purpose: str) -> FieldRow:
        schema, object_id = wanted.thing
        name = wanted.row.key
        mask = columns.key_of(schema.properties[name])
        found = reading.get_object(
            actor.with_(custom_audit=purpose),
            schema.name,
            str(object_id),
            ReadOptions(props=tuple(filter(None, (name, mask)))),
        )
        shown = replace(wanted.row, mask=columns.as_text(found.get(mask)))
        return shown.opened(columns.as_text(found[name]))

    def page(self, wanted: Uncovering, opened: FieldRow) -> Mapping[str, Any]:
        schema, object_id = wanted.thing
        actor = self.actor.with_(reason=browsing_reason(self.request), custom_audit=MASKED)
        return page_context(actor, schema, object_id, opened)


def page_context(
    actor: Actor, schema: CollectionSchema, object_id: UUID, opened: FieldRow | None = None
) -> dict[str, Any]:
    """All that object.html shows; ``opened`` takes the place of its masked row."""
    keys = [key for each in schema.properties.values() if (key := columns.key_of(each))]
    values = reading.get_object(
        actor, schema.name, str(object_id), ReadOptions(props=("id", *keys, *TIMES))
    )
    place = [schema.name, object_id]
    return {
        "schema": schema,
        "object_id": object_id,
        "values": values,
        "rows": [
            opened if opened is not None and opened.key == row.key else row
            for row in columns.fields_of(schema, values)
        ],
        "page_url": reverse("collections:object", args=place),
        "reveal_url": reverse("collections:reveal", args=place),
        "times": [moment_of(values[name]) for name in TIMES],
        "crumbs": crumbs(schema, object_id),
    }


def crumbs(schema: CollectionSchema, object_id: UUID) -> list[tuple[str, str]]:
    """From the list of collections to the object."""
    short = f"{str(object_id)[:4]}…{str(object_id)[-4:]}"
    return [
        (_("Collections"), "/collections/"),
        (schema.name, f"/collections/{schema.name}/"),
        (short, ""),
    ]


def moment_of(text: str | None) -> datetime | None:
    """A time of the wire."""
    return None if text is None else datetime.fromisoformat(text)
