"""/api/v1/s3/vaults and /api/v1/s3/keys: proofs, health, dry runs, and pairs per vault."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from s3vault_app import selectors
from s3vault_app.api.openapi import MAP, WHOLE, Op, record
from s3vault_app.api.portal import documents
from s3vault_app.api.portal.base import S3View
from s3vault_app.api.views.vaults import read_order
from s3vault_app.services import keys, vaults
from s3vault_app.services.previews import preview_vault

MOST_INT32 = 2**31 - 1


class VaultsView(S3View):
    """/api/v1/s3/vaults"""

    operations = {"get": Op("Vaults with their proofs")}

    def get(self, request: HttpRequest) -> HttpResponse:
        """By name."""
        rows = selectors.vaults.list_vaults(self.actor)
        return self.document({"items": [documents.vault(row) for row in rows]})


class PreviewView(S3View):
    """/api/v1/s3/vaults/preview"""

    operations = {"post": Op("What a create would do on each machine; nothing is done", body=MAP)}

    def post(self, request: HttpRequest) -> HttpResponse:
        """The body is that of the wire's create."""
        return self.document(preview_vault(self.actor, read_order(self.fields())))


class VaultView(S3View):
    """/api/v1/s3/vaults/{number}"""

    operations = {"get": Op("One vault with its proof")}

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """404 for one that the caller may not see."""
        return self.document(documents.vault(selectors.vaults.get_vault(self.actor, number)))


class VerifyView(S3View):
    """/api/v1/s3/vaults/{number}/verify"""

    operations = {"post": Op("Prove now that the vault is closed to everybody else")}

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        """A job does it."""
        job = vaults.verify_now(self.actor, number)
        return self.document({"job": job.pk}, 202)


class HealthView(S3View):
    """/api/v1/s3/vaults/{number}/health"""

    operations = {"get": Op("Endpoints in the last 24 hours, and what the vault held")}

    def get(self, request: HttpRequest, number: int) -> HttpResponse:
        """The newest first."""
        vault = selectors.vaults.get_vault(self.actor, number)
        return self.document(
            {
                "probes": [documents.probe(row) for row in selectors.health.probes(vault)],
                "usage": [documents.usage(row) for row in selectors.health.usage(vault)],
            }
        )


class KeysView(S3View):
    """/api/v1/s3/keys"""

    operations = {
        "get": Op("Key pairs of a user, one's own by default", query=(("user", "Whose."),)),
        "post": Op(
            "A new pair, for all vaults or for one; its secret is in this answer only",
            body=record(user=WHOLE, vault=WHOLE, overlap_seconds=WHOLE),
        ),
    }

    def get(self, request: HttpRequest) -> HttpResponse:
        """Without secrets."""
        text = request.GET.get("user", "")
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
        rows = selectors.keys.list_pairs(self.actor, number)
        return self.document({"items": [documents.pair(row) for row in rows]})

    def post(self, request: HttpRequest) -> HttpResponse:
        """The pair that it replaces stops, at once or after the overlap."""
        fields = self.fields()
        user = fields.integer("user", self.actor.number, least=1, most=MOST_INT32)
        vault = fields.integer("vault", least=1, most=MOST_INT32)
        seconds = fields.integer("overlap_seconds", 0, least=0, most=30 * 86_400) or 0
        fields.refuse_unknown()
        fields.check()
        made = keys.rotate(
            self.actor,
            user or self.actor.number,
            vault_number=vault,
            overlap=timedelta(seconds=seconds) if seconds else None,
        )
        return self.document(_shown(made), 201)


class KeyView(S3View):
    """/api/v1/s3/keys/{id}"""

    operations = {
        "post": Op("The secret of one's own pair that nobody has seen yet"),
        "delete": Op("End a pair at once"),
    }

    def post(self, request: HttpRequest, key_id: UUID) -> HttpResponse:
        """410 when it was shown before."""
        return self.document(_shown(keys.show_once(self.actor, key_id)))

    def delete(self, request: HttpRequest, key_id: UUID) -> HttpResponse:
        """On every endpoint."""
        keys.revoke(self.actor, key_id)
        return self.empty(204)


def _shown(made: keys.ShownPair) -> dict[str, object]:
    return {
        "id": made.id,
        "access_key_id": made.access_key_id,
        "secret_access_key": made.secret,
    }
