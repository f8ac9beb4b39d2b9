"""Ids, pages and roles ⇄ the JSON of PrivX's role-store and local-user-store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from vaultportal.api import query
from vaultportal.api.wire import Fields, invalid
from vaultportal.directory import wire_permissions
from vaultportal.directory.services.memberships import Given
from vaultportal.directory.services.roles import RoleFields, rights_of
from vaultportal.errors import Fault, Malformed
from vaultportal.identity.actor import Actor
from vaultportal.identity.models import Role
from vaultportal.identity.models.role import EVERYONE

M = TypeVar("M", bound=Model)
T = TypeVar("T")

NOBODY = UUID(int=0)
MAX_ROLES = 1000
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# What a role carries besides the portal's own columns; given back as it came.
_KEPT_OF_ROLE = ("source_rules", "context", "access_group_id", "owner_src")
_SORT_ROLES = {"name": "name", "created": "created_at", "updated": "updated_at", "id": "uuid"}
_SORT_USERS = {
    "username": "username",
    "principal": "username",
    "full_name": "full_name",
    "email": "email",
    "created": "created_at",
    "updated": "updated_at",
    "id": "pk",
}


# -- paths and pages ------------------------------------------------------------------------------


def identifier(text: str) -> UUID:
    """The id in a path; what is no UUID is an id that nobody has."""
    return UUID(text) if _UUID.fullmatch(text) else NOBODY


def user_id(actor: Actor, text: str) -> UUID:
    """As ``identifier``; ``current`` is the caller."""
    return actor.user_id if text == "current" else identifier(text)


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a list. ``order`` is the name of a column, with a minus before it for backwards."""

    offset: int
    limit: int
    order: str = ""


def window(
    request: HttpRequest,
    fields: Fields | None = None,
    *,
    limit: int = 50,
    most: int = 1000,
    sort: Mapping[str, str] | None = None,
) -> Window:
    """Offset, limit and order, from the query or else the body; zeros count as absent."""
    fields = fields or Fields({})
    offset = query.integer(request, "offset", 0) or fields.integer("offset", 0, least=0) or 0
    wanted = query.integer(request, "limit", 0, most=most, clamp=True)
    wanted = wanted or min(fields.integer("limit", 0, least=0) or limit, most)
    if not sort:
        return Window(offset, wanted)
    key = query.choice(request, "sortkey", "", tuple(sort)) or _choice(fields, "sortkey", sort)
    ways = ("ASC", "DESC")
    way = query.choice(request, "sortdir", "", ways) or _choice(fields, "sortdir", ways)
    column = sort.get(key, next(iter(sort.values())))
    return Window(offset, wanted, f"-{column}" if way == "DESC" else column)


def role_window(request: HttpRequest, fields: Fields | None = None) -> Window:
    """The window of a list of roles."""
    return window(request, fields, sort=_SORT_ROLES)


def user_window(request: HttpRequest, fields: Fields | None = None) -> Window:
    """The window of a list of people."""
    return window(request, fields, sort=_SORT_USERS)


def page(
    rows: QuerySet[M], found: Window, shape: Callable[[Sequence[M]], Iterable[Mapping[str, Any]]]
) -> dict[str, Any]:
    """``count`` of all rows and the part of them; past the end both are empty (contract 1.5)."""
    count = rows.count()
    if found.offset >= count:
        return {"count": 0, "items": []}
    if found.order:
        rows = rows.order_by(found.order, "pk")
    part = list(rows[found.offset : found.offset + found.limit])
    return {"count": count, "items": list(shape(part))}


def cut(
    items: Sequence[T], found: Window, shape: Callable[[T], Mapping[str, Any]]
) -> dict[str, Any]:
    """As ``page``, for what is in memory."""
    if found.offset >= len(items):
        return {"count": 0, "items": []}
    part = items[found.offset : found.offset + found.limit]
    return {"count": len(items), "items": [shape(item) for item in part]}


def moment(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def as_array(value: Any) -> list[Any]:
    """``value`` where a bare array is due, or Malformed."""
    if not isinstance(value, list):
        raise Malformed(message="The request body must be a JSON array.")
    return value


def keywords(text: str) -> list[str]:
    """The words of a search, parted by commas or blanks."""
    return [word for word in re.split(r"[\s,\x00]+", text) if word]


def _choice(fields: Fields, name: str, choices: Iterable[str]) -> str:
    given = fields.text(name).lower()
    found = next((word for word in choices if word.lower() == given), "")
    if given and not found:
        fields.fault(name, "choice", f"must be one of {', '.join(choices)}")
    return found


# -- roles ----------------------------------------------------------------------------------------


def role(found: Role) -> dict[str, Any]:
    """A role of ``selectors.list_roles``, which counts its members."""
    kept = {name: found.wire[name] for name in _KEPT_OF_ROLE if name in found.wire}
    names = found.wire.get("permissions", ())
    document: dict[str, Any] = {
        "id": str(found.uuid),
        "name": found.name,
        "comment": found.comment,
        "permissions": wire_permissions.names_of(rights_of(found), names),
        "system": found.system,
        "explicit": found.name != EVERYONE,
        "implicit": found.name == EVERYONE,
        "created": moment(found.created_at),
        "updated": moment(found.updated_at),
        "member_count": getattr(found, "member_count", 0),
    } | kept
    for name, author in (("author", found.author_id), ("updated_by", found.updated_by_id)):
        if author is not None:
            document[name] = str(author)
    return document


def roles(found: Sequence[Role]) -> list[dict[str, Any]]:
    """Roles, as ``page`` wants them."""
    return [role(each) for each in found]


def role_fields(fields: Fields, present: Role | None = None) -> RoleFields:
    """What a request says of a role. A null list of permissions is an empty one."""
    name = fields.text("name", required=present is None)
    comment = fields.text("comment") if fields.given("comment") else None
    names = fields.texts("permissions", most=MAX_ROLES) or []
    kept: dict[str, Any] = {}
    for each in ("source_rules", "context"):
        if (value := fields.object(each)) is not None:
            kept[each] = value
    for each in ("access_group_id", "owner_src"):
        if text := fields.text(each):
            kept[each] = text
    rights = None
    if present is None or fields.given("permissions"):
        before = frozenset() if present is None else rights_of(present)
        rights = wire_permissions.replaced(before, names)
        kept["permissions"] = wire_permissions.unmapped(names)
    fields.check()
    return RoleFields(name=name or None, comment=comment, rights=rights, wire=kept)


def role_ids(fields: Fields, name: str) -> list[UUID] | None:
    """The ids of a list of role handles; null is empty, absent is None."""
    if not fields.given(name):
        return None
    handles = fields.objects(name, most=MAX_ROLES)
    texts = [handle.text("id", required=True, blank=False) for handle in handles]
    return list(dict.fromkeys(identifier(text) for text in texts if text))


def given_roles(items: list[Any]) -> list[Given]:
    """A bare array of role objects, each with the time for which it is given."""
    faults: list[Fault] = []
    found: dict[UUID, Given] = {}
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            faults.append(Fault(f"{index}", "type", "must be an object"))
            continue
        fields = Fields(item, f"{index}.", faults)
        text = fields.text("id", required=True, blank=False)
        begins, ends = _period(fields)
        if text:
            found[identifier(text)] = Given(identifier(text), begins, ends)
    if faults:
        raise invalid(faults)
    return list(found.values())


def _period(fields: Fields) -> tuple[datetime | None, datetime | None]:
    """From when until when a role is given: the period of now, else the next, else the last.

    Source: PrivX role-store, grant types PERMANENT, FLOATING and TIME_RESTRICTED; all but the last
    are for good here (contract section 9).
    """
    if fields.text("grant_type").upper() != "TIME_RESTRICTED":
        return None, None
    periods = [
        (period.time("grant_start"), period.time("grant_end"))
        for period in fields.objects("grant_validity_periods", most=MAX_ROLES)
    ]
    if not periods:
        fields.fault("grant_validity_periods", "missing", "is required")
        return None, None
    now = timezone.now()
    live = [period for period in periods if period[1] is None or period[1] > now]
    earliest = datetime.min.replace(tzinfo=UTC)
    return min(live, key=lambda period: period[0] or earliest) if live else periods[-1]
