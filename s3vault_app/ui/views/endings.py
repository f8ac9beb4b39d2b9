"""What ends: a vault, or one of its endpoints. Both are asked for first, and done by a job."""

from __future__ import annotations

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from s3vault_app import selectors
from s3vault_app.models import Endpoint, StoragePlan, Vault
from s3vault_app.models.pool import FOR_EVER
from s3vault_app.permissions import VaultPermission
from s3vault_app.services import changes
from s3vault_app.ui import words
from s3vault_app.ui.sayings import said
from s3vault_app.ui.views.base import vault_crumbs
from vaultportal.errors import Conflict, Unavailable
from vaultportal.identity import access
from vaultportal.ui.views.confirm import Confirmation, ConfirmView


class DeleteVaultView(ConfirmView):
    """GET asks, POST /storage/vaults/{number}/delete/ begins; ``?force=1`` empties it first."""

    conflict = ""
    job = 0

    def confirmation(self) -> Confirmation:
        vault = selectors.vaults.get_vault(self.actor, self.kwargs["number"])
        access.require(self.actor, VaultPermission.DELETE, vault)
        home = reverse("storage:vault", args=[vault.number])
        title = _("Delete %(name)s") % {"name": vault.name}
        return Confirmation(
            title=title,
            text=_(
                "S3 access ends at once. A job takes the bucket and endpoints that serve nobody."
            ),
            button=_("Delete vault"),
            back_url=home,
            consequences=tuple(self._consequences(vault)),
            word=vault.name,
            crumbs=tuple(vault_crumbs((vault.name, home), (_("Delete"), ""))),
        )

    def carry_out(self) -> None:
        number = self.kwargs["number"]
        try:
            self.job = changes.delete_vault(self.actor, number, force=self._force).pk
        except (Conflict, Unavailable) as refusal:
            messages.error(self.request, said(refusal.message))
            self.conflict = refusal.reason

    def done_url(self) -> str:
        if self.job:
            return reverse("storage:job", args=[self.job])
        number = self.kwargs["number"]
        if self.conflict == "in_use" and not self._force:
            return reverse("storage:delete_vault", args=[number]) + "?force=1"
        return reverse("storage:vault", args=[number])

    @property
    def _force(self) -> bool:
        return self.request.GET.get("force") == "1"

    def _consequences(self, vault: Vault) -> list[str]:
        found = []
        if self._force:
            count = ngettext("%(n)d object", "%(n)d objects", vault.object_count)
            held = count % {"n": vault.object_count}
            told = _("%(objects)s and all their versions are deleted first, %(size)s.")
            found.append(told % {"objects": held, "size": words.size(vault.size_bytes)})
        elif vault.object_count:
            found.append(_("It holds objects: only an empty vault can be deleted without force."))
        doors = selectors.vaults.endpoints_of(vault)
        if doors:
            told = ngettext(
                "%(n)d endpoint stops serving it.", "%(n)d endpoints stop serving it.", len(doors)
            )
            found.append(told % {"n": len(doors)})
        held_by = selectors.vaults.holders_of(vault)
        owners = len(held_by.users) + len(held_by.roles)
        if owners:
            told = ngettext("%(n)d owner loses access.", "%(n)d owners lose access.", owners)
            found.append(told % {"n": owners})
        if vault.lock_mode == StoragePlan.Lock.COMPLIANCE and vault.lock_days != FOR_EVER:
            found.append(_("What its lock covers cannot be deleted: then the vault stays."))
        return found


class DropEndpointView(ConfirmView):
    """GET asks, POST /storage/vaults/{number}/endpoints/{machine}/remove/ closes one door."""

    job = 0

    def confirmation(self) -> Confirmation:
        vault, door, others = self._found()
        home = reverse("storage:vault_endpoints", args=[vault.number])
        name = door.machine.name if door.machine else door.url
        told = ngettext("%(n)d endpoint goes on.", "%(n)d endpoints go on.", others)
        return Confirmation(
            title=_("Remove %(machine)s from %(vault)s") % {"machine": name, "vault": vault.name},
            text=_("Programs that use this endpoint lose their connection; data stays."),
            button=_("Remove endpoint"),
            back_url=home,
            consequences=(told % {"n": others},),
            crumbs=tuple(vault_crumbs((vault.name, home), (_("Remove endpoint"), ""))),
        )

    def carry_out(self) -> None:
        number, machine = self.kwargs["number"], self.kwargs["machine"]
        try:
            changed = changes.remove_endpoint(self.actor, number, machine)
        except Conflict as refusal:
            messages.error(self.request, said(refusal.message))
            return
        self.job = changed.job.pk if changed.job else 0

    def done_url(self) -> str:
        if self.job:
            return reverse("storage:job", args=[self.job])
        return reverse("storage:vault_endpoints", args=[self.kwargs["number"]])

    def _found(self) -> tuple[Vault, Endpoint, int]:
        """The vault, its door, and how many others of it stay."""
        vault = selectors.vaults.get_vault(self.actor, self.kwargs["number"])
        access.require(self.actor, VaultPermission.CHANGE, vault)
        door = selectors.vaults.door_on(vault, self.kwargs["machine"])
        rows = selectors.vaults.endpoints_of(vault)
        staying = (row for row in rows if row.state != Endpoint.State.REMOVING)
        return vault, door, sum(row.pk != door.pk for row in staying)
