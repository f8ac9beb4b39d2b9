"""Whether a service of this dialect is up: asked by clients before they have a token."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema

from vaultportal.api.views import VaultAPIView

STARTED = datetime.now(UTC)


class StatusView(VaultAPIView):
    """GET /{service}/api/v1/status

    service: which of the four, as ``StatusView.as_view(service="vault")``.
    """

    public: ClassVar[bool] = True
    service: str = ""

    @extend_schema(summary="Whether the service is up", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.reply(
            {
                "variant": self.service,
                "version": settings.SPECTACULAR_SETTINGS["VERSION"],
                "api_version": "v1",
                "status": "OK",
                "status_message": "",
                "start_time": f"{STARTED:%Y-%m-%dT%H:%M:%SZ}",
            }
        )
