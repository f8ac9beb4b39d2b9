"""What settings need to know of the database, the broker and the secret key.

Deterministic: the same environment gives the same answer, whether the services run or not. Nothing
is started or made here; ``vaultportal.runtime.embedded`` does that.
"""

from __future__ import annotations

import secrets
from typing import Any

from vaultportal.env import env_secret
from vaultportal.runtime import paths
from vaultportal.runtime.addresses import (
    client_url,
    parse_database_url,
    parse_redis_url,
    socket_url,
)
from vaultportal.runtime.files import ensure_secret, read_secret

DATABASE_NAME = "portal"
DATABASE_USER = "portal"
POSTGRES_PASSWORD = "postgres.password"  # noqa: S105 the name of the file, not a password
VALKEY_PASSWORD = "valkey.password"  # noqa: S105 the name of the file, not a password
SECRET_KEY_FILE = "secret_key"  # noqa: S105 the name of the file, not a key


def embedded_database() -> bool:
    """True when the portal brings up its own PostgreSQL."""
    return not env_secret("DATABASE_URL").strip()


def embedded_broker() -> bool:
    """True when the portal brings up its own Valkey."""
    return not env_secret("REDIS_URL").strip()


def database_settings() -> dict[str, Any]:
    """Django's ``DATABASES["default"]``, from DATABASE_URL or for the embedded PostgreSQL."""
    if not embedded_database():
        return parse_database_url(env_secret("DATABASE_URL").strip())
    return {
        "ENGINE": "vaultportal.runtime.postgresql",
        "NAME": DATABASE_NAME,
        "USER": DATABASE_USER,
        "PASSWORD": read_secret(paths.key_dir() / POSTGRES_PASSWORD) or "",
        "HOST": str(paths.layout().sockets),
        "PORT": "",
        "OPTIONS": {},
    }


def redis_url() -> str:
    """The broker as Celery takes it: ``redis://``, ``rediss://`` or ``redis+socket://``."""
    if not embedded_broker():
        return parse_redis_url(env_secret("REDIS_URL").strip())
    password = read_secret(paths.key_dir() / VALKEY_PASSWORD) or ""
    return socket_url(str(paths.layout().valkey_socket), password)


def redis_client_url() -> str:
    """The broker as ``redis.Redis.from_url`` takes it."""
    return client_url(redis_url())


def secret_keys() -> list[str]:
    """Django's secret key and, after it, those that are still accepted; one a line in the file.

    Without PORTAL_SECRET_KEY and the file, a key for this process alone: enough for commands that
    sign nothing. Every command that serves people makes the file first (``ensure_secrets``).
    """
    text = env_secret("PORTAL_SECRET_KEY").strip()
    if not text:
        text = read_secret(paths.key_dir() / SECRET_KEY_FILE) or secrets.token_urlsafe(48)
    return text.split()


def ensure_secrets() -> None:
    """Make what is missing in the key folder; before settings are loaded."""
    folder = paths.key_dir()
    if not env_secret("PORTAL_SECRET_KEY").strip():
        ensure_secret(folder / SECRET_KEY_FILE)
    if embedded_database():
        ensure_secret(folder / POSTGRES_PASSWORD)
    if embedded_broker():
        ensure_secret(folder / VALKEY_PASSWORD)
