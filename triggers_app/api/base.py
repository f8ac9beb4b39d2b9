"""What all views of the dialect share: the language, the rate limit, the experimental header."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from triggers_app import rights
from triggers_app.api import locale, rate
from triggers_app.api.openapi import SailPointSchema
from vaultportal.api import body
from vaultportal.api.views import VaultAPIView
from vaultportal.errors import Fault, Invalid
from vaultportal.identity.permissions import PermissionEnum

HEADER = "X-SailPoint-Experimental"
# "" is the address without a release, as the vendor's page prints it.
EXPERIMENTAL = frozenset({"", "v2024", "v2025"})


class SailPointView(VaultAPIView):
    """Every route gives ``release``: beta, v2024, v2025, v2026, v1 or "".

    needs: the right that a method asks for before it looks at its body; the service asks again.
    """

    needs: ClassVar[Mapping[str, PermissionEnum]] = {}
    schema = SailPointSchema()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As every API view; failures are worded for who asks."""
        with locale.listening(request):
            return super().dispatch(request, *args, **kwargs)

    def _handler(self, request: HttpRequest) -> Callable[..., HttpResponseBase]:
        # The same mapping that the handler is called with: it need not know of releases.
        release = self.kwargs.pop("release")
        rate.check(self.actor, release)
        _check_experimental(request, release)
        handler = super()._handler(request)
        if needed := self.needs.get(request.method or ""):
            rights.enter(self.actor, needed)
        return handler

    def json_list(self, *content_types: str) -> list[Any]:
        """The body as a JSON array."""
        found = body.read_json(self.http, content_types=content_types)
        if not isinstance(found, list):
            raise Invalid(faults=(Fault("body", "type", "must be an array"),))
        return found


def _check_experimental(request: HttpRequest, release: str) -> None:
    if release not in EXPERIMENTAL:
        return
    value = request.headers.get(HEADER)
    if value is None and settings.TRIGGERS_EXPERIMENTAL_HEADER == "lenient":
        return
    if value is None or value.strip().lower() != "true":
        raise Invalid(
            message=f"The header {HEADER} must be sent with the value true.",
            reason="experimental",
            faults=(Fault(HEADER, "conflict", "must be sent with the value true"),),
        )
