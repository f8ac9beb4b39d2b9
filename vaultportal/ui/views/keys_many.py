"""Several API keys of one owner are revoked at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vaultportal.directory import client_list, selectors
from vaultportal.directory.services import keys
from vaultportal.identity.models import ApiKey
from vaultportal.ui.bulk import Action, Selection
from vaultportal.ui.views.many import ManyView

REVOKE = Action(
    "revoke",
    gettext_lazy("Revoke"),
    danger=True,
    warning=gettext_lazy("They open nothing from now on, and cannot be brought back."),
)


class RevokeKeysView(ManyView[ApiKey]):
    """POST /access/keys/{user}/revoke/: one's own, or those of a person or program."""

    actions = (REVOKE,)

    def get(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        selectors.list_keys(self.actor, user_id)  # may they know whose it is
        return redirect(self.back_url())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if self.kwargs["user_id"] != self.actor.user_id:
            self.require_recent_proof()
        return super().post(request, **kwargs)

    def chosen(self, selection: Selection, most: int) -> QuerySet[ApiKey]:
        owned = selectors.list_keys(self.actor, self.kwargs["user_id"])
        return owned.filter(pk__in=selection.uuids, revoked_at=None)[:most]

    def act(self, action: str, row: ApiKey) -> None:
        keys.revoke_key(self.actor, row.pk)

    def id_of(self, row: ApiKey) -> str:
        return str(row.pk)

    def name_of(self, row: ApiKey) -> str:
        return row.label or row.prefix or _("Without a label")

    def back_url(self) -> str:
        user_id = self.kwargs["user_id"]
        if user_id == self.actor.user_id:
            return reverse("ui:keys")
        view = "ui:client" if client_list.is_program(user_id) else "ui:person"
        return reverse(view, args=[user_id])
