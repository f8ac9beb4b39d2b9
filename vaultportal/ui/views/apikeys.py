"""A person's own API keys: made once they have shown who they are, shown once, revoked at once."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from vaultportal.directory import selectors
from vaultportal.directory.services import keys
from vaultportal.errors import Invalid, NotFound
from vaultportal.ui import faults, rights
from vaultportal.ui.people_forms import KeyForm
from vaultportal.ui.views.base import PortalView
from vaultportal.ui.views.keys_many import REVOKE


class KeysView(PortalView):
    """GET /me/keys/; POST revokes one (``key``)."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "keys": selectors.list_keys(self.actor, self.actor.user_id),
            "actions": (REVOKE,),
            "crumbs": [(_("Profile"), "/me/"), (_("API keys"), "")],
        }
        return self.render("ui/api_keys.html", "ui/api_keys.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            key_id = UUID(request.POST.get("key", ""))
        except ValueError:
            raise NotFound("API key") from None
        if not selectors.list_keys(self.actor, self.actor.user_id).filter(pk=key_id).exists():
            raise NotFound("API key")
        keys.revoke_key(self.actor, key_id)
        messages.success(request, _("Key revoked."))
        return redirect("ui:keys")


class NewKeyView(PortalView):
    """GET, POST /me/keys/new/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.require_recent_proof()
        return self._page(KeyForm(), frozenset())

    def post(self, request: HttpRequest) -> HttpResponse:
        self.require_recent_proof()
        form = KeyForm(request.POST)
        chosen = rights.known(request.POST.getlist("scopes"))
        if not form.is_valid():
            return self._page(form, chosen, 422)
        try:
            made = keys.issue_key(
                self.actor,
                self.actor.user_id,
                label=form.cleaned_data["label"],
                scopes=chosen if form.cleaned_data["reach"] == "some" else None,
                lifetime=form.ends_in(),
            )
        except Invalid as refusal:
            faults.put(form, refusal)
            return self._page(form, chosen, 422)
        context = {
            "values": [(_("API key"), made.key, True)],
            "save_as": f"api-keys/{form.cleaned_data['label'] or self.actor.name}",
            "stored_url": reverse("ui:keys"),
            "address": request.build_absolute_uri("/").rstrip("/"),
            "crumbs": self._crumbs(),
        }
        return self.render("ui/api_keys_once.html", "ui/api_keys_once.html", context)

    def _page(self, form: KeyForm, chosen: frozenset[str], status: int = 200) -> HttpResponse:
        context = {"form": form, "groups": rights.groups(chosen), "crumbs": self._crumbs()}
        return self.render("ui/api_keys_new.html", "ui/api_keys_new.html", context, status)

    def _crumbs(self) -> list[tuple[str, str]]:
        return [(_("Profile"), "/me/"), (_("API keys"), reverse("ui:keys")), (_("New API key"), "")]
