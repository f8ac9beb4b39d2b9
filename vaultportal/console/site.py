"""The admin site: staff with a second factor enter, through the portal's own sign-in."""

from __future__ import annotations

from functools import wraps
from typing import Any
from urllib.parse import quote, urlencode

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vaultportal.identity import proof

SAFE = ("GET", "HEAD", "OPTIONS")


class PortalAdminSite(AdminSite):
    """Manages rows; uncovers nothing."""

    site_header = gettext_lazy("Vault Portal")
    site_title = gettext_lazy("Vault Portal")
    index_title = gettext_lazy("Managing is not reading")
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the person may enter: active, staff, and with a second factor."""
        return super().has_permission(request) and is_mfa_enabled(request.user)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002 Django's signature
        """A change asks for a recent proof, as it does on the portal's own pages."""

        @wraps(view)
        def proved(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method in SAFE or proof.is_recent(request):
                return view(request, *args, **kwargs)
            messages.info(request, _("Nothing was changed yet: show once more that it is you."))
            return redirect(f"{reverse('ui:prove')}?{urlencode({'next': request.path})}")

        return super().admin_view(proved, cacheable)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the portal's sign-in, or to what a signed-in person lacks."""
        user = request.user
        if not user.is_authenticated:
            wanted = request.GET.get("next", reverse("admin:index"))
            return redirect(f"{reverse('account_login')}?next={quote(wanted)}")
        if user.is_active and user.is_staff:
            messages.info(request, _("The administration asks for a second factor. Add one here."))
            return redirect("mfa_index")
        messages.error(request, _("The administration is for staff."))
        return redirect("/")
