"""One-time links: make one, what became of them, and the page of whoever receives one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from secrets_app import refusals
from secrets_app.models import OneTimeLink
from secrets_app.permissions import SecretPermission
from secrets_app.records import Ref, SecretInfo
from secrets_app.services import fieldwise, links
from secrets_app.services.fieldwise import text_of
from secrets_app.services.links import MAX_ATTEMPTS, MadeLink, Terms, Visitor
from secrets_app.ui.forms_access import LinkForm
from secrets_app.ui.views.secret import crumbs_to
from vaultportal.directory import tickets
from vaultportal.errors import Forbidden, NotFound, Pending, Unauthenticated
from vaultportal.identity import authentication, origin
from vaultportal.identity.ids import uuid_of
from vaultportal.ui.bulk import Action, Selection
from vaultportal.ui.names import names_of
from vaultportal.ui.paging import Keyset
from vaultportal.ui.views.base import PortalView
from vaultportal.ui.views.many import ManyView


class SecretLinksView(PortalView):
    """GET, POST /secrets/{id}/links/: the links of one secret, and a new one."""

    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        return self._page(self._linkable(secret_id), LinkForm())

    def post(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        self.require_recent_proof()
        info = self._linkable(secret_id)
        form = LinkForm(request.POST)
        if not form.is_valid():
            return self._page(info, form, status=422)
        given = form.cleaned_data
        terms = Terms(given["views"], given["hours"], given["passphrase"], given["receiver"])
        try:
            made = links.make_link(self.actor, Ref(id=secret_id), terms)
        except Pending:
            form.add_error(
                None, _("Somebody has to allow this first. Try again with the same terms.")
            )
            return self._page(info, form, status=422)
        return self._once(info, made)

    def _linkable(self, secret_id: UUID) -> SecretInfo:
        info = fieldwise.outline(self.actor, Ref(id=secret_id)).info
        if not info.may_write:
            raise refusals.lacking(SecretPermission.WRITE, secret_id)
        return info

    def _page(self, info: SecretInfo, form: LinkForm, status: int = 200) -> HttpResponse:
        rows = receipts(self, links.list_links(self.actor, Ref(id=info.id)))
        context = {
            "info": info,
            "form": form,
            "links": rows,
            "actions": (CLOSE,),
            "crumbs": crumbs_to(self.actor, info, _("One-time links")),
        }
        return self.render(
            "secrets_app/secret_links.html", "secrets_app/secret_links.html", context, status
        )

    def _once(self, info: SecretInfo, made: MadeLink) -> HttpResponse:
        place = reverse("secrets:open_link", args=[made.token])
        context = {
            "info": info,
            "link": made.link,
            "values": [(_("Link"), self.request.build_absolute_uri(place), True)],
            "stored_url": reverse("secrets:secret_links", args=[info.id]),
            "crumbs": crumbs_to(self.actor, info, _("One-time links")),
        }
        response = self.render("secrets_app/link_made.html", "secrets_app/link_made.html", context)
        response["Cache-Control"] = "no-store"
        return response


CLOSE = Action(
    "close",
    gettext_lazy("Close links"),
    danger=True,
    warning=gettext_lazy("They open nothing from now on, whoever has them."),
)


class LinksView(ManyView[OneTimeLink]):
    """GET /secrets/links/?after=: the links that the actor made, and who opened them.

    POST closes many: of those, or of one ``secret``.
    """

    actions = (CLOSE,)

    def get(self, request: HttpRequest) -> HttpResponse:
        def rows(cursor: str, limit: int) -> list[OneTimeLink]:
            return links.list_links(self.actor, before=uuid_of(cursor), limit=limit)

        pages = Keyset.of(request, rows, key=lambda link: str(link.pk))
        context = {
            "links": receipts(self, pages.rows),
            "pages": pages,
            "actions": self.actions,
            "has_many": True,
            "crumbs": [(_("One-time links"), "")],
        }
        return self.render("secrets_app/links.html", "secrets_app/links.html", context)

    def chosen(self, selection: Selection, most: int) -> list[OneTimeLink]:
        ref = Ref(id=self._secret) if self._secret else None
        ids = None if selection.all_matching else selection.uuids
        return links.open_links(self.actor, ref, ids, limit=most)

    def act(self, action: str, row: OneTimeLink) -> None:
        links.revoke_link(self.actor, row.pk)

    def id_of(self, row: OneTimeLink) -> str:
        return str(row.pk)

    def name_of(self, row: OneTimeLink) -> str:
        ends = date_format(timezone.localtime(row.expires_at), "SHORT_DATETIME_FORMAT")
        return _("%(name)s, until %(date)s") % {"name": row.secret.name, "date": ends}

    def back_url(self) -> str:
        if self._secret:
            return reverse("secrets:secret_links", args=[self._secret])
        return self.request.get_full_path()

    @property
    def _secret(self) -> UUID | None:
        return uuid_of(self.request.GET.get("secret", ""))


class RevokeView(PortalView):
    """POST /secrets/links/{id}/revoke/"""

    def get(self, request: HttpRequest, link_id: UUID) -> HttpResponse:
        return redirect("secrets:links")

    def post(self, request: HttpRequest, link_id: UUID) -> HttpResponse:
        links.revoke_link(self.actor, link_id)
        messages.success(request, _("The link is closed."))
        back = request.POST.get("secret", "")
        try:
            return redirect("secrets:secret_links", UUID(back))
        except ValueError:
            return redirect("secrets:links")


def receipts(view: PortalView, rows: Sequence[OneTimeLink]) -> list[dict[str, Any]]:
    """Each link with its state and who opened it."""
    opened = {row.pk: list(row.receipts.all()) for row in rows}
    readers = [each.reader_id for receipts_ in opened.values() for each in receipts_]
    names = names_of(view.actor, [*readers, *(row.receiver_id for row in rows)])
    return [
        {
            "link": row,
            "state": _state(row),
            "receiver": names.get(row.receiver_id, "") if row.receiver_id else "",
            "receipts": [
                (each, names.get(each.reader_id, "") if each.reader_id else "")
                for each in opened[row.pk]
            ],
        }
        for row in rows
    ]


def _state(link: OneTimeLink) -> str:
    if link.revoked_at is not None:
        return "revoked"
    if link.views_left == 0:
        return "used"
    if link.attempts >= MAX_ATTEMPTS:
        return "locked"
    return "lapsed" if link.expires_at <= datetime.now(UTC) else "waiting"


class OpenLinkView(View):
    """GET, POST /secrets/open/{token}/: the receiver's page. Looking uses nothing up."""

    template = "secrets_app/open_link.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        # The address is the key: no other site is told of it. With no referrer at all the browser
        # would send the form from nowhere, which is what a forged one looks like.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._ask(request, token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        passphrase = request.POST.get("passphrase", "")
        note = request.POST.get("note", "").strip()[: tickets.LONGEST_NOTE]
        try:
            opened = links.open_link(_visitor(request), token, passphrase, note)
        except NotFound:
            return self._gone(request)
        except Forbidden as refusal:
            if refusal.reason == tickets.REFUSAL:
                return self._ask(request, token, ticket_error=tickets.wanted(), status=422)
            if refusal.reason != "link.passphrase":
                return self._gone(request)
            return self._ask(request, token, error=_("The passphrase is not right."), status=403)
        except Unauthenticated:
            return self._ask(request, token, status=401)
        fields = [(name, text_of(value)) for name, value in opened.payload.value.items()]
        return render(request, self.template, {"opened": opened, "fields": fields})

    def _ask(
        self,
        request: HttpRequest,
        token: str,
        *,
        error: str = "",
        ticket_error: str = "",
        status: int = 200,
    ) -> HttpResponse:
        try:
            peek = links.peek_link(token)
        except NotFound:
            return self._gone(request)
        needs_sign_in = peek.needs_sign_in and not request.user.is_authenticated
        context = {
            "peek": peek,
            "needs_sign_in": needs_sign_in,
            "error": error,
            "ticket_error": ticket_error,
            "ticket_hint": tickets.wanted() if peek.needs_ticket else "",
        }
        return render(request, self.template, context, status=status)

    def _gone(self, request: HttpRequest) -> HttpResponse:
        return render(request, self.template, {"gone": True}, status=404)


def _visitor(request: HttpRequest) -> Visitor:
    actor = authentication.session_actor(request) if request.user.is_authenticated else None
    return Visitor(
        actor,
        origin.request_id(request),
        origin.client_address(request),
        origin.user_agent(request),
    )
