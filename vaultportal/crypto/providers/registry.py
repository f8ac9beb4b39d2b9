"""Which provider this process uses: PORTAL_KEY_PROVIDER, made at first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from vaultportal.crypto.providers.base import KeyProvider
from vaultportal.crypto.providers.environment import EnvironmentKeys
from vaultportal.crypto.providers.keyfile import KeyFile

FACTORIES: dict[str, Callable[[], KeyProvider]] = {
    "keyfile": lambda: KeyFile(Path(settings.PORTAL_KEY_DIR)),
    "environment": EnvironmentKeys,
}


@cache
def provider() -> KeyProvider:
    """The provider in use, one per process."""
    name: str = getattr(settings, "PORTAL_KEY_PROVIDER", "keyfile")
    if name not in FACTORIES:
        raise ImproperlyConfigured(f"PORTAL_KEY_PROVIDER must be one of {', '.join(FACTORIES)}.")
    return FACTORIES[name]()
