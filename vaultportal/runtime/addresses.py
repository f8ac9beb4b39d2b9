"""DATABASE_URL and REDIS_URL: read in one place, refused without repeating them."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from django.core.exceptions import ImproperlyConfigured

DATABASE_SCHEMES = {"postgres", "postgresql"}
# What libpq takes and an operator may want; anything else is more likely a slip than a wish.
DATABASE_OPTIONS = {
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "gssencmode",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "load_balance_hosts",
    "options",
    "passfile",
    "service",
    "sslcert",
    "sslcompression",
    "sslcrl",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "target_session_attrs",
    "tcp_user_timeout",
}


def parse_database_url(url: str) -> dict[str, Any]:
    """Django's settings of the database in ``postgres://user:password@host:port/name?…``.

    Each part may be percent-encoded. A socket's folder goes into ``?host=/folder``, as in libpq.

    Raises:
        ImproperlyConfigured: another engine, no database name, an unknown option, a bad port.
    """
    parts = _split("DATABASE_URL", url)
    if parts.scheme.startswith("sqlite"):
        raise ImproperlyConfigured(
            "DATABASE_URL names SQLite. The portal runs on PostgreSQL 15 to 18 only: give a "
            "postgres:// address, or unset it and the portal brings up its own PostgreSQL."
        )
    if parts.scheme not in DATABASE_SCHEMES:
        raise ImproperlyConfigured(
            "DATABASE_URL must begin with postgres:// or postgresql://; other engines do not work."
        )
    name = unquote(parts.path.removeprefix("/"))
    if not name or "/" in name:
        raise ImproperlyConfigured("DATABASE_URL must end with the name of one database.")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    host = options.pop("host", "") or unquote(parts.hostname or "")
    if unknown := set(options) - DATABASE_OPTIONS:
        raise ImproperlyConfigured(
            f"DATABASE_URL has an option that is not known: {', '.join(sorted(unknown))}."
        )
    return {
        "ENGINE": "vaultportal.runtime.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(_port("DATABASE_URL", parts) or ""),
        "OPTIONS": options,
    }


def parse_redis_url(url: str) -> str:
    """The broker's address as Celery takes it; a socket is ``unix://`` or ``redis+socket://``.

    Raises:
        ImproperlyConfigured: another scheme, no host and no socket, a bad database number.
    """
    parts = _split("REDIS_URL", url)
    query = dict(parse_qsl(parts.query))
    if parts.scheme in {"unix", "redis+socket"}:
        path = unquote(parts.path)
        if parts.hostname or len(path) < len("/x"):
            raise ImproperlyConfigured(
                "REDIS_URL must give the whole path of the socket, with three slashes: unix:///path."
            )
        number = query.get("db") or query.get("virtual_host") or "0"
        _check_database_number(number)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return socket_url(path, password, user, number)
    if parts.scheme not in {"redis", "rediss"}:
        raise ImproperlyConfigured("REDIS_URL must begin with redis://, rediss:// or unix://.")
    if not parts.hostname:
        raise ImproperlyConfigured("REDIS_URL must name a host.")
    _port("REDIS_URL", parts)
    _check_database_number(parts.path.removeprefix("/") or "0")
    if parts.scheme == "rediss" and "ssl_cert_reqs" not in query:
        # Celery's transport does not check certificates unless it is told to.
        return parts._replace(query=urlencode(query | {"ssl_cert_reqs": "required"})).geturl()
    return url


def socket_url(path: str, password: str, username: str = "", number: str = "0") -> str:
    """A Redis socket as Celery's transport takes it."""
    user = f"{quote(username, safe='')}:{quote(password, safe='')}@" if username or password else ""
    return f"redis+socket://{user}{quote(path)}?{urlencode({'virtual_host': number})}"


def client_url(url: str) -> str:
    """The same address as the ``redis`` client takes it: it calls a socket ``unix://``."""
    parts = urlsplit(url)
    if parts.scheme != "redis+socket":
        return url
    number = dict(parse_qsl(parts.query)).get("virtual_host", "0")
    return f"unix://{parts.netloc}{parts.path}?{urlencode({'db': number})}"


def _split(name: str, url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not an address.") from None


def _port(name: str, parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} has a port that is not a number up to 65535.") from None


def _check_database_number(text: str) -> None:
    if not text.isdecimal():
        raise ImproperlyConfigured("REDIS_URL must name the database by its number, as in /0.")
