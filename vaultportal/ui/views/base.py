"""The base of every page: an actor, and the whole page or the part that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.views import View

from vaultportal.errors import StepUpRequired, Unauthenticated
from vaultportal.identity import authentication, proof
from vaultportal.identity.actor import Actor
from vaultportal.ui import kept, lists, told
from vaultportal.ui.columns import PARAMETER, Columns, Row, Thing
from vaultportal.ui.filters import Filters
from vaultportal.ui.lists import ListOf
from vaultportal.ui.partial import wants_partial
from vaultportal.ui.saved_views import SavedViews


class PortalView(View):
    """One class an address. ``self.actor`` is who looks; failures leave through ``ui.errors``.

    a_list: what can be saved and chosen of the list that the page is; None for all other pages.
    """

    a_list: ClassVar[ListOf | None] = None
    actor: Actor

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        back_url = request.get_full_path() if hasattr(self, "get") else "/"
        if (question := kept.take_up(request, back_url)) is not None:
            return question
        if not request.user.is_authenticated:
            raise Unauthenticated
        self.actor = authentication.session_actor(request)
        request.actor = self.actor  # type: ignore[attr-defined]  # ours, for the access log
        wants = request.GET.getlist(PARAMETER) if request.method == "GET" else []
        if self.a_list and len(wants) > 1:
            # A form of checkboxes says it so. One parameter says the same in every address.
            here = self.a_list.kept(request.GET)
            return redirect(lists.address(_name_of(request), lists.encoded(here)))
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
        filtered = isinstance(context.get("filters"), Filters)
        menus = self._menus() if filtered else {}
        whole = {"actor": self.actor, **menus, **context}
        response = render(self.request, chosen, whole, status=status)
        if self.is_partial and filtered:
            # The list was asked for; what it is filtered by stands beside it, and in its menus.
            beside = {"filters": context["filters"], "oob": True, **menus}
            for part in ("chips", *menus):
                response.write(render_to_string(f"components/{part}.html", beside, self.request))
            if sentence := told.of(context):
                response.write(render_to_string("components/told.html", {"told": sentence}))
        patch_vary_headers(response, ("HX-Request", "HX-Request-Type"))
        return response

    def _menus(self) -> dict[str, Any]:
        """What stands beside the filters of the list, each by the name of its template."""
        if self.a_list is None or self.request.resolver_match is None:
            return {}
        query, menus = self.request.GET, dict[str, Any]()
        if self.a_list.columns:
            menus["columns"] = self.columns(self.a_list)
        menus["views"] = SavedViews(self.actor, _name_of(self.request), self.a_list, query)
        return menus

    def columns(self, a_list: ListOf) -> Columns:
        """What the table shows, of what the actor may see of it."""
        return a_list.columns_of(self.request.GET)

    def in_order(self, rows: QuerySet[Row]) -> QuerySet[Row]:
        """The rows of the list as its address sorts them."""
        return self.columns(self.a_list).in_order(rows) if self.a_list else rows

    def arranged(self, things: list[Thing]) -> list[Thing]:
        """As ``in_order``, of what is no query."""
        return self.columns(self.a_list).arranged(things) if self.a_list else things

    @property
    def is_partial(self) -> bool:
        return wants_partial(self.request)

    def require_recent_proof(self) -> None:
        """StepUpRequired when the person last showed who they are more than 15 minutes ago."""
        if not proof.is_recent(self.request):
            raise StepUpRequired


def _name_of(request: HttpRequest) -> str:
    """The name of the address."""
    match = request.resolver_match
    return match.view_name if match else ""
