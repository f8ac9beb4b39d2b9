"""The bases of every admin page: lists through the access rule, saves through services.

``MetadataAdmin`` shows rows that the portal itself writes; ``ServiceAdmin`` lets people change what
a service can change. Neither shows a sealed or binary column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db.models import BinaryField, Field, ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vaultportal import trail
from vaultportal.audit import refusals
from vaultportal.console.links import has_pages, portal_page
from vaultportal.crypto.fields import VaultField
from vaultportal.directory.permissions import SettingPermission
from vaultportal.errors import VaultError
from vaultportal.identity import access
from vaultportal.identity.actor import Actor
from vaultportal.identity.authentication import session_actor
from vaultportal.identity.permissions import PermissionEnum


def shown_fields(model: type[Model]) -> list[str]:
    """The columns that may be looked at: neither sealed nor binary."""
    hidden = (BinaryField, VaultField)
    return [
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, Field)
        and field.concrete
        and not field.many_to_many
        and not isinstance(field, hidden)
    ]


def note(request: HttpRequest, refusal: VaultError) -> None:
    """Have it in the audit trail that the person was refused, as on the portal's pages."""
    if refusal.kind == "forbidden":
        refusals.note(request, refusal, session_actor(request))


if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    ModelForm = forms.ModelForm[Any]
else:  # Django's own classes take no type arguments
    ModelAdmin = admin.ModelAdmin
    ModelForm = forms.ModelForm


class VaultModelAdmin(ModelAdmin):
    """What all admin pages have in common.

    view_permission: rows are those on which the actor has this right; None leaves it to Django's
    check for the model, which the same access rule answers.
    """

    view_permission: ClassVar[PermissionEnum | None] = None
    show_full_result_count = False
    list_per_page = 50
    actions: Any = None

    def actor(self, request: HttpRequest) -> Actor:
        """Who looks at the page: read once a request."""
        known: Actor | None = getattr(request, "_console_actor", None)
        if known is None:
            known = request._console_actor = session_actor(request)  # type: ignore[attr-defined]  # ours
        return known

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the rule has it; rows that no right is kept of are for who runs the portal."""
        if "view" in self.opts.default_permissions:
            return super().has_view_permission(request, obj)
        return access.holds(self.actor(request), SettingPermission.VIEW)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows that the person may know of."""
        rows = super().get_queryset(request)
        if self.view_permission is None:
            return rows
        return access.permitted(self.actor(request), self.view_permission, rows)

    def get_list_display(self, request: HttpRequest) -> Any:
        """The declared columns, and the way to each row's page in the portal, where it has one."""
        columns = [*self.columns()]
        return [*columns, "in_the_portal"] if has_pages(self.model) else columns

    def columns(self) -> Sequence[str]:
        """The columns of the list."""
        return cast("Sequence[str]", self.list_display)

    def get_list_select_related(self, request: HttpRequest) -> Any:
        """What the columns name, also where it may be missing: a list is one query."""
        if self.list_select_related:
            return self.list_select_related
        fields = {field.name: field for field in self.model._meta.fields}
        return [
            name for name in self.columns() if isinstance(fields.get(name), ForeignKey)
        ] or False

    @admin.display(description=gettext_lazy("Portal"))
    def in_the_portal(self, row: Any) -> str:
        """The link of one row."""
        page = portal_page(row)
        if not page:
            return ""
        label = _("Open %(name)s in the portal") % {"name": row}
        return format_html('<a href="{}" aria-label="{}">{}</a>', page, label, _("Open"))

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """Where "View on site" leads: to the portal's own page of the row, if there is one."""
        return (portal_page(obj) or None) if obj is not None else None

    # What a service refuses is told on the page, whatever was asked of it.

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask, then delete by the service."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except VaultError as refusal:
            note(request, refusal)
            messages.error(request, refusal.message)
            meta = self.model._meta
            place = f"admin:{meta.app_label}_{meta.model_name}_change"
            return redirect(place, object_id)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The rows alone: what hangs on them is the service's business, and may be very many."""
        names = [str(each) for each in objs]
        return names, {str(self.model._meta.verbose_name_plural): len(names)}, set(), []

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was done to the row, as the audit trail tells it."""
        row = self.get_object(request, object_id)
        query = urlencode({"target": self.trail_id(row)}) if row is not None else ""
        return redirect(f"{reverse('ui:audit')}?{query}")

    def trail_id(self, row: Any) -> str:
        """What the audit trail calls the row."""
        return str(row.pk)

    # The audit trail is the one log: Django's own would be a second, and not tamper-evident.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: the service has recorded it."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: the service has recorded it."""

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Nothing: the service has recorded it."""


class MetadataAdmin(VaultModelAdmin):
    """Rows to look at: written by the portal, changed by nobody here."""

    def shown(self) -> list[str]:
        """The columns of the page for one row."""
        return shown_fields(self.model)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What may be looked at."""
        return self.shown()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of it."""
        return self.shown()

    def columns(self) -> Sequence[str]:
        """The declared columns, or the first eight that may be looked at."""
        if tuple(self.list_display) != ("__str__",):
            return [str(column) for column in self.list_display]
        return self.shown()[:8]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds such a row by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes such a row by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes such a row by hand."""
        return False


class ServiceForm(ModelForm):
    """A form whose saving is a service call.

    The call is the last step of validation, inside the page's transaction, so that what the service
    refuses stands beside its field. Pages with such a form have no inline formsets.

    places: the fields that the service calls by other names.
    """

    places: ClassVar[Mapping[str, str]] = {}
    actor: Actor
    request: HttpRequest | None = None

    def apply(self) -> Model:
        """Call the service with ``cleaned_data``; the saved row."""
        raise TypeError(f"{type(self).__name__} has no service.")

    def _post_clean(self) -> None:
        if self.errors:
            return
        try:
            # Several services may be called: all of them or, when one refuses, none.
            with trail.unit():
                self.instance = self.apply()
        except VaultError as refusal:
            if self.request is not None:
                note(self.request, refusal)
            self._put(refusal)

    def _put(self, refusal: VaultError) -> None:
        for fault in refusal.faults:
            place = self.places.get(fault.property, fault.property)
            if place in self.fields:
                self.add_error(place, f"{self[place].label} {fault.message}.")
            else:
                self.add_error(None, f"{fault.property} {fault.message}.")
        if not refusal.faults:
            self.add_error(None, refusal.message)

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 Django's signature
        """The row that the service saved."""
        return self.instance


class ServiceAdmin(VaultModelAdmin):
    """Rows that people change here, each by the service that the API calls too."""

    form: type[ServiceForm]

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002 Django's signature
        **kwargs: Any,
    ) -> type[ServiceForm]:
        """The form, knowing who fills it in."""
        made = cast("type[ServiceForm]", super().get_form(request, obj, change, **kwargs))
        made.actor, made.request = self.actor(request), request
        return made

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Nothing: the form's service has saved it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        """Nothing: the service has saved what the row is related to."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete by the service."""
        self.remove(self.actor(request), obj)

    def remove(self, actor: Actor, obj: Any) -> None:
        """Call the service that deletes ``obj``."""
        raise TypeError(f"{type(self).__name__} deletes nothing.")
