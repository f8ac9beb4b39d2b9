"""Make, change and delete a secret."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from secrets_app.payload import Payload
from secrets_app.records import Condition, Ref
from secrets_app.services import fieldwise, secrets
from secrets_app.services.fieldwise import Outline
from secrets_app.services.secrets import Draft
from secrets_app.ui.forms import FieldRows, Row, SecretForm, numbered
from secrets_app.ui.views.secret import crumbs
from vaultportal.errors import Conflict, Forbidden, Invalid, Stale
from vaultportal.ui.views.base import PortalView


class NewView(PortalView):
    """GET, POST /secrets/personal/new/"""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(SecretForm(initial={"name": request.GET.get("name", "")}), [])

    def post(self, request: HttpRequest) -> HttpResponse:
        form, fields = SecretForm(request.POST), FieldRows(request.POST)
        fits = fields.check()
        if "more" in request.POST:
            return self._page(form, fields.rows)
        if not fields.rows:
            form.add_error(None, _("A secret needs one field or more."))
        if form.is_valid() and fits:
            draft = Draft(
                form.cleaned_data["name"], Payload.of(fields.written), owner_id=self.actor.user_id
            )
            try:
                made = secrets.create_secret(self.actor, draft)
            except Conflict:
                form.add_error("name", _("You have a secret of this name already."))
            except Invalid as refusal:
                form.add_error(None, refusal.message)
            else:
                messages.success(request, _("Stored and encrypted."))
                return redirect("secrets:secret", made.id)
        return self._page(form, fields.rows, status=422)

    def _page(self, form: SecretForm, rows: list[Row], status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "rows": numbered(rows),
            "crumbs": [(_("Personal secrets"), "/secrets/personal/"), (_("New secret"), "")],
        }
        return self.render("secrets_app/new.html", "secrets_app/new.html", context, status)


class _OneSecret(PortalView):
    """A page that changes one secret."""

    def outline(self, secret_id: UUID) -> Outline:
        return fieldwise.outline(self.actor, Ref(id=secret_id))


class EditView(_OneSecret):
    """GET, POST /secrets/{id}/edit/. Stored values do not come along: left empty, they stay."""

    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        found = self._writable(secret_id)
        rows = [Row(name, position=number) for number, name in enumerate(found.names)]
        return self._page(found, rows)

    def post(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        found = self._writable(secret_id)
        fields = FieldRows(request.POST)
        fits = fields.check()
        if "more" in request.POST:
            return self._page(found, fields.rows)
        error = "" if fields.rows else _("A secret needs one field or more.")
        if fits:
            try:
                fieldwise.change_fields(
                    self.actor,
                    Ref(id=secret_id),
                    kept=fields.kept,
                    written=fields.written,
                    condition=Condition(match=frozenset([request.POST.get("etag", "")])),
                )
            except Stale:
                error = _(
                    "Somebody else saved it meanwhile. Look at the new state, then save again."
                )
            except Invalid as refusal:
                error = refusal.message
            else:
                messages.success(request, _("Saved as a new version."))
                return redirect("secrets:secret", secret_id)
        return self._page(found, fields.rows, error=error, status=422)

    def _writable(self, secret_id: UUID) -> Outline:
        found = self.outline(secret_id)
        if not found.info.may_write:
            raise Forbidden("secret")
        return found

    def _page(
        self, found: Outline, rows: list[Row], *, error: str = "", status: int = 200
    ) -> HttpResponse:
        *above, (name, _here) = crumbs(self.actor, found.info)
        context: dict[str, Any] = {
            "info": found.info,
            "rows": numbered(rows, blanks=1),
            "error": error,
            "crumbs": [*above, (name, f"/secrets/{found.info.id}/"), (_("Edit"), "")],
        }
        return self.render("secrets_app/edit.html", "secrets_app/edit.html", context, status)


class DeleteView(_OneSecret):
    """GET asks, POST /secrets/{id}/delete/ deletes."""

    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        found = self.outline(secret_id)
        if not found.info.may_delete:
            raise Forbidden("secret")
        *above, (name, _here) = crumbs(self.actor, found.info)
        context = {
            "info": found.info,
            "shared": len({role.id for role in [*found.info.read_roles, *found.info.write_roles]}),
            "crumbs": [*above, (name, f"/secrets/{found.info.id}/"), (_("Delete"), "")],
        }
        return self.render("secrets_app/delete.html", "secrets_app/_delete_dialog.html", context)

    def post(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        secrets.delete_secret(self.actor, Ref(id=secret_id))
        messages.success(request, _("Secret deleted."))
        return redirect("secrets:personal")
