"""From a request to its actor: bearer tokens of programs, sessions of browsers.

A process keeps the actors that it has seen, by a digest of their token, as long as the identity
epoch stands (``vaultportal.identity.cache``). So a known actor costs one small statement, and a
revocation counts at the next request of every process.

Every refusal is the same ``Unauthenticated``, whatever is wrong with the token.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from uuid import UUID

from django.db import connection
from django.http import HttpRequest

from vaultportal.crypto import blind_index
from vaultportal.errors import Unauthenticated
from vaultportal.identity import keys, lookup, origin, usage
from vaultportal.identity.actor import Actor, Credential
from vaultportal.identity.cache import ActorCache
from vaultportal.identity.models import User

# No token of ours is near it; longer ones are not worth a digest.
MOST_BYTES = 4096


def bearer_token(request: HttpRequest) -> str:
    """The token of ``Authorization: Bearer …``; Unauthenticated when there is none."""
    scheme, _, token = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated
    return token


class Authenticator:
    """What one process knows of credentials."""

    def __init__(self, cache: ActorCache | None = None) -> None:
        self.cache = ActorCache() if cache is None else cache

    def authenticate(self, request: HttpRequest) -> Actor:
        """The actor of a request with a bearer token."""
        return self.authenticate_token(request, bearer_token(request))

    def authenticate_token(self, request: HttpRequest, token: str) -> Actor:
        """The actor of a request whose token a dialect carries elsewhere.

        token: an API key or an OAuth2 access token, as it stands in the header.

        Raises:
            Unauthenticated: it is unknown, expired or revoked, or its user is disabled.
        """
        try:
            # A header arrives as latin-1, so these are the bytes that were sent.
            sent = token.encode("latin-1")
        except UnicodeEncodeError:
            raise Unauthenticated from None
        if len(sent) > MOST_BYTES or keys.is_damaged(token):
            raise Unauthenticated
        checksum = hashlib.sha256(sent)
        actor = self._known(checksum.digest(), lambda: _by_token(sent, checksum.hexdigest()))
        asking = _of_request(actor, request)
        if asking.networks and not origin.is_within(asking.address, asking.networks):
            raise Unauthenticated(reason="address")
        return asking

    def session_actor(self, request: HttpRequest) -> Actor:
        """The actor of a browser that has signed in; reads ``request.user``."""
        user = request.user
        if not user.is_authenticated:
            raise Unauthenticated
        session_id = str(getattr(request.session, "row_id", None) or "")
        actor = _of_request(self.user_actor(user.pk), request)
        return actor.with_(credential=Credential("session", session_id))

    def user_actor(self, user_id: UUID) -> Actor:
        """The active user with all that they may do, outside of any request."""
        return self._known(b"user:" + user_id.bytes, lambda: lookup.by_user(user_id))

    def _known(self, key: bytes, find: Callable[[], lookup.Found | None]) -> Actor:
        if self.cache.has(key):
            actor = self.cache.get(key, lookup.epoch())
            if actor is not None:
                return actor
        found = find()
        if found is None:
            raise Unauthenticated
        # Inside a transaction the epoch may be one that is rolled back and given again.
        if found.epoch is not None and not connection.in_atomic_block:
            self.cache.put(
                key,
                found.actor,
                epoch=found.epoch,
                read_at=found.read_at,
                seconds=found.seconds,
            )
        return found.actor


def _by_token(sent: bytes, checksum: str) -> lookup.Found | None:
    digests = keys.digests(sent)
    found = lookup.by_token(digests, checksum)
    if found is not None and found.key_digest is not None:
        key_id = found.actor.credential.id
        if found.key_unnoted:
            usage.note(key_id)
        if found.key_digest != digests[0]:
            usage.renew(
                key_id,
                old=found.key_digest,
                new=digests[0],
                pepper_version=blind_index.pepper_version(),
            )
    return found


def _of_request(actor: Actor, request: HttpRequest) -> Actor:
    return Actor(
        actor.user_id,
        actor.number,
        actor.name,
        actor.kind,
        actor.role_ids,
        actor.permissions,
        actor.is_staff,
        actor.is_superuser,
        actor.credential,
        request_id=origin.request_id(request),
        address=origin.client_address(request),
        user_agent=origin.user_agent(request),
        policies=actor.policies,
        gated=actor.gated,
        networks=actor.networks,
    )


def actor_of(user: User) -> Actor:
    """The actor for whom Django's own machinery asks (admin, templates): read once a request."""
    known: Actor | None = getattr(user, "_actor", None)
    if known is None:
        known = user_actor(user.pk)
        user._actor = known  # type: ignore[attr-defined]  # lives as long as the request's user object
    return known


_process = Authenticator()
authenticate = _process.authenticate
authenticate_token = _process.authenticate_token
session_actor = _process.session_actor
user_actor = _process.user_actor
