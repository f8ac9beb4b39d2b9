"""One object: its properties masked, and all that hangs on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from collections_app.permissions import Capability
from collections_app.rows.tokens import TokenFilter
from collections_app.schema.compiled import CollectionSchema
from collections_app.selectors import grants, owning, rights
from collections_app.selectors.masking import masked_key
from collections_app.services import reading, tokens
from collections_app.services.options import ReadOptions
from collections_app.ui import columns, shell
from collections_app.ui.reason import asking
from collections_app.ui.refused import why_not_read
from collections_app.ui.views.base import CollectionView, crumbs
from vaultportal.errors import Forbidden, NotFound
from vaultportal.identity.actor import Actor
from vaultportal.ui import activity, errors
from vaultportal.ui.fields import FieldRow

TIMES = ("_creation_time", "_modification_time", "_expiration_time")
FURTHER = (*TIMES, "_owner_id", "_tenant_id")
LATEST = 10
SHOWN = (
    Capability.OBJECTS_UPDATER,
    Capability.OBJECTS_DELETER,
    Capability.OBJECTS_READER,
    Capability.TOKENS_READER,
    Capability.TOKENS_WRITER,
)


class ObjectView(CollectionView):
    """GET /collections/{name}/objects/{id}/"""

    def get(self, request: HttpRequest, name: str, object_id: UUID) -> HttpResponse:
        schema = self.schema_of(name)
        base = {
            "schema": schema,
            "object_id": object_id,
            "crumbs": crumbs_of(schema, object_id),
            **asking(request),
        }
        status = 200
        if not base["reason"]:
            context = base | {"needs_reason": True}
        else:
            try:
                context = base | page_context(self.reading(), schema, object_id)
            except Forbidden as refusal:
                errors.note_refusal(request, refusal)
                context = base | _refused(self.reading(), schema)
                status = 403
        template = "collections_app/object.html"
        return self.render(template, template, context, status)


def _refused(actor: Actor, schema: CollectionSchema) -> dict[str, Any]:
    """Whom to ask, and where it is explained."""
    right = Capability.OBJECTS_READER
    keys = readable(rights.of(actor, [schema], right), schema)
    return {
        "refused": True,
        "owners": grants.owners_of(schema),
        "why_url": why_not_read(actor, schema, right, keys),
    }


def readable(held: rights.Rights, schema: CollectionSchema) -> list[str]:
    """What of an object a page may show to whoever holds these rights, masked where it is sealed.

    Where that is nothing it is everything: the refusal is the service's.
    """
    masks = [key for each in schema.properties.values() if (key := masked_key(each))]
    able = [
        key for key in (*masks, *FURTHER) if held.reads(schema, [key], Capability.OBJECTS_READER)
    ]
    return able or [*masks, *FURTHER]


def fetch(
    actor: Actor, schema: CollectionSchema, object_id: UUID, props: tuple[str, ...]
) -> tuple[dict[str, Any], bool]:
    """The object, active or archived, and whether it is archived; NotFound when neither."""
    text = str(object_id)
    try:
        return reading.get_object(actor, schema.name, text, ReadOptions(props=props)), False
    except NotFound as missing:
        options = ReadOptions(props=props, archived=True)
        try:
            return reading.get_object(actor, schema.name, text, options), True
        except Forbidden:  # of archived objects they learn nothing, not even that there is one
            raise missing from None


def page_context(
    actor: Actor,
    schema: CollectionSchema,
    object_id: UUID,
    opened: Mapping[str, FieldRow] | None = None,
) -> dict[str, Any]:
    """Everything on the page of one object. opened: the uncovered rows by property."""
    shown = opened or {}
    held = rights.of(actor, [schema], *SHOWN)
    keys = readable(held, schema)
    values, is_archived = fetch(actor, schema, object_id, ("id", *keys))
    rows = columns.fields_of(schema, values)
    place = [schema.name, object_id]
    ends = columns.moment_of(values.get("_expiration_time"))
    return {
        "schema": schema,
        "object_id": object_id,
        "is_archived": is_archived,
        "rows": [shown.get(row.key, row) for row in rows],
        "hidden": sum(not row.is_plain for row in rows),
        "page_url": reverse("collections:object", args=place),
        "reveal_url": reverse("collections:reveal", args=place),
        "reveal_all_url": reverse("collections:reveal_all", args=place),
        "created": columns.moment_of(values.get("_creation_time")),
        "changed": columns.moment_of(values.get("_modification_time")),
        "ends": ends,
        "knows_end": "_expiration_time" in keys,
        "ends_soon": ends is not None and not is_archived and (ends - timezone.now()).days < 30,
        "tenant": values.get("_tenant_id"),
        "owners": _owners(actor, schema, object_id) if values.get("_owner_id") else [],
        "tokens": _tokens(actor, held, schema, object_id, archived=is_archived),
        "may": {right.name.lower(): held.may(right, schema) for right in SHOWN},
        "happenings": activity.of_target(actor, str(object_id), LATEST),
        "crumbs": crumbs_of(schema, object_id),
    }


def _owners(actor: Actor, schema: CollectionSchema, object_id: UUID) -> list[owning.Owning]:
    visible = {each.name for each in shell.visible(actor)}
    return owning.owners_of(schema, object_id, visible)


def _tokens(
    actor: Actor,
    held: rights.Rights,
    schema: CollectionSchema,
    object_id: UUID,
    *,
    archived: bool,
) -> list[dict[str, Any]] | None:
    """What is known of the tokens of the object; None for who may not see tokens."""
    if not held.may(Capability.TOKENS_READER, schema):
        return None
    wanted = TokenFilter(object_ids=(object_id,))
    try:
        return tokens.search_tokens(actor, schema.name, wanted, archived=archived)
    except Forbidden:  # no policy lets them be seen: the page says so, and it is no attempt
        return None


def crumbs_of(schema: CollectionSchema, object_id: UUID, *further: tuple[str, str]) -> list[Any]:
    """From the list of collections to the object, and what is done to it."""
    url = reverse("collections:object", args=[schema.name, object_id]) if further else ""
    return crumbs(schema, (columns.short_id(str(object_id)), url), *further)
