"""Where static files are served from: hashed names and compressed, once they are collected."""

from __future__ import annotations

from django.conf import settings
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # without types of its own
    """Plain names as long as nothing was collected: in tests, and in a checkout being worked on."""

    def url(self, name: str | None, force: bool = False) -> str:  # noqa: FBT001, FBT002 Django's signature
        if not self.hashed_files:
            return f"{settings.STATIC_URL}{name}"
        return str(super().url(name, force))
