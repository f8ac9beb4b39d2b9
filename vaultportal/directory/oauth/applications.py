"""The fixed OAuth client programs, by the ids that clients have built in.

``privx-external`` and ``privx-ui`` are names of the PrivX contract (section 8.1); ``api-clients``
stands for every API client that brings its own id and secret (client_credentials).
"""

from __future__ import annotations

import secrets

from vaultportal.directory.models import Application

EXTERNAL = "privx-external"
UI = "privx-ui"
MACHINES = "api-clients"

CALLBACK = "/privx/oauth-callback"
# The Go SDK sends the callback as a bare path. oauthlib wants an absolute URI, so a path stands
# below a host that can never exist (RFC 6761); nothing is ever sent there.
RELATIVE_BASE = "https://relative.invalid"

_CODE = Application.GRANT_AUTHORIZATION_CODE
FIXED: dict[str, tuple[str, str, list[str]]] = {
    EXTERNAL: (
        "Programs with an API client",
        Application.CLIENT_CONFIDENTIAL,
        [Application.GRANT_PASSWORD, _CODE],
    ),
    UI: ("Programs that act for a person", Application.CLIENT_PUBLIC, [_CODE]),
    MACHINES: (
        "API clients with their own credentials",
        Application.CLIENT_CONFIDENTIAL,
        [Application.GRANT_CLIENT_CREDENTIALS],
    ),
}


def ensure() -> None:
    """Make those that are missing; safe to repeat and to run beside itself.

    A program that exists keeps its secret.
    """
    there = set(Application.objects.filter(client_id__in=FIXED).values_list("client_id", flat=True))
    missing = [_new(client_id) for client_id in FIXED if client_id not in there]
    if missing:
        Application.objects.bulk_create(missing, ignore_conflicts=True)


def _new(client_id: str) -> Application:
    name, client_type, grants = FIXED[client_id]
    confidential = client_type == Application.CLIENT_CONFIDENTIAL
    return Application(
        client_id=client_id,
        name=name,
        client_type=client_type,
        client_secret=secrets.token_urlsafe(32) if confidential else "",
        hash_client_secret=False,
        authorization_grant_type=grants[0],
        grants=grants,
        redirect_uris=f"{RELATIVE_BASE}{CALLBACK}" if _CODE in grants else "",
        skip_authorization=True,
    )


def load(client_id: str) -> Application:
    """One of the fixed programs, made now when this database has none yet."""
    found = Application.objects.filter(client_id=client_id).first()
    if found is None:
        ensure()
        found = Application.objects.get(client_id=client_id)
    return found


def external_secret() -> str:
    """The secret of privx-external, which every API client is told (contract section 10)."""
    return str(load(EXTERNAL).client_secret)


def absolute(redirect_uri: str) -> str:
    """``redirect_uri`` as oauthlib takes it: a bare path gets the host that does not exist."""
    if redirect_uri.startswith("/") and not redirect_uri.startswith("//"):
        return RELATIVE_BASE + redirect_uri
    return redirect_uri
