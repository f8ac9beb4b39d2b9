"""API clients: principals that are programs, with a secret that can be shown again."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from vaultportal import trail
from vaultportal.directory import rows, text
from vaultportal.directory.oauth import applications
from vaultportal.directory.permissions import ApiClientPermission
from vaultportal.directory.services import administrators, credentials, memberships, people
from vaultportal.directory.services.memberships import Given
from vaultportal.errors import Conflict, Fault, Invalid
from vaultportal.identity import access, origin
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import ApiClient, User
from vaultportal.trail import Target

NOTED_EVERY = timedelta(minutes=1)
MOST_OVERLAP = timedelta(days=30)
MOST_NETWORKS = 50


@dataclass(frozen=True, slots=True)
class OpenClient:
    """An API client with the two pairs of credentials that its programs present."""

    id: UUID
    name: str
    created_at: datetime
    updated_at: datetime
    author_id: UUID | None
    updated_by_id: UUID | None
    oauth_client_id: str
    secret: str = field(repr=False)
    oauth_client_secret: str = field(repr=False)


@trail.unit()
def create_client(actor: Actor, name: str, roles: Sequence[UUID] = ()) -> ApiClient:
    """Make an API client with a generated secret.

    name: for people; need not be unique.
    roles: ids of live roles. Without the right to hand out any role, only those that the actor
        holds.

    Raises:
        Forbidden: the actor may not add clients, or not hand out these roles.
        Invalid: no or a bad name, or a role that does not exist.

    Source: PrivX local-user-store, ``POST /local-user-store/api/v1/api-clients``.
    """
    access.require(actor, ApiClientPermission.ADD, ApiClient)
    text.check_name("name", name, 200)
    user = _principal(name)
    author = rows.author(actor)
    client = ApiClient(
        user=user, secret=secrets.token_urlsafe(32), author_id=author, updated_by_id=author
    )
    client.save(force_insert=True)
    memberships.store(actor, user, [Given(role) for role in roles])
    trail.record(actor, "api_client.create", Target("api_client", str(user.pk), name))
    return client


@trail.unit()
def set_client_expiry(actor: Actor, client_id: UUID, ends: datetime | None) -> None:
    """Let the secret of an API client end at a time, None for never; tokens end then, or sooner.

    Raises:
        NotFound, Forbidden; Invalid: the time is past.
    """
    access.require(actor, ApiClientPermission.CHANGE, ApiClient)
    client = rows.client(client_id)
    administrators.require_not_above(actor, client.user)
    if ends is not None and ends <= timezone.now():
        fault = Fault("expires_at", "range", "must be in the future")
        raise Invalid(message="The client would have ended already.", faults=(fault,))
    client.expires_at = ends
    client.updated_by_id = rows.author(actor)
    client.save(update_fields=["expires_at", "updated_by", "updated_at"])
    target = Target("api_client", str(client_id), client.user.full_name)
    trail.record(actor, "api_client.set_expiry", target)


@trail.unit()
def change_client(
    actor: Actor, client_id: UUID, *, name: str | None = None, roles: Sequence[UUID] | None = None
) -> None:
    """Rename an API client or replace its roles; None leaves either as it is. The secret stays.

    Raises:
        NotFound, Forbidden, Invalid: as for ``create_client``.

    Source: PrivX local-user-store, ``PUT /local-user-store/api/v1/api-clients/{id}``.
    """
    access.require(actor, ApiClientPermission.CHANGE, ApiClient)
    client = rows.client(client_id)
    administrators.require_not_above(actor, client.user)
    if name is not None and name != client.user.full_name:
        text.check_name("name", name, 200)
        client.user.full_name = name
        client.user.save(update_fields=["full_name", "updated_at"])
    if roles is not None:
        memberships.store(actor, client.user, [Given(role) for role in roles])
    _touch(actor, client)
    target = Target("api_client", str(client_id), client.user.full_name)
    trail.record(actor, "api_client.change", target)


@trail.unit()
def set_client_networks(actor: Actor, client_id: UUID, networks: Sequence[str]) -> None:
    """Say where a program's requests may come from; none for anywhere. In force at once.

    networks: addresses, or networks as 10.1.0.0/16.

    Raises:
        NotFound, Forbidden; Invalid: one that is neither, or too many.
    """
    access.require(actor, ApiClientPermission.CHANGE, ApiClient)
    user = rows.program(client_id)
    administrators.require_not_above(actor, user)
    if len(networks) > MOST_NETWORKS:
        fault = Fault("networks", "range", f"has more than {MOST_NETWORKS}")
        raise Invalid(message="There are too many networks.", faults=(fault,))
    try:
        user.networks = sorted({origin.network(each) for each in networks})
    except ValueError:
        fault = Fault("networks", "format", "must be addresses, or networks as 10.1.0.0/16")
        raise Invalid(message="A network is none.", faults=(fault,)) from None
    user.save(update_fields=["networks", "updated_at"])
    target = Target("api_client", str(client_id), user.full_name)
    trail.record(actor, "api_client.set_networks", target, networks=[*user.networks])


@trail.unit()
def rotate_secret(actor: Actor, client_id: UUID, *, overlap: timedelta = timedelta()) -> str:
    """A new secret for an API client; the old one and all tokens end at once, or with ``overlap``.

    overlap: for so long the old secret takes tokens as well, and tokens stay: for programs that
        are changed one after the other.

    Raises:
        NotFound, Forbidden; Invalid: the overlap is negative or longer than ``MOST_OVERLAP``.
    """
    if not timedelta() <= overlap <= MOST_OVERLAP:
        fault = Fault("overlap", "range", "must be at most 30 days")
        raise Invalid(message="The overlap is too long.", faults=(fault,))
    access.require(actor, ApiClientPermission.CHANGE, ApiClient)
    client = rows.client(client_id)
    administrators.require_not_above(actor, client.user)
    secret = secrets.token_urlsafe(32)
    client.previous_secret = client.secret if overlap else None
    client.previous_until = timezone.now() + overlap if overlap else None
    client.secret = secret
    client.updated_by_id = rows.author(actor)
    changed = ["secret", "previous_secret", "previous_until", "updated_by", "updated_at"]
    client.save(update_fields=changed)
    if not overlap:
        credentials.end_all(client.user)
    target = Target("api_client", str(client_id), client.user.full_name)
    seconds = int(overlap.total_seconds())
    trail.record(actor, "api_client.rotate_secret", target, overlap_seconds=seconds)
    return secret


@trail.read_unit()
def open_client(actor: Actor, client_id: UUID) -> OpenClient:
    """An API client with its secret, which its makers read back after creating it.

    Raises:
        NotFound: there is no such client.
        Forbidden: the actor may not see clients, or the client is an administrator and the actor
            may not make one.

    Source: PrivX local-user-store, ``GET /local-user-store/api/v1/api-clients/{id}``.
    """
    access.require(actor, ApiClientPermission.VIEW, ApiClient)
    client = rows.client_unlocked(client_id)
    administrators.require_not_above(actor, client.user)
    target = Target("api_client", str(client_id), client.user.full_name)
    trail.record(actor, "api_client.read_secret", target)
    return OpenClient(
        id=client.pk,
        name=client.user.full_name,
        created_at=client.created_at,
        updated_at=client.updated_at,
        author_id=client.author_id,
        updated_by_id=client.updated_by_id,
        oauth_client_id=applications.EXTERNAL,
        secret=client.secret,
        oauth_client_secret=applications.external_secret(),
    )


@trail.unit()
def delete_client(actor: Actor, client_id: UUID) -> None:
    """Erase an API client with its credentials, roles and grants. What it owns stays for managers.

    Raises:
        NotFound, Forbidden.

    Source: PrivX local-user-store, ``DELETE /local-user-store/api/v1/api-clients/{id}``.
    """
    access.require(actor, ApiClientPermission.DELETE, ApiClient)
    client = rows.client(client_id)
    administrators.require_not_above(actor, client.user)
    target = Target("api_client", str(client_id), client.user.full_name)
    credentials.end_all(client.user)
    client.user.delete()
    trail.record(actor, "api_client.delete", target)


@trail.unit()
def create_keyed_user(actor: Actor, name: str) -> User:
    """Make a program's account that has API keys instead of a secret; ``name`` is its user name.

    Raises:
        Forbidden, Invalid; Conflict: the name is taken.

    Source: the users of Piiano Vault's IAM file.
    """
    access.require(actor, ApiClientPermission.ADD, ApiClient)
    text.check_name("name", name, 200)
    user = User(kind=User.Kind.CLIENT, username=name, full_name=name)
    user.set_unusable_password()
    people.save(user, new=True)
    trail.record(actor, "api_client.create", Target("api_client", str(user.pk), name))
    return user


@trail.unit()
def set_keyed_user_active(actor: Actor, user_id: UUID, *, active: bool) -> None:
    """Refuse or take the keys of a program's account from now on. Raises NotFound, Forbidden."""
    access.require(actor, ApiClientPermission.CHANGE, ApiClient)
    user = rows.program(user_id)
    administrators.require_not_above(actor, user)
    user.is_active = active
    user.save(update_fields=["is_active", "updated_at"])
    if not active:
        credentials.end_all(user)
    action = "api_client.enable" if active else "api_client.disable"
    trail.record(actor, action, Target("api_client", str(user_id), user.full_name))


@trail.unit()
def delete_keyed_user(actor: Actor, user_id: UUID) -> None:
    """Erase a program's account with its keys. Raises NotFound, Forbidden."""
    access.require(actor, ApiClientPermission.DELETE, ApiClient)
    user = rows.program(user_id)
    administrators.require_not_above(actor, user)
    target = Target("api_client", str(user_id), user.full_name)
    credentials.end_all(user)
    user.delete()
    trail.record(actor, "api_client.delete", target)


def verified(client_id: str, secret: str, *, address: str = "") -> User | None:
    """The principal of an API client whose id and secret these are; None for any other pair.

    An unknown id costs a comparison as a wrong secret does.

    address: where they come from. From outside of the client's networks they are worth nothing,
        and nobody learns there that they are right.
    """
    try:
        wanted = UUID(client_id)
    except ValueError:
        wanted = UUID(int=0)
    client = ApiClient.objects.select_related("user").filter(pk=wanted).first()
    expected = client.secret if client is not None else secrets.token_urlsafe(32)
    matches = constant_time_compare(secret, expected)
    # The old one is compared for every client, so that the time tells nothing about it.
    matches |= constant_time_compare(secret, _previous(client) or secrets.token_urlsafe(32))
    if client is None or not matches or not client.user.is_active or client.has_ended():
        return None
    if not may_come(client.user, address):
        return None
    noted_before = timezone.now() - NOTED_EVERY
    ApiClient.objects.filter(pk=client.pk).filter(
        Q(last_used_at=None) | Q(last_used_at__lt=noted_before)
    ).update(last_used_at=timezone.now())
    return client.user


def may_come(user: User, address: str) -> bool:
    """Whether the account's requests may come from there; anywhere will do where none is set."""
    return not user.networks or origin.is_within(address, tuple(user.networks))


def _previous(client: ApiClient | None) -> str:
    """The secret before, while it opens as well; "" for none."""
    if client is None or client.previous_until is None or client.previous_until <= timezone.now():
        return ""
    return client.previous_secret or ""


def _principal(name: str) -> User:
    """A saved user of kind client; a taken user name gets the end of the id behind it."""
    user = User(kind=User.Kind.CLIENT, full_name=name, username=name)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        user.username = f"{name} {user.pk.hex[-12:]}"
        try:
            with transaction.atomic():
                user.save(force_insert=True)
        except IntegrityError as clash:
            raise Conflict(
                "API client", faults=(Fault("name", "duplicate", "is taken"),)
            ) from clash
    return user


def _touch(actor: Actor, client: ApiClient) -> None:
    client.updated_by_id = rows.author(actor)
    client.save(update_fields=["updated_by", "updated_at"])
