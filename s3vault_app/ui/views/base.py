"""What the storage pages have in common: a decision that is awaited, and crumbs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from vaultportal.errors import Pending
from vaultportal.ui.views.base import PortalView

QUEUE = "/access/requests/"
Crumbs = list[tuple[str, str]]


class StorageView(PortalView):
    """A page where a gate may stand before what is asked for: it says so, and what comes next."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except Pending as pending:
            return self._awaited(pending)

    def _awaited(self, pending: Pending) -> HttpResponse:
        approval = (pending.context.get("approval") or "").rstrip("/").rsplit("/", 1)[-1]
        context = {
            "decision_url": f"{QUEUE}{approval}/" if approval else QUEUE,
            "back_url": self.request.get_full_path(),
            "crumbs": [*vault_crumbs(), (_("Waiting for a decision"), "")],
        }
        template = "s3vault_app/awaited.html"
        return self.render(template, template, context, status=202)


def vault_crumbs(*further: tuple[str, str]) -> Crumbs:
    """From the list of vaults downwards."""
    return [(_("S3 vaults"), reverse("storage:vaults")), *further]


def endpoint_crumbs(*further: tuple[str, str]) -> Crumbs:
    """From the list of endpoints downwards."""
    return [(_("Endpoints"), reverse("storage:endpoints")), *further]


def plan_crumbs(*further: tuple[str, str]) -> Crumbs:
    """From the list of plans downwards."""
    return [(_("Plans"), reverse("storage:plans")), *further]


def pool_crumbs(*further: tuple[str, str]) -> Crumbs:
    """From the list of storage pools downwards."""
    return plan_crumbs((_("Storage pools"), reverse("storage:pools")), *further)


def job_crumbs(*further: tuple[str, str]) -> Crumbs:
    """From the list of jobs downwards."""
    return [(_("Jobs"), reverse("storage:jobs")), *further]


def numbers(given: list[str]) -> list[int]:
    """The numbers of the wire among posted values; everything else is left out."""
    return [int(text) for text in given if text.isascii() and text.isdecimal() and len(text) < 10]
