"""Properties of an object, uncovered: one, or all of them; on record each by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from collections_app.permissions import Capability
from collections_app.schema.compiled import CollectionSchema
from collections_app.selectors import rights
from collections_app.selectors.masking import masked_key
from collections_app.services import collections
from collections_app.ui import columns
from collections_app.ui.reason import MASKED, asking, browsing_reason, with_reason
from collections_app.ui.views.object import crumbs_of, fetch, page_context, readable
from vaultportal.errors import Forbidden
from vaultportal.identity.actor import Actor
from vaultportal.ui import errors, reasons
from vaultportal.ui.fields import FieldRow, Uncovering
from vaultportal.ui.views import reveal

ALL = "-all"  # no property is called so


class RevealView(reveal.RevealView):
    """GET, POST /collections/{name}/objects/{id}/reveal/?field=property"""

    reasons = reasons.WIRE
    template = "collections_app/object.html"

    def find(self, key: str, version: str, **kwargs: Any) -> Uncovering:
        schema = collections.get_collection(self.actor, kwargs["name"])
        each = schema.properties.get(key)
        if each is None:
            raise Http404
        row = FieldRow(each.name, each.name, columns.hint_of(each))
        return self.wanted(schema, row, "collections:reveal")

    def wanted(self, schema: CollectionSchema, row: FieldRow, name: str) -> Uncovering:
        """``row`` of the object, asked for at the address called ``name``."""
        object_id = self.kwargs["object_id"]
        place = [schema.name, object_id]
        return Uncovering(
            row,
            page_url=reverse("collections:object", args=place),
            reveal_url=reverse(name, args=place),
            needs_ticket=schema.needs_ticket,
            crumbs=tuple(crumbs_of(schema, object_id)),
            thing=(schema, object_id),
        )

    def uncover(self, actor: Actor, wanted: Uncovering, purpose: str) -> FieldRow:
        schema, object_id = wanted.thing
        name = wanted.row.key
        mask = masked_key(schema.properties[name])
        if not self._may_read(actor, schema, mask):
            mask = ""
        wanting = tuple(filter(None, (name, mask)))
        found = fetch(actor.with_(custom_audit=purpose), schema, object_id, wanting)[0]
        shown = replace(wanted.row, mask=columns.as_text(found.get(mask)))
        return shown.opened(columns.as_text(found[name]))

    def _may_read(self, actor: Actor, schema: CollectionSchema, mask: str) -> bool:
        """The mask and the bare value are two things: who may read one need not read the other."""
        held = rights.of(actor, [schema], Capability.OBJECTS_READER)
        return bool(mask) and held.reads(schema, [mask], Capability.OBJECTS_READER)

    def page(self, wanted: Uncovering, opened: FieldRow) -> Mapping[str, Any]:
        return self.with_opened(wanted, {opened.key: opened})

    def with_opened(self, wanted: Uncovering, opened: Mapping[str, FieldRow]) -> Mapping[str, Any]:
        """The context of the whole page, for browsers without script."""
        schema, object_id = wanted.thing
        actor = with_reason(self.request, self.actor)
        if not browsing_reason(self.request):  # they came here by the address
            posted = self.request.POST
            actor = actor.with_(reason=posted.get("reason", ""), note=posted.get("note", ""))
        masking = actor.with_(custom_audit=MASKED)
        context = page_context(masking, schema, object_id, opened)
        return asking(self.request) | context | {"crumbs": wanted.crumbs}


class RevealAllView(RevealView):
    """GET, POST /collections/{name}/objects/{id}/reveal-all/: asked once, on record for each.

    What a policy keeps from the actor stays masked; Forbidden where that is everything.
    """

    rows: list[FieldRow]

    def find(self, key: str, version: str, **kwargs: Any) -> Uncovering:
        schema = collections.get_collection(self.actor, kwargs["name"])
        return self.wanted(schema, FieldRow(ALL, _("all properties")), "collections:reveal_all")

    def uncover(self, actor: Actor, wanted: Uncovering, purpose: str) -> FieldRow:
        if purpose == "copy":
            raise Http404
        schema, object_id = wanted.thing
        held = rights.of(actor, [schema], Capability.OBJECTS_READER)
        keys = ("id", *readable(held, schema))
        masks = fetch(actor.with_(custom_audit=MASKED), schema, object_id, keys)[0]
        self.rows, refused = [], None
        for row in columns.fields_of(schema, masks):
            try:
                asked = replace(wanted, row=row)
                opened = row if row.is_plain else super().uncover(actor, asked, "reveal all")
            except Forbidden as refusal:
                errors.note_refusal(self.request, refusal)
                opened, refused = row, refusal
            self.rows.append(opened)
        if refused and not any(row.text is not None for row in self.rows):
            raise refused
        return wanted.row

    def page(self, wanted: Uncovering, opened: FieldRow) -> Mapping[str, Any]:
        return self.with_opened(wanted, {row.key: row for row in self.rows})

    def _show(self, wanted: Uncovering, row: FieldRow, given: Mapping[str, Any]) -> HttpResponse:
        schema, object_id = wanted.thing
        context: dict[str, Any] = {
            "recorded": reasons.in_words(given["reason"], given["note"]),
            "seconds": given["seconds"],
            # Each property hides and is revealed again by itself.
            "reveal_url": reverse("collections:reveal", args=[schema.name, object_id]),
            "page_url": wanted.page_url,
        }
        context |= {"rows": self.rows} if self.is_partial else self.page(wanted, row)
        return self.render(self.template, "collections_app/_revealed_all.html", context)
