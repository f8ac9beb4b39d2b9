"""Providers of OpenID Connect as the environment names them: PORTAL_OIDC_*, PORTAL_OIDC_2_* …"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from vaultportal.env import env_secret, env_str

MOST = 9
PREFIXES = ("PORTAL_OIDC_", *(f"PORTAL_OIDC_{number}_" for number in range(2, MOST + 1)))
PARTS = ("ID", "NAME", "ISSUER", "CLIENT_ID", "CLIENT_SECRET", "CLIENT_SECRET_FILE")
NEEDED = ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")
LONGEST_NAME = 40


def providers() -> list[dict[str, Any]]:
    """Each provider with the fields of django-allauth's ``SocialApp``; none by default.

    ``prefix`` is that of its variables.

    Raises:
        ImproperlyConfigured: a part is missing or wrong; the sentence names the variable.
    """
    found = [_provider(prefix) for prefix in PREFIXES if _is_named(prefix)]
    if len({each["provider_id"] for each in found}) < len(found):
        raise ImproperlyConfigured("Each provider needs a PORTAL_OIDC_ID of its own.")
    return found


def _is_named(prefix: str) -> bool:
    return any(env_str(prefix + part) for part in PARTS)


def _provider(prefix: str) -> dict[str, Any]:
    issuer, client_id = env_str(f"{prefix}ISSUER"), env_str(f"{prefix}CLIENT_ID")
    secret = env_secret(f"{prefix}CLIENT_SECRET").strip()
    for part, value in zip(NEEDED, (issuer, client_id, secret), strict=True):
        if not value:
            raise ImproperlyConfigured(f"{prefix}{part} must be set for the provider of sign-ins.")
    host = _host(f"{prefix}ISSUER", issuer)
    slug = env_str(f"{prefix}ID", "sso" + prefix.removeprefix("PORTAL_OIDC").strip("_"))
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", slug):
        raise ImproperlyConfigured(
            f"{prefix}ID must be up to 32 small letters, digits and hyphens, as in an address."
        )
    name = env_str(f"{prefix}NAME") or host[:LONGEST_NAME]
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise ImproperlyConfigured(f"{prefix}NAME must have at most {LONGEST_NAME} characters.")
    return {
        "prefix": prefix,
        "provider_id": slug,
        "name": name,
        "client_id": client_id,
        "secret": secret,
        # The issuer as tokens must name it, to the letter; a slash may end it.
        "settings": {"server_url": issuer.rstrip("/"), "issuer": issuer},
    }


def _host(variable: str, issuer: str) -> str:
    """The issuer's host; ImproperlyConfigured unless it is an address that can be trusted."""
    try:
        parts = urlsplit(issuer)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if not host or parts.query or parts.fragment or parts.username or "/.well-known" in parts.path:
        raise ImproperlyConfigured(
            f"{variable} must be the issuer's address, as https://login.example.com/tenant."
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(host)):
        raise ImproperlyConfigured(f"{variable} must begin with https://.")
    return host


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
