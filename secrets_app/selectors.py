"""Look at secrets without uncovering them: metadata that the actor may view."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from secrets_app import codec, names, queries, refusals
from secrets_app.models import SecretVersion
from secrets_app.models.secret import scope_of
from secrets_app.permissions import SecretPermission
from secrets_app.queries import Match
from secrets_app.records import Page, Ref, SecretInfo
from vaultportal.crypto import keyring
from vaultportal.identity import access
from vaultportal.identity.actor import Actor

MAX_KEYWORDS = 20
FILTERS = ("", "personal", "shared", "readable", "writable", "accessible")


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list: ``sort`` is one of ``queries.SORT_KEYS``."""

    offset: int = 0
    limit: int = 100
    sort: str = "name"
    descending: bool = False


def get_secret(actor: Actor, ref: Ref) -> SecretInfo:
    """Everything about one secret but its data, and what the actor may do with it.

    Raises:
        NotFound: there is none, or none that the actor may know of.

    Source: PrivX vault, ``GET …/metadata/secrets/{name}``.
    """
    if ref.id is None and not names.is_possible(ref.name):
        raise refusals.not_found()
    found = queries.one(actor, ref)
    if found is None:
        raise refusals.not_found()
    return found.info


def list_personal(
    actor: Actor, owner_id: UUID | None, window: Window, *, rights: Sequence[str] = ()
) -> Page[SecretInfo]:
    """One person's or client's secrets, for themselves and for who manages secrets.

    owner_id: None for an id that cannot be anybody's; it looks like an empty store.

    Raises:
        Forbidden: for all others, whether or not there is such a person.

    Source: PrivX vault, ``GET /vault/api/v1/user/{user_id}/secrets``.
    """
    if owner_id != actor.user_id and not access.holds(actor, SecretPermission.VIEW):
        raise refusals.forbidden("list these secrets")
    if owner_id is None:
        return Page(0, [])
    return _page(actor, Match(spaces=[owner_id]), window, rights)


def list_shared(actor: Actor, window: Window, *, rights: Sequence[str] = ()) -> Page[SecretInfo]:
    """The shared secrets that the actor may read, write or manage.

    Source: PrivX vault, ``GET /vault/api/v1/secrets``.
    """
    return _page(actor, Match(shared=True), window, rights)


def search_secrets(
    actor: Actor,
    window: Window,
    *,
    keywords: str = "",
    owners: Sequence[UUID] | None = None,
    filter: str = "",
    rights: Sequence[str] = (),
) -> Page[SecretInfo]:
    """Whatever the actor may view, personal and shared alike.

    keywords: parted by commas or blanks; any of them, anywhere in the name, in any letter case.
    owners: only what belongs to one of these; None for everybody's and the shared ones.
    filter: one of ``FILTERS``: owned by the actor, by others, with its data readable, replaceable,
        or both.

    Source: PrivX vault, ``POST /vault/api/v1/search/secrets``.
    """
    return _page(actor, match_of(keywords, owners, filter), window, rights)


@dataclass(frozen=True, slots=True)
class Slice:
    """Some secrets in the order of their names. after: where to go on, None at the end."""

    items: list[SecretInfo]
    after: tuple[str, UUID] | None


def find_secrets(
    actor: Actor,
    *,
    keywords: str = "",
    owner_id: UUID | None = None,
    shared: bool | None = None,
    filter: str = "",
    type: str | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> Slice:
    """Whatever the actor may view, from ``after`` on, with what they may do: one statement.

    owner_id: only this one's; shared: True for shared ones only, False for personal ones only.
    keywords, filter: as for ``search_secrets``. type: only of this type, "" for plain JSON.
    """
    owners = None if owner_id is None else [owner_id]
    match = replace(match_of(keywords, owners, filter), shared=shared, type=type)
    items = queries.page(actor, match, limit=limit + 1, after=after, rights=queries.ALL_RIGHTS)
    more = len(items) > limit
    items = items[:limit]
    return Slice(items, (items[-1].name, items[-1].id) if more else None)


def list_versions(actor: Actor, ref: Ref) -> tuple[SecretInfo, list[SecretVersion]]:
    """The secret and its versions, newest first, without what they hold.

    Raises:
        NotFound: there is none, or none that the actor may know of.
    """
    info = get_secret(actor, ref)
    rows = SecretVersion.objects.filter(secret_id=info.id).defer("sealed", "outline")
    return info, list(rows.order_by("-number"))


def field_names(actor: Actor, ref: Ref) -> list[str]:
    """The names of the fields, for who may read the secret; for others there are none.

    Raises:
        NotFound: as for ``get_secret``.
    """
    found = queries.one(actor, ref, rights=(queries.READ,), sealed=True)
    if found is None:
        raise refusals.not_found()
    if not found.info.may_read or found.outline is None or found.number is None:
        return []
    scope = scope_of(found.info.owner_id)
    key = keyring.open_object_key(scope, found.info.id, found.data_key_version, found.wrapped)
    return codec.unseal_outline(key, scope, found.info.id, found.number, found.outline)


def match_of(keywords: str, owners: Sequence[UUID] | None, filter: str) -> Match:
    """The wire's words of a search as conditions."""
    words = [names.folded(word) for word in re.split(r"[,\s]+", keywords) if word]
    mine = {"personal": True, "shared": False}.get(filter)
    able = {
        "readable": (queries.READ,),
        "writable": (queries.WRITE,),
        "accessible": (queries.READ, queries.WRITE),
    }.get(filter, ())
    return Match(spaces=owners, mine=mine, keywords=words[:MAX_KEYWORDS], able=able)


def _page(actor: Actor, match: Match, window: Window, rights: Sequence[str]) -> Page[SecretInfo]:
    """The count of all matches, which is 0 past the end, and the page: two statements."""
    count = queries.count(actor, match)
    if window.offset >= count:
        return Page(0, [])
    items = queries.page(
        actor,
        match,
        limit=window.limit,
        offset=window.offset,
        sort=window.sort,
        descending=window.descending,
        rights=rights,
        matches=count,
    )
    return Page(count, items)
