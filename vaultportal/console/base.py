"""The bases of every admin page: lists through the access rule, saves through services.

``MetadataAdmin`` shows rows that the portal itself writes; ``ServiceAdmin`` lets people change what
a service can change. Neither shows a sealed or binary column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.db.models import BinaryField, Field, Model, QuerySet
from django.http import HttpRequest

from vaultportal.console.links import portal_page
from vaultportal.crypto.fields import VaultField
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
        """Who looks at the page."""
        return session_actor(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows that the person may know of."""
        rows = super().get_queryset(request)
        if self.view_permission is None:
            return rows
        return access.permitted(self.actor(request), self.view_permission, rows)

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """Where "View on site" leads: to the portal's own page of the row, if there is one."""
        return (portal_page(obj) or None) if obj is not None else None

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

    def get_list_display(self, request: HttpRequest) -> Any:
        """The declared columns, or the first eight that may be looked at."""
        if tuple(self.list_display) != ("__str__",):
            return [str(column) for column in self.list_display]
        return shown_fields(self.model)[:8]

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
    """

    actor: Actor

    def apply(self) -> Model:
        """Call the service with ``cleaned_data``; the saved row."""
        raise TypeError(f"{type(self).__name__} has no service.")

    def _post_clean(self) -> None:
        if self.errors:
            return
        try:
            self.instance = self.apply()
        except VaultError as refusal:
            for fault in refusal.faults:
                place = fault.property if fault.property in self.fields else None
                self.add_error(place, f"{fault.property} {fault.message}.")
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
        made.actor = self.actor(request)
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
