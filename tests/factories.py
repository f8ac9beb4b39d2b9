"""Valid principals, roles and credentials from no arguments, and actors made of them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model, set_token_value

from vaultportal.crypto import blind_index
from vaultportal.identity import authentication, keys
from vaultportal.identity.actor import Actor, Credential
from vaultportal.identity.grant_tables import numbers
from vaultportal.identity.models import ApiClient, ApiKey, Membership, Policy, Role, User
from vaultportal.identity.models.role import ADMIN
from vaultportal.identity.permissions import PermissionEnum, app_label_of


def unique(word: str) -> str:
    """A name that nobody else has, in this database and any other."""
    return f"{word}-{secrets.token_hex(6)}"


def make_person(*, password: str | None = None, **fields: Any) -> User:
    """A person; without a password none can be used, and none has to be hashed."""
    username = fields.pop("username", None) or unique("person")
    return User.objects.create_user(username, password, **fields)


def make_client(*, secret: str | None = None, **fields: Any) -> User:
    """An API client; its secret is at ``.api_client.secret``."""
    username = fields.pop("username", None) or unique("client")
    user = User.objects.create_user(username, kind=User.Kind.CLIENT, **fields)
    ApiClient.objects.create(user=user, secret=secret or secrets.token_urlsafe(32))
    return user


def make_role(
    *,
    permissions: Iterable[PermissionEnum] = (),
    policies: Iterable[Policy] = (),
    members: Iterable[User] = (),
    **fields: Any,
) -> Role:
    """A role with these rights on all rows, votes and members."""
    role = Role.objects.create(**{"name": unique("role"), **fields})
    for permission in permissions:
        rows = Permission.objects.filter(
            content_type__app_label=app_label_of(type(permission)), codename=permission.codename
        )
        role.permissions.add(*rows)
    role.policies.add(*policies)
    for user in members:
        member_of(user, role)
    return role


def make_policy(**fields: Any) -> Policy:
    """A policy that allows everything, unless the fields say otherwise."""
    valid = {
        "name": unique("policy"),
        "policy_type": "allow",
        "operations": ["*"],
        "reasons": ["*"],
        "resources": ["*"],
    }
    return Policy.objects.create(**{**valid, **fields})


def member_of(
    user: User,
    *roles: Role,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
) -> User:
    """Put the user into the roles."""
    for role in roles:
        Membership.objects.create(
            user=user, group_id=role.pk, valid_from=valid_from, valid_until=valid_until
        )
    return user


def make_api_key(user: User, *, key: str | None = None, **fields: Any) -> tuple[str, ApiKey]:
    """A key as its owner holds it, and its row."""
    text = key or keys.new_api_key()
    row = ApiKey.objects.create(
        user=user,
        digest=keys.digest(text),
        pepper_version=blind_index.pepper_version(),
        prefix=keys.prefix_of(text),
        **fields,
    )
    return text, row


def make_access_token(user: User | None, **fields: Any) -> str:
    """An OAuth2 access token for all that the user may do, as the toolkit would keep it."""
    text = secrets.token_urlsafe(32)
    valid = {"expires": timezone.now() + timedelta(minutes=5), "scope": "*"}
    token = get_access_token_model()(user=user, **{**valid, **fields})
    set_token_value(token, text)
    token.save()
    return text


def make_application(**fields: Any) -> Any:
    """An OAuth client program."""
    valid = {
        "name": unique("program"),
        "client_type": "confidential",
        "authorization_grant_type": "client-credentials",
    }
    return get_application_model().objects.create(**{**valid, **fields})


def actor_of(
    user: User, *, scopes: Iterable[str] | None = None, kind: str = "session", **fields: Any
) -> Actor:
    """The user as an actor, as authentication reads them now.

    scopes: full names that the credential is narrowed to; None for all.
    fields: of the actor, such as ``reason``.
    """
    numbers.load()  # so that no test counts this statement
    actor = authentication.user_actor(user.pk)
    narrowed = None if scopes is None else frozenset(scopes)
    return actor.with_(credential=Credential(kind, "", narrowed), **fields)


def as_admin(**fields: Any) -> Actor:
    """A person in the built-in role of administrators."""
    return actor_of(member_of(make_person(), Role.objects.get(name=ADMIN)), **fields)


def as_superuser(**fields: Any) -> Actor:
    """A person with Django's own mark of a superuser, and no role."""
    return actor_of(make_person(is_staff=True, is_superuser=True), **fields)


def as_owner(**fields: Any) -> Actor:
    """Somebody who will own what the test makes."""
    return actor_of(make_person(username=unique("owner")), **fields)


def as_member(*roles: Role, **fields: Any) -> Actor:
    """Somebody who is in the roles."""
    return actor_of(member_of(make_person(username=unique("member")), *roles), **fields)


def as_stranger(**fields: Any) -> Actor:
    """Somebody who has signed in and holds nothing."""
    return actor_of(make_person(username=unique("stranger")), **fields)
