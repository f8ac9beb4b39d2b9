"""The roof: which app answers below which path."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("secrets_app.api.urls")),
    path("", include("secrets_app.api.identity_urls")),
    path("", include("collections_app.api.urls")),
    path("", include("s3vault_app.api.urls")),
    path("", include("s3vault_app.api.portal.urls")),
    path("", include("triggers_app.gates.urls")),
    path("", include("triggers_app.api.urls")),
    path("", include("triggers_app.api.portal.urls")),
    path("", include("vaultportal.api.oauth")),
    path("", include("vaultportal.api.docs")),
    path("", include("vaultportal.ops.urls")),
    path("admin/", admin.site.urls),
    path("", include("secrets_app.ui.urls")),
    path("", include("collections_app.ui.urls")),
    path("", include("s3vault_app.ui.urls")),
    path("", include("triggers_app.ui.urls")),
    path("", include("vaultportal.ui.urls")),
]

handler400 = "vaultportal.api.handlers.bad_request"
handler403 = "vaultportal.api.handlers.permission_denied"
handler404 = "vaultportal.api.handlers.not_found"
handler500 = "vaultportal.api.handlers.server_error"
