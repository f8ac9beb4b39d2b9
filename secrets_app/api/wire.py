"""Secrets ⇄ the JSON of PrivX."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest

from secrets_app import queries, refusals
from secrets_app.records import OpenSecret, Page, Ref, SecretInfo
from secrets_app.selectors import FILTERS, Window
from secrets_app.services.sharing import RoleChange
from vaultportal.api import query
from vaultportal.api.wire import Fields
from vaultportal.errors import Fault

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MAX_ROLES = 1000


def opened(secret: OpenSecret) -> bytes:
    """One secret; ``data`` is absent for those who may only view."""
    document = _document(secret.info)
    if secret.payload is not None:
        document["data"] = orjson.Fragment(secret.payload.text)
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def metadata(info: SecretInfo) -> bytes:
    """One secret without its data."""
    return orjson.dumps(_document(info), option=orjson.OPT_UTC_Z)


def page(found: Page[SecretInfo]) -> bytes:
    """A list of secrets without their data."""
    document = {"count": found.count, "items": [_document(info) for info in found.items]}
    return orjson.dumps(document, option=orjson.OPT_UTC_Z)


def _document(info: SecretInfo) -> dict[str, Any]:
    document = {
        "name": info.name,
        "read_roles": orjson.Fragment(info.read_handles),
        "write_roles": orjson.Fragment(info.write_handles),
        "author": info.author_id,
        "updated_by": info.updated_by_id,
        "path": info.path,
        "created": info.created_at,
        "updated": info.updated_at,
    }
    if info.owner_id is not None:  # a shared secret with an owner makes Terraform plan for ever
        document["owner_id"] = info.owner_id
    return document


def user_id(text: str) -> UUID | None:
    """The id of a user in a path; None for what cannot be one."""
    return UUID(text) if _UUID.fullmatch(text) else None


def required_user_id(text: str) -> UUID:
    """As ``user_id``, where a user must be named."""
    if (found := user_id(text)) is None:
        raise refusals.invalid(Fault("user_id", "format", "must be a UUID"))
    return found


def personal(owner: str, name: str) -> Ref:
    """The secret that a path names; NotFound when its owner cannot be anybody."""
    if (owner_id := user_id(owner)) is None:
        raise refusals.not_found()
    return Ref.personal(owner_id, name)


def require_same_owner(fields: Fields, owner_id: UUID) -> None:
    """A fault unless ``owner_id``, when it is sent at all, is the user of the path."""
    given = fields.text("owner_id")
    if given and user_id(given) != owner_id:
        fields.fault("owner_id", "conflict", "must be the user of the address")


def role_ids(fields: Fields, name: str) -> tuple[UUID, ...]:
    """The ids of a list of role handles, duplicates folded; null and absent are empty.

    An id that is no UUID is one that does not exist. Names, and whether the role was deleted, the
    server knows itself.
    """
    found: list[UUID] = []
    for handle in fields.objects(name, most=MAX_ROLES):
        text = handle.text("id", required=True, blank=False)
        if not text:
            continue
        if (role := user_id(text)) is None:
            fields.fault(name, "unknown", "has a role that does not exist")
        else:
            found.append(role)
    return tuple(dict.fromkeys(found))


def role_change(fields: Fields, name: str) -> RoleChange | None:
    """What an update wants of a role list: nothing when absent, an empty one when it is null."""
    if not fields.given(name):
        return None
    return RoleChange(role_ids(fields, name), forgiving=fields.is_null(name))


def owner_ids(fields: Fields) -> list[UUID] | None:
    """``owner_id`` of a search; ids that are no UUIDs own nothing."""
    texts = fields.texts("owner_id", most=MAX_ROLES)
    if not texts:
        return None
    return [found for text in texts if (found := user_id(text))]


def search_filter(fields: Fields) -> str:
    """``filter`` of a search, in any letter case."""
    word = fields.text("filter").lower()
    if word not in FILTERS:
        fields.fault("filter", "choice", f"must be one of {', '.join(FILTERS[1:])}")
        return ""
    return word


def search_window(request: HttpRequest, fields: Fields, most: int) -> Window:
    """Offset, limit and order of a search: the query wins over the body, zeros count as absent."""
    keys = tuple(queries.SORT_KEYS)
    offset = query.integer(request, "offset", 0) or fields.integer("offset", 0, least=0) or 0
    limit = query.integer(request, "limit", 0, most=most, clamp=True)
    limit = limit or min(fields.integer("limit", 0, least=0) or most, most)
    sort = query.choice(request, "sortkey", "", keys) or _choice(fields, "sortkey", keys)
    way = query.choice(request, "sortdir", "", ("ASC", "DESC"))
    way = way or _choice(fields, "sortdir", ("ASC", "DESC"))
    return Window(offset, limit, sort or "name", descending=way == "DESC")


def _choice(fields: Fields, name: str, choices: tuple[str, ...]) -> str:
    """One of ``choices`` in any letter case; "" when absent or wrong, which is noted."""
    given = fields.text(name)
    if not given:
        return ""
    found = next((word for word in choices if word.lower() == given.lower()), "")
    if not found:
        fields.fault(name, "choice", f"must be one of {', '.join(choices)}")
    return found
