"""Uncover fields of a secret: one, all, or one of an older version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from secrets_app import refusals
from secrets_app.permissions import SecretPermission
from secrets_app.records import Ref
from secrets_app.services import fieldwise
from secrets_app.services.fieldwise import Outline
from secrets_app.ui.views import secret
from vaultportal.errors import Forbidden, Pending, VaultError
from vaultportal.identity.actor import Actor
from vaultportal.identity.ids import made_at, uuid_of
from vaultportal.ui import errors, reasons
from vaultportal.ui.fields import FieldRow, Uncovering
from vaultportal.ui.live import pause
from vaultportal.ui.views import reveal

ALL = "all"
GATE = "gate."


class GatedRevealView(reveal.RevealView):
    """A reveal that says so when somebody has to allow it first, and asks again until it is."""

    reasons = reasons.SECRETS
    template = "secrets_app/secret.html"

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, **kwargs)
        except Pending as waiting:
            return self._held(request, waiting, "waiting", **kwargs)
        except Forbidden as refusal:
            if not refusal.reason.startswith(GATE):
                raise
            errors.note_refusal(request, refusal)
            return self._held(request, refusal, "denied", **kwargs)

    def _held(
        self, request: HttpRequest, error: VaultError, state: str, **kwargs: Any
    ) -> HttpResponse:
        wanted = self.find(request.POST.get("field", ""), request.POST.get("version", ""), **kwargs)
        is_copy = request.POST.get("purpose") == "copy"
        place = error.context.get("approval") or ""
        question = uuid_of(place.rstrip("/").rpartition("/")[2])
        names = ("field", "version", "purpose", "reason", "note", "seconds")
        context = {
            "wanted": wanted,
            "row": wanted.row,
            "reveal_url": wanted.reveal_url,
            "page_url": wanted.page_url,
            "state": state,
            "posted": [(name, request.POST.get(name, "")) for name in names],
            "approvers": error.context.get("approvers") or "",
            "approval_url": _approval_url(question) if question else "",
            "pause": int(pause(made_at(question)) * 1000) if question else 0,
            "crumbs": wanted.crumbs,
        }
        partial = "secrets_app/_held_dialog.html" if is_copy else "secrets_app/_held.html"
        # To who copies, anything that is no value must look like none.
        status = 403 if is_copy or not self.is_partial else 200
        response = self.render("secrets_app/held.html", partial, context, status)
        response["Cache-Control"] = "no-store"
        return response

    def readable(self, number: int | None = None, **kwargs: Any) -> Outline:
        """The outline, for who may read the secret."""
        found = fieldwise.outline(self.actor, Ref(id=kwargs["secret_id"]), number)
        if not found.info.may_read:
            raise refusals.lacking(SecretPermission.READ, found.info.id)
        return found

    def wanted(self, found: Outline, row: FieldRow, version: str, name: str) -> Uncovering:
        """``row`` of the secret, asked for at the address called ``name``."""
        info = found.info
        return Uncovering(
            row,
            page_url=reverse("secrets:secret", args=[info.id]),
            reveal_url=reverse(name, args=[info.id]),
            version=version or str(info.version),
            needs_ticket=info.needs_ticket,
            crumbs=tuple(secret.crumbs(self.actor, info)),
            thing=found,
        )

    def beside(self, wanted: Uncovering) -> Mapping[str, Any]:
        info = wanted.thing.info
        return {
            "info": info,
            "last_reads": secret.last_reads(self.actor, info),
            "beside": "secrets_app/_last_reads.html",
        }


class RevealView(GatedRevealView):
    """GET, POST /secrets/{id}/reveal/?field=; with no field and one there is, that one."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if "field" in request.GET:
            return super().get(request, **kwargs)
        found = self.readable(**kwargs)
        if len(found.names) != 1:
            return self._which(found)
        self.require_recent_proof()
        purpose = "copy" if request.GET.get("purpose") == "copy" else "reveal"
        wanted = self.find("0", "", **kwargs)
        return self._ask(wanted, self.asked(wanted, purpose), purpose)

    def _which(self, found: Outline) -> HttpResponse:
        """Which of the fields; from a list, where they are not to be seen."""
        info = found.info
        context = {
            "info": info,
            "rows": secret.rows_of(found),
            "reveal_url": reverse("secrets:reveal", args=[info.id]),
            "page_url": reverse("secrets:secret", args=[info.id]),
            "purpose": "copy" if self.request.GET.get("purpose") == "copy" else "reveal",
            "crumbs": secret.crumbs_to(self.actor, info, _("Which field")),
        }
        response = self.render("secrets_app/which.html", "secrets_app/_which_dialog.html", context)
        response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
        return response

    def find(self, key: str, version: str, **kwargs: Any) -> Uncovering:
        found = self.readable(**kwargs)
        row = secret.rows_of(found)[reveal.position(key, len(found.names))]
        return self.wanted(found, row, version, "secrets:reveal")

    def uncover(self, actor: Actor, wanted: Uncovering, purpose: str) -> FieldRow:
        ref, position = Ref(id=wanted.thing.info.id), int(wanted.row.key)
        opened = fieldwise.reveal_field(
            actor, ref, position, version=number_of(wanted.version), purpose=purpose
        )
        return wanted.row.opened(opened.text)

    def page(self, wanted: Uncovering, opened: FieldRow) -> Mapping[str, Any]:
        return secret.page_context(self.actor, wanted.thing, {opened.key: opened})


class RevealAllView(GatedRevealView):
    """GET, POST /secrets/{id}/reveal-all/: one question, one entry in the trail for each field."""

    opened: dict[str, FieldRow]

    def find(self, key: str, version: str, **kwargs: Any) -> Uncovering:
        found = self.readable(**kwargs)
        row = FieldRow(ALL, _("all fields"))
        return self.wanted(found, row, version, "secrets:reveal_all")

    def uncover(self, actor: Actor, wanted: Uncovering, purpose: str) -> FieldRow:
        if purpose == "copy":
            raise Http404
        rows = secret.rows_of(wanted.thing)
        opened = fieldwise.reveal_fields(
            actor,
            Ref(id=wanted.thing.info.id),
            range(len(rows)),
            version=number_of(wanted.version),
            purpose=purpose,
        )
        pairs = zip(rows, opened, strict=True)
        self.opened = {row.key: row.opened(field.text) for row, field in pairs}
        return wanted.row

    def page(self, wanted: Uncovering, opened: FieldRow) -> Mapping[str, Any]:
        return secret.page_context(self.actor, wanted.thing, self.opened)

    def _show(self, wanted: Uncovering, row: FieldRow, given: Mapping[str, Any]) -> HttpResponse:
        why = reasons.in_words(given["reason"], given["note"])
        info = wanted.thing.info
        context: dict[str, Any] = {
            "rows": list(self.opened.values()),
            "recorded": why,
            "seconds": given["seconds"],
            # Each field hides and is revealed again by itself.
            "reveal_url": reverse("secrets:reveal", args=[info.id]),
            "page_url": wanted.page_url,
        }
        context |= self.beside(wanted) if self.is_partial else self.page(wanted, row)
        context |= {"rows": list(self.opened.values())}
        return self.render(self.template, "secrets_app/_revealed_all.html", context)


class RevealVersionView(GatedRevealView):
    """GET, POST /secrets/{id}/versions/{number}/reveal/?field="""

    template = "secrets_app/version.html"

    def find(self, key: str, version: str, **kwargs: Any) -> Uncovering:
        number = kwargs["number"]
        found = self.readable(**kwargs)
        row = secret.rows_of(found)[reveal.position(key, len(found.names))]
        place = [found.info.id, number]
        return Uncovering(
            row,
            page_url=reverse("secrets:version", args=place),
            reveal_url=reverse("secrets:reveal_version", args=place),
            version=str(number),
            needs_ticket=found.info.needs_ticket,
            crumbs=tuple(secret.crumbs(self.actor, found.info)),
            thing=found,
        )

    def uncover(self, actor: Actor, wanted: Uncovering, purpose: str) -> FieldRow:
        (opened,) = fieldwise.reveal_fields(
            actor,
            Ref(id=wanted.thing.info.id),
            [int(wanted.row.key)],
            version=int(wanted.version),
            purpose=purpose,
            is_current=False,
        )
        return wanted.row.opened(opened.text)

    def page(self, wanted: Uncovering, opened: FieldRow) -> Mapping[str, Any]:
        return secret.version_context(
            self.actor, wanted.thing, int(wanted.version), {opened.key: opened}
        )

    def beside(self, wanted: Uncovering) -> Mapping[str, Any]:
        return {}


def number_of(text: str) -> int:
    """A version as a form sends it; 0, which there is none of, for anything else."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _approval_url(question: UUID) -> str:
    """The page of the question; "" where nothing serves such pages."""
    try:
        return reverse("triggers:approval", args=[question])
    except NoReverseMatch:
        return ""
