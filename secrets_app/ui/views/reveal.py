"""Uncover one field of a secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from secrets_app.records import Ref
from secrets_app.services import fieldwise
from secrets_app.ui.views import secret
from vaultportal.errors import Forbidden
from vaultportal.identity.actor import Actor
from vaultportal.ui import reasons
from vaultportal.ui.fields import FieldRow, Uncovering
from vaultportal.ui.views import reveal


class RevealView(reveal.RevealView):
    """GET, POST /secrets/{id}/reveal/?field="""

    reasons = reasons.SECRETS
    template = "secrets_app/secret.html"

    def find(self, key: str, version: str, **kwargs: Any) -> Uncovering:
        found = fieldwise.outline(self.actor, Ref(id=kwargs["secret_id"]))
        if not found.info.may_read:
            raise Forbidden("secret")
        row = secret.rows_of(found)[reveal.position(key, len(found.names))]
        return Uncovering(
            row,
            page_url=reverse("secrets:secret", args=[found.info.id]),
            reveal_url=reverse("secrets:reveal", args=[found.info.id]),
            version=version or str(found.info.version),
            crumbs=tuple(secret.crumbs(self.actor, found.info)),
            thing=found,
        )

    def uncover(self, actor: Actor, wanted: Uncovering, purpose: str) -> FieldRow:
        opened = fieldwise.reveal_field(
            actor,
            Ref(id=wanted.thing.info.id),
            int(wanted.row.key),
            version=int(wanted.version) if wanted.version.isdecimal() else 0,
            purpose=purpose,
        )
        return wanted.row.opened(opened.text)

    def page(self, wanted: Uncovering, opened: FieldRow) -> Mapping[str, Any]:
        return secret.page_context(self.actor, wanted.thing, opened)

    def beside(self, wanted: Uncovering) -> Mapping[str, Any]:
        info = wanted.thing.info
        return {
            "info": info,
            "last_reads": secret.last_reads(self.actor, info),
            "beside": "secrets_app/_last_reads.html",
        }
