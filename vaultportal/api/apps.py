"""The API kit as a Django app: its own dialects are registered when Django is ready."""

from __future__ import annotations

from django.apps import AppConfig

from vaultportal import dialect
from vaultportal.api.oauth_dialect import OAuthDialect
from vaultportal.api.problem import ProblemDialect


class ApiConfig(AppConfig):
    name = "vaultportal.api"

    def ready(self) -> None:
        dialect.register(ProblemDialect())
        dialect.register(OAuthDialect())
