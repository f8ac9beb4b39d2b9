"""Let somebody in, and see first whom that adds; take a right away, and undo that."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from secrets_app import reach, readers, refusals
from secrets_app.permissions import SecretPermission
from secrets_app.reach import Reach
from secrets_app.records import Ref, SecretInfo
from secrets_app.services import fieldwise, grants, sharing
from secrets_app.services.grants import RIGHTS, Holder
from secrets_app.ui.forms_access import ShareForm
from secrets_app.ui.grid import grid_of
from secrets_app.ui.views.secret import crumbs_to
from vaultportal.errors import Conflict, Invalid
from vaultportal.ui import faults, undo
from vaultportal.ui.undo import Undo
from vaultportal.ui.views.base import PortalView


class _AccessView(PortalView):
    """A page about who may open one secret, for who decides that."""

    def shareable(self, secret_id: UUID) -> SecretInfo:
        """The secret; Forbidden for who may not share it."""
        info = fieldwise.outline(self.actor, Ref(id=secret_id)).info
        if not sharing.may_share(self.actor, info):
            raise refusals.lacking(SecretPermission.OWN, secret_id)
        return info


class ShareView(_AccessView):
    """GET, POST /secrets/{id}/share/?role=&right=: first the effect is shown, then it is saved."""

    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        info = self.shareable(secret_id)
        right = request.GET.get("right", "read")
        initial = {
            "role": request.GET.get("role", ""),
            "person": request.GET.get("person", ""),
            "rights": [right if right in RIGHTS else "read"],
        }
        return self._page(info, ShareForm(initial=initial, actor=self.actor))

    def post(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        info = self.shareable(secret_id)
        form = ShareForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self._page(info, form, status=422)
        holder, rights = form.cleaned_data["holder"], form.cleaned_data["rights"]
        if "go" not in request.POST:
            effect = [(right, self._effect(info, holder, right)) for right in rights]
            return self._page(info, form, effect=effect)
        try:
            for right in rights:
                self._give(info, holder, right, form.valid_until)
        except (Invalid, Conflict) as refusal:
            faults.put(form, refusal)
            return self._page(info, form, status=422)
        messages.success(request, _("Access saved."))
        return redirect("secrets:secret", secret_id)

    def _effect(self, info: SecretInfo, holder: Holder, right: str) -> Reach:
        return reach.widening(self.actor, Ref(id=info.id), holder, RIGHTS[right])

    def _give(self, info: SecretInfo, holder: Holder, right: str, until: datetime | None) -> None:
        grants.give(self.actor, Ref(id=info.id), holder, right_of(right), valid_until=until)

    def _page(
        self,
        info: SecretInfo,
        form: ShareForm,
        *,
        effect: list[tuple[str, Reach]] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context: dict[str, Any] = {
            "info": info,
            "form": form,
            "effect": effect,
            "crumbs": crumbs_to(self.actor, info, _("Share")),
        }
        return self.render("secrets_app/share.html", "secrets_app/share.html", context, status)


class GrantsView(_AccessView):
    """POST /secrets/{id}/grants/: ``take`` one right away, or ``give`` it back (undo)."""

    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        return redirect("secrets:secret", secret_id)

    def post(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        info = self.shareable(secret_id)
        given = request.POST
        holder, right = _holder(given.get("kind", ""), given.get("holder", "")), given.get("right")
        if right not in RIGHTS:
            raise Http404
        ref, until = Ref(id=secret_id), given.get("until", "")
        end = undo.time_of(request, "until")
        way_back = None
        if "give" in given:
            grants.give(self.actor, ref, holder, right_of(right), valid_until=end)
            said = _("The right is back.")
        else:
            grants.take(self.actor, ref, holder, right_of(right))
            said = _("The right was taken away.")
            way_back = {
                "give": "1",
                "kind": holder.kind,
                "holder": str(holder.id),
                "right": right,
                "until": until,
            }
        if not self.is_partial:
            undo.tell(request, said, request.path, way_back)
            return redirect("secrets:secret", secret_id)
        context: dict[str, Any] = {
            "info": info,
            "grid": grid_of(self.actor, info),
            "said": said,
            "undo": Undo.of(request.path, way_back, "#access") if way_back else None,
        }
        return self.render("secrets_app/_grid_saved.html", "secrets_app/_grid_saved.html", context)


class ReadersView(PortalView):
    """GET /secrets/{id}/readers/: each who can read it now, and because of what."""

    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        info = readers.responsible(self.actor, Ref(id=secret_id))
        found = readers.list_readers(self.actor, Ref(id=secret_id))
        used = reach.last_uses(info)
        shown = found[:MOST_READERS]
        context = {
            "info": info,
            "reach": reach.reach_of(found),
            "readers": [(each, used.get(each.user_id) if each.user_id else None) for each in shown],
            "is_cut": len(found) > MOST_READERS,
            "most": MOST_READERS,
            "crumbs": crumbs_to(self.actor, info, _("Who can read it")),
            "back_url": reverse("secrets:secret", args=[info.id]),
        }
        return self.render("secrets_app/readers.html", "secrets_app/readers.html", context)


MOST_READERS = 500


def right_of(text: str) -> Literal["read", "write"]:
    """``text`` as one of the two rights that can be given."""
    return "write" if text == "write" else "read"


def _holder(kind: str, text: str) -> Holder:
    try:
        return Holder("user" if kind == "user" else "role", UUID(text))
    except ValueError:
        raise Http404 from None
