"""The base of every page: an actor, and the whole page or the part that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.views import View

from vaultportal.errors import StepUpRequired, Unauthenticated
from vaultportal.identity import authentication
from vaultportal.identity.actor import Actor
from vaultportal.ui import proof
from vaultportal.ui.filters import Filters
from vaultportal.ui.partial import wants_partial


class PortalView(View):
    """One class an address. ``self.actor`` is who looks; failures leave through ``ui.errors``."""

    actor: Actor

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            raise Unauthenticated
        self.actor = authentication.session_actor(request)
        request.actor = self.actor  # type: ignore[attr-defined]  # ours, for the access log
        return super().dispatch(request, *args, **kwargs)

    def render(
        self,
        template: str,
        partial: str,
        context: Mapping[str, Any],
        status: int = 200,
    ) -> HttpResponse:
        """``template`` as a page of its own, ``partial`` for a page that is there already."""
        chosen = partial if self.is_partial else template
        whole = {"actor": self.actor, **context}
        response = render(self.request, chosen, whole, status=status)
        if self.is_partial and isinstance(whole.get("filters"), Filters):
            # The list was asked for; what it is filtered by stands beside it.
            beside = {"filters": whole["filters"], "oob": True}
            response.write(render_to_string("components/chips.html", beside, self.request))
        patch_vary_headers(response, ("HX-Request", "HX-Request-Type"))
        return response

    @property
    def is_partial(self) -> bool:
        return wants_partial(self.request)

    def require_recent_proof(self) -> None:
        """StepUpRequired when the person last showed who they are more than 15 minutes ago."""
        if not proof.is_recent(self.request):
            raise StepUpRequired
