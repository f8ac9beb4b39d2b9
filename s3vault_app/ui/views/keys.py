"""Key pairs: rotated, shown once, ended."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from s3vault_app import selectors
from s3vault_app.models import Vault
from s3vault_app.services import keys
from s3vault_app.services.keys import ShownPair
from s3vault_app.ui import connect
from s3vault_app.ui.forms.keys import RotateForm
from s3vault_app.ui.views.base import StorageView, numbers, vault_crumbs
from vaultportal.errors import Invalid
from vaultportal.identity import proof
from vaultportal.ui.views.appearance import own_address
from vaultportal.ui.views.confirm import Confirmation, ConfirmView


class _OnceView(StorageView):
    """Answers a post with a secret, for this one time."""

    def proof_first(self, back: str) -> HttpResponse | None:
        """Where to prove who one is, and back to the page with the button; None for who just did.

        Within a page the asking is a dialog, and the request is repeated after it.
        """
        if self.is_partial or proof.is_recent(self.request):
            self.require_recent_proof()
            return None
        return redirect(f"{reverse('ui:prove')}?{urlencode({'next': back})}")

    def shown(self, pair: ShownPair, vault: Vault | None, back: str) -> HttpResponse:
        """The page with the pair; no cache keeps it."""
        values = [(_("Access key"), pair.access_key_id, False)]
        if vault is not None:
            found = connect.of_vault(vault, selectors.vaults.endpoints_of(vault))
            if found is not None:
                values = [
                    (_("Endpoint"), found.url, False),
                    (_("Bucket"), found.bucket, False),
                    *values,
                ]
        context = {
            "values": [*values, (_("Secret key"), pair.secret, True)],
            "save_as": f"s3/{pair.access_key_id}",
            "stored_url": back,
            "crumbs": vault_crumbs((_("Key pair"), "")),
        }
        response = self.render("s3vault_app/once.html", "s3vault_app/once.html", context)
        response["Cache-Control"] = "no-store"
        return response


class RotateView(_OnceView):
    """POST /storage/vaults/{number}/keys/rotate/: ``reach``, ``overlap``; ``user`` for another."""

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        vault = selectors.vaults.get_vault(self.actor, number)
        back = reverse("storage:vault_keys", args=[number])
        if asked := self.proof_first(back):
            return asked
        form = RotateForm(request.POST)
        named = request.POST.getlist("user")
        user = numbers(named)
        if not form.is_valid() or len(named) > 1 or len(user) < len(named):
            raise Invalid  # a user who cannot be read is not oneself
        made = keys.rotate(
            self.actor,
            user[0] if user else self.actor.number,
            vault_number=number if form.cleaned_data["reach"] == "vault" else None,
            overlap=form.lasting,
        )
        return self.shown(made, vault, back)


class ShowView(_OnceView):
    """POST /storage/keys/{id}/show/: the secret of one's own new pair; ``vault`` is beside it."""

    def post(self, request: HttpRequest, key_id: UUID) -> HttpResponse:
        back = own_address(request, request.POST.get("next") or reverse("storage:vaults"))
        if asked := self.proof_first(back):
            return asked
        vault = None
        if chosen := numbers(request.POST.getlist("vault")):
            vault = selectors.vaults.get_vault(self.actor, chosen[0])
        return self.shown(keys.show_once(self.actor, key_id), vault, back)


class RevokeView(ConfirmView):
    """GET asks, POST /storage/keys/{id}/revoke/ ends the pair; ``?vault=`` is where one was."""

    def confirmation(self) -> Confirmation:
        pair = selectors.keys.visible_pair(self.actor, self.kwargs["key_id"])
        own = pair.user_id == self.actor.user_id
        who = _("your programs") if own else pair.user.full_name or pair.user.username
        reach = pair.vault.name if pair.vault else _("all vaults")
        told = _("Every endpoint refuses it at once: %(who)s, %(reach)s.")
        return Confirmation(
            title=_("End %(key)s") % {"key": pair.access_key_id},
            text=told % {"who": who, "reach": reach},
            button=_("End key pair"),
            back_url=self._back(),
            crumbs=tuple(vault_crumbs((_("End key pair"), ""))),
        )

    def carry_out(self) -> None:
        keys.revoke(self.actor, self.kwargs["key_id"])
        messages.success(self.request, _("The key pair has ended."))

    def done_url(self) -> str:
        return self._back()

    def _back(self) -> str:
        chosen = numbers(self.request.GET.getlist("vault"))
        return reverse("storage:vault_keys", args=chosen[:1]) if chosen else "/storage/vaults/"
