"""One object: its properties masked, each uncovered on its own, and all that hangs on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from collections_app.permissions import Capability
from collections_app.rows.tokens import TokenFilter
from collections_app.schema.compiled import CollectionSchema
from collections_app.selectors import owning, rights
from collections_app.selectors.masking import masked_key
from collections_app.services import collections, reading, tokens
from collections_app.services.options import ReadOptions
from collections_app.ui import columns, shell
from collections_app.ui.reason import CHOICES, MASKED, browsing_reason
from collections_app.ui.views.base import CollectionView, crumbs
from vaultportal.errors import Forbidden, NotFound
from vaultportal.identity.actor import Actor
from vaultportal.ui import activity, errors, reasons
from vaultportal.ui.fields import FieldRow, Uncovering
from vaultportal.ui.views import reveal

TIMES = ("_creation_time", "_modification_time", "_expiration_time")
FURTHER = (*TIMES, "_owner_id", "_tenant_id")
LATEST = 10
SHOWN = (
    Capability.OBJECTS_UPDATER,
    Capability.OBJECTS_DELETER,
    Capability.OBJECTS_READER,
    Capability.TOKENS_READER,
)


class ObjectView(CollectionView):
    """GET /collections/{name}/objects/{id}/"""

    def get(self, request: HttpRequest, name: str, object_id: UUID) -> HttpResponse:
        schema = self.schema_of(name)
        base = {
            "schema": schema,
            "object_id": object_id,
            "crumbs": crumbs_of(schema, object_id),
            "reason": browsing_reason(request),
            "reasons": CHOICES,
        }
        status = 200
        if not base["reason"]:
            context = base | {"needs_reason": True}
        else:
            try:
                context = base | page_context(self.reading(), schema, object_id)
            except Forbidden as refusal:
                errors.note_refusal(request, refusal)
                context = base | {"refused": True}
                status = 403
        template = "collections_app/object.html"
        return self.render(template, template, context, status)


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
        return Uncovering(
            FieldRow(each.name, each.name, columns.hint_of(each)),
            page_url=reverse("collections:object", args=place),
            reveal_url=reverse("collections:reveal", args=place),
            crumbs=tuple(crumbs_of(schema, kwargs["object_id"])),
            thing=(schema, kwargs["object_id"]),
        )

    def uncover(self, actor: Actor, wanted: Uncovering, purpose: str) -> FieldRow:
        schema, object_id = wanted.thing
        name = wanted.row.key
        mask = masked_key(schema.properties[name])
        found = fetch(
            actor.with_(custom_audit=purpose), schema, object_id, tuple(filter(None, (name, mask)))
        )[0]
        shown = replace(wanted.row, mask=columns.as_text(found.get(mask)))
        return shown.opened(columns.as_text(found[name]))

    def page(self, wanted: Uncovering, opened: FieldRow) -> Mapping[str, Any]:
        schema, object_id = wanted.thing
        reason = browsing_reason(self.request) or self.request.POST.get("reason", "")
        actor = self.actor.with_(reason=reason, custom_audit=MASKED)
        further = {"reason": reason, "reasons": CHOICES, "crumbs": wanted.crumbs}
        return page_context(actor, schema, object_id, opened) | further


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
    actor: Actor, schema: CollectionSchema, object_id: UUID, opened: FieldRow | None = None
) -> dict[str, Any]:
    """Everything on the page of one object, with at most one field uncovered."""
    keys = [key for each in schema.properties.values() if (key := masked_key(each))]
    values, is_archived = fetch(actor, schema, object_id, ("id", *keys, *FURTHER))
    held = rights.of(actor, [schema], *SHOWN)
    place = [schema.name, object_id]
    ends = moment_of(values["_expiration_time"])
    return {
        "schema": schema,
        "object_id": object_id,
        "is_archived": is_archived,
        "rows": [
            opened if opened is not None and opened.key == row.key else row
            for row in columns.fields_of(schema, values)
        ],
        "page_url": reverse("collections:object", args=place),
        "reveal_url": reverse("collections:reveal", args=place),
        "created": moment_of(values["_creation_time"]),
        "changed": moment_of(values["_modification_time"]),
        "ends": ends,
        "ends_soon": ends is not None and not is_archived and (ends - timezone.now()).days < 30,
        "tenant": values["_tenant_id"],
        "owners": _owners(actor, schema, object_id) if values["_owner_id"] else [],
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


def moment_of(text: str | None) -> datetime | None:
    """A time of the wire."""
    return None if text is None else datetime.fromisoformat(text)
