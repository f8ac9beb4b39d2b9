"""What the lists of secrets have in common: filters, folders, rows, and what each row may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from secrets_app import field_search, folders, names, queries, reach, selectors, types
from secrets_app.api.portal import cursors
from secrets_app.folders import Folder
from secrets_app.queries import Match
from secrets_app.records import SecretInfo
from secrets_app.services import settings, sharing
from vaultportal.directory import selectors as directory
from vaultportal.errors import Invalid
from vaultportal.identity.actor import Actor
from vaultportal.ui.columns import PARAMETER
from vaultportal.ui.filters import Filters
from vaultportal.ui.names import names_of
from vaultportal.ui.paging import SIZE, Keyset, cursor_of

SOON = timedelta(days=14)
EXPIRING = [
    ("", gettext_lazy("Any end")),
    ("soon", gettext_lazy("Within 14 days")),
    ("over", gettext_lazy("Expired")),
]


class ListFilter(forms.Form):
    """What a list can be narrowed by, beside folders."""

    q = forms.CharField(
        label=gettext_lazy("Name or field"),
        max_length=200,
        widget=forms.TextInput({"type": "search", "autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"))
    kind = forms.ChoiceField(label=gettext_lazy("Type"))
    expiring = forms.ChoiceField(label=gettext_lazy("Expires"), choices=EXPIRING)


def filter_form(actor: Actor) -> type[forms.Form]:
    """The form with the roles and types that there are now."""
    roles = directory.list_roles(actor).values_list("uuid", "name")

    class Filled(ListFilter):
        role = forms.ChoiceField(
            label=gettext_lazy("Role"),
            choices=[("", _("Any role")), *((str(uuid), name) for uuid, name in roles)],
        )
        kind = forms.ChoiceField(
            label=gettext_lazy("Type"),
            choices=[
                ("", _("Any type")),
                *((each.name, each.title) for each in types.every_kind()),
            ],
        )

    return Filled


@dataclass(frozen=True, slots=True)
class ListRow:
    """One secret of a list.

    owner: of a personal one, in words; people: let in by name; by_field: found by a field.
    """

    info: SecretInfo
    owner: str = ""
    read_at: datetime | None = None
    is_soon: bool = False
    by_field: bool = False
    label: str = ""
    people: int = 0
    may_share: bool = False
    may_manage: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list with all that it says about itself. columns: as the address has them."""

    words: str
    folder: str
    is_tree: bool
    filters: Filters
    pages: Keyset[SecretInfo]
    rows: Sequence[ListRow]
    folders: Sequence[Folder] = ()
    is_search_whole: bool = True
    matching: int | None = None
    columns: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.rows and not self.folders

    @property
    def is_narrowed(self) -> bool:
        """Whether something is left out, so that an empty list is not an empty store."""
        return bool(self.words or self.folder or self.filters.is_on or self.pages.cursor)

    @property
    def is_folder_cut(self) -> bool:
        return len(self.folders) == folders.MAX_FOLDERS

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What of the address the form of the filters does not hold."""
        view = [] if self.is_tree or self.words else [("view", "flat")]
        return [*view, *([("folder", self.folder)] if self.folder else [])]

    def url_of(self, **changes: str) -> str:
        """The address with another folder or view, the filters staying."""
        given = {key: value for key, value in self.filters.values.items() if value}
        chosen = {PARAMETER: self.columns} if self.columns else {}
        return "?" + urlencode({**given, **dict(self.kept), **chosen, **changes})

    @property
    def tree_url(self) -> str:
        return self.url_of(view="tree")

    @property
    def flat_url(self) -> str:
        return self.url_of(view="flat")

    @property
    def folder_rows(self) -> list[tuple[Folder, str]]:
        """The folders with their addresses."""
        return [(each, self.url_of(folder=each.path)) for each in self.folders]

    @property
    def up_url(self) -> str:
        """The address of the folder above; only in a folder."""
        return self.url_of(folder=self.folder.rpartition("/")[0])


def folder_of(request: HttpRequest) -> str:
    """The folder of the address; the top for one that cannot be."""
    given = request.GET.get("folder", "").strip("/")
    return given if given and names.is_possible(given) else ""


def narrowed(actor: Actor, scope: Match, words: str, folder: str, filters: Filters) -> Match:
    """``scope`` with all that the address asks for."""
    given = filters.values
    ends = {"soon": SOON, "over": timedelta(0)}.get(given.get("expiring") or "")
    kind = given.get("kind") or None
    role = given.get("role") or None
    return replace(
        scope,
        keywords=selectors.match_of(words, None, "").keywords,
        folder=folder,
        type="" if kind == "json" else kind,
        role_id=UUID(role) if role else None,
        expires_before=datetime.now(UTC) + ends if ends is not None else None,
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; match: all of it, what is found by a field as well."""

    filters: Filters
    words: str
    folder: str
    match: Match
    by_field: field_search.ByField


def asked(request: HttpRequest, actor: Actor, scope: Match) -> Asked:
    """What a list shows, and what "all that match" means.

    Statements: roles, types, fields (with words).
    """
    filters = Filters.of(request, filter_form(actor))
    words, folder = filters.values.get("q") or "", folder_of(request)
    match = narrowed(actor, scope, words, folder, filters)
    by_field = field_search.ByField([], is_whole=True)
    if words:
        by_field = field_search.find(actor, match, match.keywords)
        match = replace(match, also=by_field.ids)
    return Asked(filters, words, folder, match, by_field)


def listing(
    request: HttpRequest, actor: Actor, scope: Match, *, tree: bool, owners: bool = False
) -> Listing:
    """The page that the address asks for. tree: folders first, unless the address wants it flat.

    Statements: roles, types, folders (in a tree), fields (with words), rows, owners, last reads,
    and how many match where something is left out.
    """
    given = asked(request, actor, scope)
    filters, words, folder, match = given.filters, given.words, given.folder, given.match
    is_tree = not words and request.GET.get("view", "tree" if tree else "flat") == "tree"
    shown = folders.directly(match) if is_tree else match
    after = _place(cursor_of(request))
    found = folders.stretch(actor, shown, after=after, limit=SIZE + 1)
    pages: Keyset[SecretInfo] = Keyset.of(request, found, key=_cursor)
    found_by = given.by_field.ids
    is_part = bool(folder) or filters.is_on
    return Listing(
        words,
        folder,
        is_tree,
        filters,
        pages,
        _rows(actor, pages.rows, match if is_tree else Match(), set(found_by), owners=owners),
        folders.folders(actor, match) if is_tree and not pages.cursor else (),
        given.by_field.is_whole,
        queries.count(actor, match) if is_part and found else None,
        request.GET.get(PARAMETER, ""),
    )


def _rows(
    actor: Actor, infos: Sequence[SecretInfo], place: Match, by_field: set[UUID], *, owners: bool
) -> list[ListRow]:
    read = reach.last_reads(actor, infos)
    let_in = reach.people_let_in([info for info in infos if sharing.may_share(actor, info)])
    people: Mapping[UUID, str] = names_of(actor, (i.owner_id for i in infos)) if owners else {}
    soon = datetime.now(UTC) + SOON
    return [
        ListRow(
            info,
            people.get(info.owner_id, "") if info.owner_id else "",
            read.get(info.id),
            is_soon=info.expires_at is not None and info.expires_at < soon,
            by_field=info.id in by_field,
            label=info.name[len(place.prefix) :],
            people=let_in.get(info.id, 0),
            may_share=sharing.may_share(actor, info),
            may_manage=settings.may_manage(actor, info),
        )
        for info in infos
    ]


def _cursor(info: SecretInfo) -> str:
    return cursors.text_of((info.name, info.id)) or ""


def _place(cursor: str) -> cursors.Place | None:
    try:
        return cursors.parse(cursor)
    except Invalid:
        return None  # not one of ours: from the beginning


def folder_crumbs(root: str, url: str, folder: str) -> list[tuple[str, str]]:
    """From the list to a folder, each part a way back."""
    parts = folder.split("/") if folder else []
    steps = [(root, url)]
    for number, part in enumerate(parts, start=1):
        query = urlencode({"folder": "/".join(parts[:number])})
        steps.append((part, f"{url}?{query}"))
    return [*steps[:-1], (steps[-1][0], "")]
