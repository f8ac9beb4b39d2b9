"""Make, change and delete a secret."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from secrets_app import folders, refusals, types
from secrets_app.payload import Payload
from secrets_app.permissions import SecretPermission
from secrets_app.queries import Match
from secrets_app.records import Condition, Ref
from secrets_app.services import fieldwise, secrets
from secrets_app.services.fieldwise import Outline
from secrets_app.services.secrets import Draft
from secrets_app.ui.forms import (
    FieldRows,
    Row,
    SecretForm,
    SharedSecretForm,
    fields_of,
    numbered,
    typed,
)
from secrets_app.ui.listing import folder_of
from secrets_app.ui.views.secret import crumbs_to
from vaultportal.errors import Conflict, Invalid, Stale
from vaultportal.ui.views.base import PortalView


class NewView(PortalView):
    """GET, POST /secrets/personal/new/?name=&kind="""

    template = "secrets_app/new.html"
    shared = False

    def get(self, request: HttpRequest) -> HttpResponse:
        folder = folder_of(request)
        name = request.GET.get("name", f"{folder}/" if folder else "")
        kind = types.find(request.GET.get("kind", ""))
        initial = {"name": name, "kind": kind.name if kind else "json"}
        return self._page(self.form(initial=initial), fields_of(kind, []) if kind else [])

    def post(self, request: HttpRequest) -> HttpResponse:
        form, fields = self.form(request.POST), FieldRows(request.POST)
        fits = fields.check()
        if "more" in request.POST:
            return self._page(form, fields.rows)
        if "fill" in request.POST:
            kind = types.find(request.POST.get("kind", ""))
            return self._page(form, fields_of(kind, fields.rows) if kind else fields.rows)
        if not fields.rows:
            form.add_error(None, _("A secret needs one field or more."))
        if form.is_valid() and fits:
            try:
                made = secrets.create_secret(self.actor, self.draft(form, fields))
            except Conflict:
                form.add_error("name", self.taken())
            except Invalid as refusal:
                form.add_error(None, _said(refusal))
            else:
                messages.success(request, _("Stored and encrypted."))
                return redirect("secrets:secret", made.id)
        return self._page(form, fields.rows, status=422)

    def form(self, *args: Any, **kwargs: Any) -> SecretForm:
        """The form of this page."""
        return SecretForm(*args, **kwargs)

    def draft(self, form: SecretForm, fields: FieldRows) -> Draft:
        """What the forms, which are right, ask for."""
        data = typed(types.find(form.type), fields.written)
        given = form.cleaned_data
        return Draft(
            given["name"],
            Payload.of(data),
            owner_id=self.actor.user_id,
            type=form.type,
            needs_ticket=given["needs_ticket"],
        )

    def taken(self) -> str:
        return _("You have a secret of this name already.")

    def space(self) -> Match:
        """Where its name stands: folders of it are offered while one types."""
        return Match(spaces=[self.actor.user_id])

    def root(self) -> tuple[str, str]:
        """The list that the secret will stand in."""
        return _("Personal secrets"), reverse("secrets:personal")

    def _page(self, form: SecretForm, rows: list[Row], status: int = 200) -> HttpResponse:
        root = self.root()
        context = {
            "form": form,
            "shared": self.shared,
            "rows": numbered(rows),
            "folders": folders.paths(self.actor, self.space()),
            "back_url": root[1],
            "crumbs": [root, (_("New secret"), "")],
        }
        return self.render(self.template, self.template, context, status)


class NewSharedView(NewView):
    """GET, POST /secrets/new/?folder=: a shared one, for who may add them."""

    shared = True

    def get(self, request: HttpRequest) -> HttpResponse:
        refusals.unless_may_create(self.actor, None)
        return super().get(request)

    def form(self, *args: Any, **kwargs: Any) -> SecretForm:
        return SharedSecretForm(*args, actor=self.actor, **kwargs)

    def draft(self, form: SecretForm, fields: FieldRows) -> Draft:
        roles = form.roles if isinstance(form, SharedSecretForm) else lambda _name: ()
        return replace(
            super().draft(form, fields),
            owner_id=None,
            read_roles=roles("readers"),
            write_roles=roles("writers"),
        )

    def space(self) -> Match:
        return Match(shared=True)

    def taken(self) -> str:
        return _("There is a shared secret of this name already.")

    def root(self) -> tuple[str, str]:
        return _("Shared secrets"), reverse("secrets:shared")


def _said(refusal: Invalid) -> str:
    """What is wrong, without the words of the wire."""
    if any(fault.property.startswith("data") and fault.code == "range" for fault in refusal.faults):
        return _("This is too large for one secret.")
    return _("The fields do not fit the type: one is missing, or is of the wrong form.")


class _OneSecret(PortalView):
    """A page that changes one secret."""

    def outline(self, secret_id: UUID) -> Outline:
        return fieldwise.outline(self.actor, Ref(id=secret_id))


class EditView(_OneSecret):
    """GET, POST /secrets/{id}/edit/. Stored values do not come along: left empty, they stay."""

    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        found = self._writable(secret_id)
        if not found.is_whole:
            return self._too_large(secret_id)
        rows = [Row(name, position=number) for number, name in enumerate(found.names)]
        return self._page(found, rows, found.info.etag)

    def post(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        found = self._writable(secret_id)
        if not found.is_whole:
            return self._too_large(secret_id)
        # Positions count in the state that the page was made from: its tag goes on with them.
        etag = request.POST.get("etag", "")
        fields = FieldRows(request.POST)
        fits = fields.check()
        if "more" in request.POST:
            return self._page(found, fields.rows, etag)
        error = "" if fields.rows else _("A secret needs one field or more.")
        if fits:
            try:
                fieldwise.change_fields(
                    self.actor,
                    Ref(id=secret_id),
                    kept=fields.kept,
                    written=typed(types.find(found.info.type), fields.written),
                    order=[row.name for row in fields.rows],
                    condition=Condition(match=frozenset([etag])),
                )
            except Stale:
                return self._overtaken(secret_id, fields)
            except Invalid as refusal:
                error = _said(refusal)
            else:
                messages.success(request, _("Saved as a new version."))
                return redirect("secrets:secret", secret_id)
        return self._page(found, fields.rows, etag, error=error, status=422)

    def _overtaken(self, secret_id: UUID, fields: FieldRows) -> HttpResponse:
        """The fields as they are by now, with the values that were typed."""
        found = self._writable(secret_id)
        if not found.is_whole:
            return self._too_large(secret_id)
        error = _(
            "Somebody else saved it meanwhile. Below are the fields as they are now, with the"
            " values that you typed; renamed and removed fields are as they were. Look at it,"
            " then save again."
        )
        rows = fields.against(found.names)
        return self._page(found, rows, found.info.etag, error=error, status=409)

    def _too_large(self, secret_id: UUID) -> HttpResponse:
        messages.error(
            self.request,
            _("It has more fields, or longer names, than this page can change without loss."),
        )
        return redirect("secrets:secret", secret_id)

    def _writable(self, secret_id: UUID) -> Outline:
        found = self.outline(secret_id)
        if not found.info.may_write:
            raise refusals.lacking(SecretPermission.WRITE, secret_id)
        return found

    def _page(
        self, found: Outline, rows: list[Row], etag: str, *, error: str = "", status: int = 200
    ) -> HttpResponse:
        context: dict[str, Any] = {
            "info": found.info,
            "etag": etag,
            "rows": numbered(rows, blanks=1),
            "error": error,
            "crumbs": crumbs_to(self.actor, found.info, _("Edit")),
        }
        return self.render("secrets_app/edit.html", "secrets_app/edit.html", context, status)


class DeleteView(_OneSecret):
    """GET asks, POST /secrets/{id}/delete/ deletes."""

    def get(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        found = self.outline(secret_id)
        if not found.info.may_delete:
            raise refusals.lacking(SecretPermission.DELETE, secret_id)
        context = {
            "info": found.info,
            "shared": len({role.id for role in [*found.info.read_roles, *found.info.write_roles]}),
            "crumbs": crumbs_to(self.actor, found.info, _("Delete")),
        }
        return self.render("secrets_app/delete.html", "secrets_app/_delete_dialog.html", context)

    def post(self, request: HttpRequest, secret_id: UUID) -> HttpResponse:
        info = self.outline(secret_id).info
        secrets.delete_secret(self.actor, Ref(id=secret_id))
        messages.success(request, _("Secret deleted."))
        return redirect("secrets:shared" if info.owner_id is None else "secrets:personal")
