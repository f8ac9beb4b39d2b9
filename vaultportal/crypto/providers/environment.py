"""Root keys from the environment or mounted secrets: the current one, and the one before it."""

from __future__ import annotations

from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured

from vaultportal.crypto.errors import RootKeyRefused
from vaultportal.crypto.providers.local import LocalKeys, parse_labelled
from vaultportal.env import env_secret

CURRENT = "PORTAL_ROOT_KEY"
PREVIOUS = "PORTAL_ROOT_KEY_PREVIOUS"


class EnvironmentKeys(LocalKeys):
    """PORTAL_ROOT_KEY and PORTAL_ROOT_KEY_PREVIOUS, or files that ``…_FILE`` names.

    Each is ``<version>:<key>``; the key is 32 random bytes in base64 or hexadecimal (``openssl rand
    -base64 32``), and without a number it is version 1.
    """

    name = "environment"

    def prepare(self, *, fresh: bool) -> None:
        # Fresh or not: here the operator makes every key.
        self.load()

    def read(self) -> dict[int, bytes]:
        keys: dict[int, bytes] = {}
        for name in (CURRENT, PREVIOUS):
            try:
                text = env_secret(name)
            except ImproperlyConfigured as fault:
                raise RootKeyRefused(message=str(fault)) from None
            if not text.strip():
                continue
            try:
                version, key = parse_labelled(text)
            except ValueError:
                raise RootKeyRefused(
                    message=f"{name} must be <version>:<key>, the key 32 bytes in base64 or "
                    "hexadecimal."
                ) from None
            if keys.get(version, key) != key:
                raise RootKeyRefused(
                    message=f"{CURRENT} and {PREVIOUS} both claim version {version}. "
                    f"Write the new one as {version + 1}:<key>."
                )
            keys[version] = key
        if not keys:
            raise RootKeyRefused(
                message=f"{CURRENT} is not set and PORTAL_KEY_PROVIDER is environment. "
                f"Set {CURRENT}, or {CURRENT}_FILE, to the root key of this database."
            )
        return keys

    def add_version(self) -> NoReturn:
        following = self.current_version() + 1
        raise RootKeyRefused(
            message=f"The environment holds no newer key. Set {CURRENT} to {following}:<new key> "
            f"and {PREVIOUS} to the present one for every process, restart, and run this again."
        )
