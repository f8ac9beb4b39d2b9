"""What all Piiano views share: the common parameters, read in the order of the contract.

A view calls ``enter`` first: the capability is checked before any parameter is looked at, and
whether a collection exists does not show before it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from collections_app import catalog
from collections_app.api import cors
from collections_app.api.openapi import PiianoSchema
from collections_app.errors import (
    adhoc_reason_missing,
    bad_request,
    reason_missing,
    reason_unknown,
)
from collections_app.permissions import Capability
from collections_app.services import claims, guard, signing_in
from collections_app.services.options import (
    REASONS,
    ReadOptions,
    WriteOptions,
    parse_expiration,
)
from vaultportal.api import body, query
from vaultportal.api.views import VaultAPIView
from vaultportal.identity.actor import Actor

MOST_ITEMS = 10_000  # of an array parameter
PVSCHEMA = "application/pvschema"


class PiianoView(VaultAPIView):
    """reasoned: the operation takes ``reason`` and its kin, as all of the data plane do."""

    reasoned: ClassVar[bool] = True
    schema = PiianoSchema()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As every API view; pages of allowed origins may call, and the trace id goes back."""
        if cors.is_preflight(request):
            return cors.preflight(request)
        response = super().dispatch(request, *args, **kwargs)
        cors.allow(request, response)
        trace_id = request.headers.get("X-Pvault-Request-ID", "")
        if trace_id and trace_id.isprintable() and trace_id.isascii():
            response["X-Pvault-Request-ID"] = trace_id[:255]
        return response

    def authenticate(self, request: HttpRequest) -> Actor:
        """API keys and access tokens as everywhere, and signed tokens of the IAM file's issuers."""
        return signing_in.authenticate(request)

    def enter(self, capability: Capability, collection: str = "") -> None:
        """Check the capability, then read reason, audit text and cache order into the actor."""
        guard.require(self.actor, capability, collection)
        self.read_common()

    def read_common(self) -> None:
        """``reason``, ``adhoc_reason``, ``custom_audit`` and ``reload_cache``."""
        changes: dict[str, Any] = {}
        custom = query.text(self.http, "custom_audit", max_length=1000)
        if custom:
            changes["custom_audit"] = custom
        if self.reasoned:
            changes["reason"] = self._reason()
            note = query.text(self.http, "adhoc_reason", max_length=1000)
            if changes["reason"] == "Other" and not note:
                raise adhoc_reason_missing()
            changes["note"] = note
            if query.boolean(self.http, "reload_cache"):
                catalog.refresh()
        if changes:
            self.actor = self.actor.with_(**changes)

    def _reason(self) -> str:
        reason = self.http.GET.get("reason", "")
        if not reason:
            if settings.PVAULT_SERVICE_FORCE_ACCESS_REASON:
                raise reason_missing()
            return ""
        if reason not in REASONS:
            raise reason_unknown(REASONS)
        return reason

    def array(self, name: str) -> list[str]:
        """An array parameter: repeated, comma-separated, or both."""
        found = query.array(self.http, name)
        if len(found) > MOST_ITEMS:
            raise bad_request(name, f"must have at most {MOST_ITEMS} items")
        if any("\0" in item for item in found):
            raise bad_request(name, "must not hold the NUL character")
        return found

    def options(self, *known: str) -> set[str]:  # type: ignore[override]  # DRF's OPTIONS handler is not used
        """The ``options`` parameter; PV1012 for one that the operation does not know."""
        found = set(self.array("options"))
        if unknown := found - set(known):
            raise bad_request(
                "options", f"must be of {', '.join(known)}, not {len(unknown)} others"
            )
        return found

    def tenants(self) -> tuple[str, ...]:
        """``X-Tenant-Id``: a comma list; what a signed token says of tenants outranks it."""
        header = self.http.headers.get("X-Tenant-Id", "")
        asked = dict.fromkeys(item for item in map(str.strip, header.split(",")) if item)
        return claims.tenants(self.actor, tuple(asked))

    def write_options(self, *, may_expire_now: bool, archived: bool = False) -> WriteOptions:
        """The parameters of adding and updating objects."""
        is_import = query.boolean(self.http, "import")
        export_key = query.text(self.http, "export_key")
        if export_key and not is_import:
            raise bad_request("export_key", "can be given with import only")
        return WriteOptions(
            expiration=parse_expiration(
                self.http.GET.get("expiration_secs"), may_be_zero=may_expire_now
            ),
            tenants=self.tenants(),
            is_import=is_import,
            export_key=export_key,
            archived=archived,
        )

    def read_options(self, *, may_export: bool = False) -> ReadOptions:
        """The parameters of reading objects."""
        options = self.options("unsafe", "show_builtins", "archived")
        return ReadOptions(
            props=tuple(dict.fromkeys(self.array("props"))),
            unsafe="unsafe" in options,
            show_builtins="show_builtins" in options,
            archived="archived" in options,
            tenants=self.tenants(),
            param=self.http.headers.get("X-Trans-Param", ""),
            export=may_export and query.boolean(self.http, "export"),
        )

    def page_size(self) -> int | None:
        """``page_size``, None when it was not sent."""
        if not self.http.GET.get("page_size"):
            return None
        return query.integer(self.http, "page_size", 0, least=-(10**9), most=10**9)

    def json_array(self) -> list[Any]:
        """The body as a JSON array."""
        found = self.json()
        if not isinstance(found, list):
            raise bad_request("body", "must be a JSON array")
        return found

    def text_body(self) -> str:
        """The body as text."""
        try:
            return body.raw(self.http).decode()
        except UnicodeDecodeError:
            raise bad_request("body", "must be UTF-8") from None


class ControlView(PiianoView):
    """A view of the control or system plane: ``custom_audit`` is all that is common there."""

    reasoned = False
