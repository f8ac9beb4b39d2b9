"""People and API clients ⇄ the JSON of PrivX's role-store and local-user-store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from secrets_app.api.identity_wire import moment
from vaultportal.api.wire import Fields
from vaultportal.directory import selectors, wire_permissions
from vaultportal.directory.services.clients import OpenClient
from vaultportal.directory.services.people import PersonFields
from vaultportal.identity import authentication
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import ApiClient, Membership, Role, User

Held = Sequence[tuple[Role, Membership]]

MAX_TAGS = 100
# Text fields of a local user without a column of their own.
TEXTS = (
    "display_name",
    "first_name",
    "last_name",
    "job_title",
    "company",
    "department",
    "telephone",
    "locale",
    "unix_account",
    "windows_account",
    "comment",
)


def handle(pair: tuple[Role, Membership]) -> dict[str, Any]:
    """A role as somebody holds it."""
    found, membership = pair
    document: dict[str, Any] = {
        "id": str(found.uuid),
        "name": found.name,
        "explicit": True,
        "implicit": False,
        "grant_type": "PERMANENT",
    }
    if membership.valid_from or membership.valid_until:
        period = {
            name: moment(at)
            for name, at in (
                ("grant_start", membership.valid_from),
                ("grant_end", membership.valid_until),
            )
            if at is not None
        }
        document |= {"grant_type": "TIME_RESTRICTED", "grant_validity_periods": [period]}
    return document


def principal(found: User, roles: Held) -> dict[str, Any]:
    """A user of the role-store."""
    return {
        "id": str(found.pk),
        "principal": found.username,
        "full_name": found.full_name,
        "email": found.email,
        "source": selectors.LOCAL.name,
        "source_type": "LOCAL",
        "roles": [handle(pair) for pair in roles],
        "attributes": found.attributes.get("attributes", []),
        "tags": found.attributes.get("tags", []),
    }


def principals(found: Sequence[User]) -> list[dict[str, Any]]:
    """Users of the role-store, with their roles: two statements for all of them."""
    roles = selectors.memberships_of([user.pk for user in found])
    return [principal(user, roles[user.pk]) for user in found]


def permissions(found: User) -> list[str]:
    """The names of what the user's roles give; none for one who is disabled."""
    if not found.is_active:
        return []
    return wire_permissions.names_of(authentication.user_actor(found.pk).permissions)


def local_user(found: User) -> dict[str, Any]:
    """A user of the local-user-store. The password is told by no field."""
    kept = {name: found.attributes.get(name, "") for name in TEXTS}
    document = {
        "id": str(found.pk),
        "username": found.username,
        "full_name": found.full_name,
        "email": found.email,
        **kept,
        "tags": found.attributes.get("tags", []),
        "attributes": found.attributes.get("attributes", []),
        "password_change_required": found.attributes.get("password_change_required", False),
        "created": moment(found.created_at),
        "updated": moment(found.updated_at),
    }
    for name in ("author", "updated_by"):
        if author := found.attributes.get(name):
            document[name] = author
    return document


def person_fields(fields: Fields, actor: Actor, present: User | None = None) -> PersonFields:
    """What a request says of a local user. Fields that are absent or null stay as they are."""
    attributes = {} if present is None else dict(present.attributes)
    username = fields.text("username", required=present is None)
    full_name = fields.text("full_name") if fields.given("full_name") else None
    email = fields.text("email") if fields.given("email") else None
    for name in TEXTS:
        if fields.given(name):
            attributes[name] = fields.text(name)
    if (tags := fields.texts("tags", most=MAX_TAGS)) is not None:
        attributes["tags"] = tags
    pairs = fields.objects("attributes", most=MAX_TAGS)
    if fields.given("attributes"):
        attributes["attributes"] = [
            {"key": pair.text("key", required=True), "value": pair.text("value")} for pair in pairs
        ]
    if fields.given("password_change_required"):
        attributes["password_change_required"] = fields.boolean("password_change_required")
    attributes["updated_by"] = str(actor.user_id)
    attributes.setdefault("author", str(actor.user_id))
    return PersonFields(
        username=username or None, full_name=full_name, email=email, attributes=attributes
    )


def password(fields: Fields) -> str | None:
    """The member ``password`` of the object ``password``; None when either is absent or empty."""
    given = fields.object("password")
    if given is None:
        return None
    inner = Fields(given, "password.", fields.faults)
    return inner.text("password") or None


def client(found: ApiClient, roles: Held) -> dict[str, Any]:
    """An API client in a list, without its credentials."""
    return _client(
        found.pk,
        found.user.full_name,
        moment(found.created_at),
        moment(found.updated_at),
        {"author": found.author_id, "updated_by": found.updated_by_id},
        roles,
    )


def clients(found: Sequence[ApiClient]) -> list[dict[str, Any]]:
    """API clients in a list, with their roles: two statements for all of them."""
    roles = selectors.memberships_of([each.pk for each in found])
    return [client(each, roles[each.pk]) for each in found]


def open_client(found: OpenClient, roles: Held) -> dict[str, Any]:
    """An API client with the two pairs of credentials that its programs present."""
    return _client(
        found.id,
        found.name,
        moment(found.created_at),
        moment(found.updated_at),
        {"author": found.author_id, "updated_by": found.updated_by_id},
        roles,
    ) | {
        "secret": found.secret,
        "oauth_client_id": found.oauth_client_id,
        "oauth_client_secret": found.oauth_client_secret,
    }


def _client(
    client_id: UUID,
    name: str,
    created: str,
    updated: str,
    authors: Mapping[str, UUID | None],
    roles: Held,
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": str(client_id),
        "name": name,
        "roles": [{"id": str(role.uuid), "name": role.name} for role, _ in roles],
        "created": created,
        "updated": updated,
    }
    return document | {key: str(value) for key, value in authors.items() if value is not None}
