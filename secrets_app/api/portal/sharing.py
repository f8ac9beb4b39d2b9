"""Grants, readers, one-time links and check-outs of a secret in our own API."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema

from secrets_app import readers
from secrets_app.api.portal import documents, schemas
from secrets_app.api.portal.base import SecretsView
from secrets_app.records import Ref
from secrets_app.services import checkouts, grants, links
from secrets_app.services.grants import Holder
from vaultportal.api import query
from vaultportal.api.wire import Fields

KINDS = ("role", "user")
RIGHTS = ("read", "write")


class GrantsView(SecretsView):
    """GET, POST /api/v1/secrets/{id}/grants"""

    @extend_schema(
        operation_id="listSecretGrants",
        summary="List the grants, ended ones too",
        responses={200: schemas.GrantList},
    )
    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        found = grants.list_grants(self.actor, Ref(id=secret_id))
        return self.items([documents.grant(row) for row in found])

    @extend_schema(
        operation_id="giveSecretGrant",
        summary="Give a right, for good or for a time",
        parameters=schemas.CONDITIONS,
        request=schemas.NewGrant,
        responses={200: schemas.Written},
    )
    def post(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        fields = Fields(self.json_object())
        holder = _holder(fields)
        right = fields.choice("right", "", RIGHTS, required=True)
        valid_until = fields.time("valid_until")
        fields.refuse_unknown()
        fields.check()
        made = grants.give(
            self.actor,
            Ref(id=secret_id),
            holder,
            "write" if right == "write" else "read",
            valid_until=valid_until,
            condition=self.condition(),
        )
        return self.written(made)


class GrantView(SecretsView):
    """DELETE /api/v1/secrets/{id}/grants/{kind}/{holder}/{right}"""

    @extend_schema(
        operation_id="takeSecretGrant",
        summary="Take a right away",
        parameters=schemas.CONDITIONS,
        responses={200: schemas.Written},
    )
    def delete(
        self, request: HttpRequest, secret_id: UUID, kind: str, holder_id: UUID, right: str
    ) -> HttpResponse:
        if kind not in KINDS:
            raise query.refuse("kind", "choice", "must be role or user")
        if right not in RIGHTS:
            raise query.refuse("right", "choice", "must be read or write")
        made = grants.take(
            self.actor,
            Ref(id=secret_id),
            Holder("role" if kind == "role" else "user", holder_id),
            "write" if right == "write" else "read",
            condition=self.condition(),
        )
        return self.written(made)


class ReadersView(SecretsView):
    """GET /api/v1/secrets/{id}/readers"""

    @extend_schema(
        operation_id="listSecretReaders",
        summary="Who can read it now and why, and who did",
        parameters=schemas.READINGS,
        responses={200: schemas.Readers},
    )
    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        ref = Ref(id=secret_id)
        limit = query.integer(request, "limit", 100, least=1, most=500, clamp=True)
        now = readers.list_readers(self.actor, ref)
        did = readers.list_readings(self.actor, ref, limit=limit)
        return self.document(
            {
                "can": [documents.reader(row) for row in now],
                "did": [documents.reading(row) for row in did],
            }
        )


class LinksView(SecretsView):
    """GET, POST /api/v1/secrets/{id}/links"""

    @extend_schema(
        operation_id="listSecretLinks",
        summary="List the one-time links",
        responses={200: schemas.LinkList},
    )
    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        found = links.list_links(self.actor, Ref(id=secret_id))
        return self.items([documents.link(row) for row in found])

    @extend_schema(
        operation_id="makeSecretLink",
        summary="Make a one-time link; its token is told this once",
        request=schemas.NewLink,
        responses={201: schemas.MadeLink},
    )
    def post(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        fields = Fields(self.json_object())
        terms = links.Terms(
            views=fields.integer("views", 1) or 0,
            hours=fields.integer("hours", 24) or 0,
            passphrase=fields.text("passphrase"),
            receiver=fields.uuid("receiver_id"),
        )
        fields.refuse_unknown()
        fields.check()
        made = links.make_link(self.actor, Ref(id=secret_id), terms)
        return self.document(documents.link(made.link) | {"token": made.token}, 201)


class MyLinksView(SecretsView):
    """GET /api/v1/secrets/links"""

    @extend_schema(
        operation_id="listMySecretLinks",
        summary="List the links that I made",
        responses={200: schemas.LinkList},
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.items([documents.link(row) for row in links.list_links(self.actor)])


class MyLinkView(SecretsView):
    """DELETE /api/v1/secrets/links/{id}"""

    @extend_schema(operation_id="revokeSecretLink", summary="Close a link", responses={204: None})
    def delete(self, request: HttpRequest, link_id: UUID) -> HttpResponse:
        links.revoke_link(self.actor, link_id)
        return self.empty(204)


class CheckoutsView(SecretsView):
    """GET, POST, DELETE /api/v1/secrets/{id}/checkouts"""

    @extend_schema(
        operation_id="listSecretCheckouts",
        summary="Who has it, waits, and had it",
        responses={200: schemas.CheckoutList},
    )
    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        found = checkouts.list_checkouts(self.actor, Ref(id=secret_id))
        return self.items([documents.checkout(row) for row in found])

    @extend_schema(
        operation_id="checkOutSecret",
        summary="Check a shared secret out, or stand in line",
        request=schemas.NewCheckout,
        responses={201: schemas.Checkout},
    )
    def post(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        fields = Fields(self.json_object())
        reason = fields.text("reason", required=True)
        minutes = fields.integer("minutes", required=True) or 0
        fields.refuse_unknown()
        fields.check()
        ref = Ref(id=secret_id)
        made = checkouts.check_out(self.actor, ref, reason=reason, minutes=minutes)
        return self.document(documents.checkout(made), 201)

    @extend_schema(
        operation_id="checkInSecret",
        summary="Give it back, or leave the line",
        responses={204: None},
    )
    def delete(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        checkouts.check_in(self.actor, Ref(id=secret_id))
        return self.empty(204)


class ForceReturnView(SecretsView):
    """POST /api/v1/secrets/{id}/checkouts/force-return"""

    @extend_schema(
        operation_id="forceReturnSecret",
        summary="Take it back from its holder",
        request=None,
        responses={204: None},
    )
    def post(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        checkouts.force_return(self.actor, Ref(id=secret_id))
        return self.empty(204)


def _holder(fields: Fields) -> Holder:
    kind = fields.choice("kind", "role", KINDS)
    found = fields.uuid("id", required=True)
    return Holder("user" if kind == "user" else "role", found or UUID(int=0))
