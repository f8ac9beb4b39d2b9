"""The addresses of the secrets: PrivX's four services at the root of the host, then our own API.

None ends in a slash. A secret's name may hold slashes, sent as %2F or bare: the server decodes
before it routes, so a name is the whole rest of the path.
"""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from secrets_app.api import vault
from secrets_app.api.status import StatusView

PERSONAL = "vault/api/v1/user/<str:user_id>"
SHARED = "vault/api/v1"

VAULT = [
    path(f"{SHARED}/status", StatusView.as_view(service="vault"), name="status"),
    path(f"{SHARED}/schemas", vault.SchemasView.as_view(), name="schemas"),
    path(f"{SHARED}/search/secrets", vault.SearchView.as_view(), name="search"),
    path(f"{PERSONAL}/secrets", vault.PersonalSecretsView.as_view(), name="personal_secrets"),
    path(
        f"{PERSONAL}/secrets/<path:name>",
        vault.PersonalSecretView.as_view(),
        name="personal_secret",
    ),
    path(
        f"{PERSONAL}/metadata/secrets/<path:name>",
        vault.PersonalMetadataView.as_view(),
        name="personal_metadata",
    ),
    path(f"{SHARED}/secrets", vault.SharedSecretsView.as_view(), name="shared_secrets"),
    path(f"{SHARED}/secrets/<path:name>", vault.SharedSecretView.as_view(), name="shared_secret"),
    path(
        f"{SHARED}/metadata/secrets/<path:name>",
        vault.SharedMetadataView.as_view(),
        name="shared_metadata",
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((VAULT, "vault"))),
    path("", include("secrets_app.api.identity_urls")),
    path("", include("secrets_app.api.portal.urls")),
]
