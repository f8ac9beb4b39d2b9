"""/data/collections/{collection}/tokens and its kin"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from collections_app.api.base import PiianoView
from collections_app.api.views.objects import bulk_json, page_json
from collections_app.errors import bad_request
from collections_app.permissions import Capability
from collections_app.rows.tokens import TokenFilter
from collections_app.services import token_transfer, token_updates, tokenizing, tokens
from collections_app.services.options import parse_expiration
from collections_app.services.sources import texts
from vaultportal.api import query


class TokenView(PiianoView):
    """What token views share."""

    def filter(self) -> TokenFilter:
        """The three filters of the address."""
        return tokens.token_filter(
            self.array("token_ids"), self.array("object_ids"), self.array("tags")
        )

    def expiration(self, *, may_be_zero: bool) -> Any:
        """``expiration_secs``."""
        return parse_expiration(self.http.GET.get("expiration_secs"), may_be_zero=may_be_zero)


class TokensView(TokenView):
    """POST, GET, PATCH and DELETE /data/collections/{collection}/tokens"""

    def post(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.TOKENS_WRITER, collection)
        return self.reply(
            tokenizing.tokenize(
                self.actor,
                collection,
                self.json_array(),
                expiration=self.expiration(may_be_zero=False),
                transaction_id=query.text(self.http, "transaction_id"),
                tenants=self.tenants(),
            )
        )

    def get(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.TOKENS_DETOKENIZER, collection)
        options = self.options("include_metadata", "include_aggregated_data")
        return self.reply(
            tokens.detokenize(
                self.actor,
                collection,
                self.filter(),
                props=self.array("props"),
                tenants=self.tenants(),
                with_metadata="include_metadata" in options,
                with_aggregate="include_aggregated_data" in options,
                param=self.http.headers.get("X-Trans-Param", ""),
            )
        )

    def patch(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.TOKENS_WRITER, collection)
        token_updates.update_tokens(
            self.actor,
            collection,
            self.filter(),
            self.json_object(),
            expiration=self.expiration(may_be_zero=True),
            tenants=self.tenants(),
            archived="archived" in self.options("archived"),
        )
        return self.empty()

    def delete(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.TOKENS_WRITER, collection)
        tenants = self.tenants()
        if old := query.text(self.http, "tenant_id"):  # deprecated, and means the header
            tenants = (*tenants, *(item for item in old.split(",") if item))
        tokens.delete_tokens(
            self.actor,
            collection,
            self.filter(),
            tenants=tenants,
            archived="archived" in self.options("archived"),
        )
        return self.empty()


class RotateTokensView(TokenView):
    """POST /data/collections/{collection}/rotate/tokens"""

    def post(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.TOKENS_WRITER, collection)
        ids = self.array("token_ids")
        return self.reply(tokens.rotate_tokens(self.actor, collection, ids, tenants=self.tenants()))


class SearchTokensView(TokenView):
    """POST /data/collections/{collection}/query/tokens"""

    def post(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.TOKENS_READER, collection)
        options = self.options("archived", "include_aggregated_data")
        body = self.json_object()
        if unknown := body.keys() - {"token_ids", "object_ids", "tags"}:
            raise bad_request(sorted(unknown)[0], "is not known here")
        wanted = tokens.token_filter(
            texts(body, "token_ids"), texts(body, "object_ids"), texts(body, "tags")
        )
        return self.reply(
            tokens.search_tokens(
                self.actor,
                collection,
                wanted,
                tenants=self.tenants(),
                archived="archived" in options,
                with_aggregate="include_aggregated_data" in options,
            )
        )


class CountTokensView(TokenView):
    """GET /data/collections/{collection}/count/tokens"""

    def get(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.DATA_READER, collection)
        return self.reply(tokens.count_tokens(self.actor, collection))


class TransactionView(TokenView):
    """GET /data/collections/{collection}/transaction_id/{id}"""

    def get(self, request: HttpRequest, collection: str, name: str) -> HttpResponse:
        self.enter(Capability.TRANSACTION_ID_READER, collection)
        return self.reply({"ref_ids": tokens.get_transaction(self.actor, collection, name)})


class ExportTokensView(TokenView):
    """GET /data/collections/{collection}/export/tokens"""

    def get(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.TOKENS_EXPORTER, collection)
        page = token_transfer.export_tokens(
            self.actor,
            collection,
            types=self.array("token_types"),
            page_size=self.page_size(),
            cursor=query.text(self.http, "cursor"),
        )
        return self.reply(page_json(page))


class ImportTokensView(TokenView):
    """POST /data/collections/{collection}/import/tokens"""

    def post(self, request: HttpRequest, collection: str) -> HttpResponse:
        self.enter(Capability.TOKENS_IMPORTER, collection)
        bodies = self.json_array()
        outcome = token_transfer.import_tokens(
            self.actor, collection, bodies, export_key=query.text(self.http, "export_key")
        )
        ids = [body.get("token_id") if isinstance(body, dict) else None for body in bodies]
        return self.reply(bulk_json(outcome, ids, name="token_id"))
