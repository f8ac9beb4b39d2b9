"""Signing in with a password, and the one access rule as Django's own machinery asks for it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import HttpRequest

from vaultportal.errors import Unauthenticated
from vaultportal.identity import access, authentication
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import User
from vaultportal.identity.permissions import DJANGO_VERBS, named
from vaultportal.identity.person_rules import factor_missing, local_sign_in_closed


class AccessBackend(BaseBackend):
    """The only backend that knows rights. A superuser gets what the rule gives, no more."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        email: str | None = None,
        **credentials: Any,
    ) -> User | None:
        """The active person with that name, or e-mail address, and password.

        None as well for who is to sign in elsewhere (``local_sign_in_closed``).
        Whatever is wrong, exactly one password is hashed, so the time tells nothing about the name.
        """
        if password is None:
            return None
        user = _person(username, email)
        if user is None:
            make_password(password)
            return None
        # A person without a password is hashed for as well: see ``check_password``.
        matches = user.check_password(password)
        return user if matches and user.is_active else None

    def get_user(self, user_id: UUID | str) -> User | None:
        """The user of a session; None once disabled."""
        try:
            alive = User.objects.filter(pk=user_id, is_active=True)
            return alive.annotate(lacks_factor=factor_missing.expression()).first()
        except ValidationError:  # what the session holds is no UUID
            return None

    def has_perm(
        self, user_obj: AbstractBaseUser | AnonymousUser, perm: str, obj: Model | None = None
    ) -> bool:
        """Whether the rule gives ``app_label.codename``, on ``obj`` if there is one."""
        actor = _actor(user_obj)
        if actor is None:
            return False
        permission = named(perm)
        if permission is None:
            return _manages(actor, perm)
        return (
            access.holds(actor, permission) if obj is None else access.may(actor, permission, obj)
        )

    def has_module_perms(self, user_obj: AbstractBaseUser | AnonymousUser, app_label: str) -> bool:
        """Whether anything of the app may be managed."""
        actor = _actor(user_obj)
        if actor is None:
            return False
        return actor.is_superuser or any(
            name.startswith(f"{app_label}.") and self.has_perm(user_obj, name)
            for name in actor.permissions
        )

    def get_all_permissions(
        self, user_obj: AbstractBaseUser | AnonymousUser, obj: Model | None = None
    ) -> set[str]:
        """What the user's roles give for all rows; a superuser's are not written out."""
        actor = _actor(user_obj)
        if actor is None or obj is not None:
            return set()
        return {name for name in actor.permissions if self.has_perm(user_obj, name)}


def _person(username: str | None, email: str | None) -> User | None:
    """The one person meant, whom a password may sign in; None for API clients and doubtful ones."""
    if "\x00" in (username or email or ""):
        return None  # a text that the database cannot even compare
    if username:
        users = User.objects.named(username)
    elif email:
        users = User.objects.addressed(email)
    else:
        return None
    people = users.filter(kind=User.Kind.PERSON).annotate(
        is_closed=local_sign_in_closed.expression(), lacks_factor=factor_missing.expression()
    )
    found = list(people[:2])
    return found[0] if len(found) == 1 and not found[0].is_closed else None


def _actor(user: AbstractBaseUser | AnonymousUser) -> Actor | None:
    if not isinstance(user, User) or not user.is_active:
        return None
    try:
        return authentication.actor_of(user)
    except Unauthenticated:  # disabled, or deleted, since it was read
        return None


def _manages(actor: Actor, perm: str) -> bool:
    """The rule for models of libraries, which have no enum: Django's verbs, for all rows."""
    codename = perm.partition(".")[2]
    return codename.startswith(DJANGO_VERBS) and (actor.is_superuser or perm in actor.permissions)
