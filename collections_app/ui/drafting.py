"""One draft of a schema, seen as a form, as PVSchema or as JSON: read, written, and worked on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collections_app import pvschema
from collections_app.schema.compiled import CollectionSchema
from collections_app.schema.drafts import (
    FLAG_DEFAULTS,
    CollectionDraft,
    PropertyDraft,
    collection_from_json,
)
from collections_app.schema.names import LONGEST_DESCRIPTION
from vaultportal.api.body import parse_json
from vaultportal.errors import Malformed

VIEWS = ("form", "text", "json")
MOST_ROWS = 200
LONGEST_PLACE = 3  # digits of a row's place
LONGEST_TEXT = 100_000
EMPTY = PropertyDraft("", "STRING")
UNNAMED = "customers"  # what stands in a text for a name that is still to be given
_KEYWORDS = {
    "is_unique": "UNIQUE",
    "is_index": "INDEX",
    "is_substring_index": "SUBSTRING_INDEX",
    "is_nullable": "NULL",
}


@dataclass(frozen=True, slots=True)
class Common:
    """A property that many collections have."""

    key: str = field(repr=False)
    label: str | Promise
    draft: PropertyDraft


COMMON = (
    Common("name", gettext_lazy("Name"), PropertyDraft("full_name", "NAME")),
    Common(
        "email",
        gettext_lazy("E-mail"),
        PropertyDraft("email", "EMAIL", is_unique=True, is_index=True),
    ),
    Common(
        "phone", gettext_lazy("Phone"), PropertyDraft("phone", "PHONE_NUMBER", is_nullable=True)
    ),
    Common(
        "address", gettext_lazy("Address"), PropertyDraft("address", "ADDRESS", is_nullable=True)
    ),
    Common(
        "birth",
        gettext_lazy("Birth date"),
        PropertyDraft("birth_date", "DATE_OF_BIRTH", is_nullable=True),
    ),
    Common(
        "card", gettext_lazy("Card"), PropertyDraft("card_number", "CC_NUMBER", is_nullable=True)
    ),
    Common("bank", gettext_lazy("Bank account"), PropertyDraft("account", "BAN", is_nullable=True)),
)


class Unreadable(Exception):
    """The text of a view is no draft. ``line`` is where, 0 when it is not at one place."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def of_schema(schema: CollectionSchema) -> CollectionDraft:
    """The draft that changes nothing."""
    return CollectionDraft(
        schema.name,
        schema.type,
        tuple(
            PropertyDraft(
                each.name,
                each.data_type.name,
                each.description,
                **{flag: getattr(each, flag) for flag in FLAG_DEFAULTS},
            )
            for each in schema.properties.values()
        ),
    )


def read(view: str, posted: Mapping[str, str]) -> CollectionDraft:
    """The draft in a submitted view; Unreadable says where it is none."""
    if view == "form":
        return _from_form(posted)
    text = posted.get("text", "")[:LONGEST_TEXT]
    return _bounded(from_text(text) if view == "text" else from_json(text))


def _bounded(draft: CollectionDraft) -> CollectionDraft:
    """The draft as it is: what was cut off would count as taken away."""
    if len(draft.properties) > MOST_ROWS:
        raise Unreadable(_("At most %(most)d properties can be edited here.") % {"most": MOST_ROWS})
    return draft


def from_text(text: str) -> CollectionDraft:
    """The draft in PVSchema."""
    try:
        found = pvschema.parse(text)
    except Malformed as refusal:
        raise Unreadable(refusal.message, int(refusal.context.get("line") or 0)) from None
    own = tuple(each for each in found.properties if not each.is_builtin)
    return replace(found, properties=own)


def from_json(text: str) -> CollectionDraft:
    """The draft in JSON."""
    try:
        body = parse_json(text.encode())
    except Malformed:
        raise _no_json(text) from None
    properties = body.get("properties") if isinstance(body, dict) else None
    if not isinstance(properties, list) or not isinstance(body.get("name"), str):
        raise Unreadable(_("An object with name, type and a list of properties is expected."))
    if not all(isinstance(each, dict) for each in properties):
        raise Unreadable(_("Each property is an object."))
    found = collection_from_json(body)
    own = tuple(each for each in found.properties if not each.is_builtin)
    return replace(found, properties=own)


def _no_json(text: str) -> Unreadable:
    """Where the text stops being JSON; it may be, and have what the parser refuses."""
    try:
        json.loads(text)
    except json.JSONDecodeError as wrong:
        said = _("Line %(line)d, column %(column)d: this is not JSON.")
        at = {"line": wrong.lineno, "column": wrong.colno}
        return Unreadable(said % at, wrong.lineno)
    except (RecursionError, ValueError):
        pass
    return Unreadable(_("This is no JSON that can be read: a key twice, or too deep, or too long."))


def _from_form(posted: Mapping[str, str]) -> CollectionDraft:
    rows: list[PropertyDraft] = []
    for place in range(MOST_ROWS + 1):
        if f"name-{place}" not in posted:
            break
        flags: dict[str, Any] = {flag: f"{flag}-{place}" in posted for flag in FLAG_DEFAULTS}
        rows.append(
            PropertyDraft(
                posted[f"name-{place}"].strip(),
                posted.get(f"type-{place}", ""),
                posted.get(f"description-{place}", "").strip()[: LONGEST_DESCRIPTION + 1],
                **flags,
            )
        )
    name, kind = posted.get("name", "").strip(), posted.get("kind", "")
    return _bounded(CollectionDraft(name, kind, tuple(rows)))


def write(view: str, draft: CollectionDraft) -> str:
    """The draft as the text of a view."""
    return to_text(draft) if view == "text" else to_json(draft)


def to_text(draft: CollectionDraft) -> str:
    """PVSchema, a property a line, in the order of the draft."""
    lines = ",".join(f"\n  {_line(each)}" for each in draft.properties)
    return f"{draft.name or UNNAMED} {draft.type or 'DATA'} ({lines}\n);"


def _line(each: PropertyDraft) -> str:
    words = [each.name, each.data_type_name]
    words += [keyword for flag, keyword in _KEYWORDS.items() if getattr(each, flag)]
    if not each.is_encrypted:
        words.append("NOT ENCRYPTED")
    if each.description:
        words.append("COMMENT '" + each.description.replace("'", "''") + "'")
    return " ".join(words)


def to_json(draft: CollectionDraft) -> str:
    """As the API takes it."""
    body: dict[str, Any] = {
        "name": draft.name,
        "type": draft.type,
        "properties": [
            {
                "name": each.name,
                "data_type_name": each.data_type_name,
                "description": each.description,
                **{flag: getattr(each, flag) for flag in FLAG_DEFAULTS},
            }
            for each in draft.properties
        ],
    }
    return json.dumps(body, ensure_ascii=False, indent=2)


def act(draft: CollectionDraft, do: str) -> tuple[CollectionDraft, int]:
    """The draft after a button of the form, and the row to go on with; -1 for none.

    do: ``add``, ``common-<key>``, ``up-<row>``, ``down-<row>``, ``drop-<row>``, or
    ``put-<row>-<place>``. Unreadable when there would be too many.
    """
    verb, _dash, what = do.partition("-")
    rows = list(draft.properties)
    if verb == "add":
        rows.append(EMPTY)
        return _bounded(replace(draft, properties=tuple(rows))), len(rows) - 1
    if verb == "common":
        rows += [each.draft for each in COMMON if each.key == what]
        return _bounded(replace(draft, properties=tuple(rows))), len(rows) - 1
    what, _dash, where = what.partition("-")
    place = _place(what, rows)
    if place is None:
        return draft, -1
    if verb == "drop":
        del rows[place]
        return replace(draft, properties=tuple(rows)), min(place, len(rows) - 1)
    targets = {"up": str(place - 1), "down": str(place + 1), "put": where}
    target = _place(targets.get(verb, ""), rows)
    if target is None:
        return draft, place
    rows.insert(target, rows.pop(place))
    return replace(draft, properties=tuple(rows)), target


def _place(text: str, rows: Sequence[PropertyDraft]) -> int | None:
    """The number of a row; None for what is none."""
    if not text.isdecimal() or len(text) > LONGEST_PLACE or int(text) >= len(rows):
        return None
    return int(text)


def line_of(view: str, text: str, name: str) -> int:
    """The line on which a property stands in the text of a view; 0 when it is not found."""
    for number, line in enumerate(text.splitlines(), 1):
        words = line.replace('"', " ").replace(",", " ").split()
        if view == "text" and words[:1] == [name]:
            return number
        if view == "json" and words[:3] in (["name", ":", name], ["name:", name]):
            return number
    return 0
