"""Requests as programs and browsers send them, and what a process says of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from vaultportal.errors import Unauthenticated
from vaultportal.identity.actor import Actor
from vaultportal.identity.authentication import Authenticator
from vaultportal.identity.models import ApiKey, Role, User
from vaultportal.identity.sessions import SessionStore

REVOCATIONS: dict[str, Callable[[User, ApiKey], object]] = {
    "revoked": lambda user, key: ApiKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now()),
    "expired": lambda user, key: ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now()),
    "deleted": lambda user, key: key.delete(),
    "user disabled": lambda user, key: User.objects.filter(pk=user.pk).update(is_active=False),
    "user deleted": lambda user, key: user.delete(),
}


def bearing(token: str, scheme: str = "Bearer", **meta: Any) -> HttpRequest:
    return RequestFactory().get("/", HTTP_AUTHORIZATION=f"{scheme} {token}", **meta)


def who(token: str) -> Actor:
    """What a process says that has just started."""
    return Authenticator().authenticate(bearing(token))


def is_refused(token: str) -> bool:
    try:
        who(token)
    except Unauthenticated:
        return True
    return False


def roles_of(actor: Actor) -> set[int]:
    """Without the role that everybody has."""
    return set(actor.role_ids) - {Role.objects.get(name="privx-user").number}


def answered() -> None:
    """The answer has gone out. Django would also close the connection, which holds the test."""
    request_finished.disconnect(close_old_connections)
    try:
        request_finished.send(sender=object)
    finally:
        request_finished.connect(close_old_connections)


class SignedIn(HttpRequest):
    """A request as the middlewares hand it on."""

    def __init__(self, user: User | AnonymousUser) -> None:
        super().__init__()
        self.user = user
        self.session = SessionStore()
        self.META["REMOTE_ADDR"] = "192.0.2.1"
