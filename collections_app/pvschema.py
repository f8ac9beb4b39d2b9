"""PVSchema, the text form of collections: parsed with line and column, printed one property a line.

    patients PERSONS (
      mail EMAIL UNIQUE INDEX COMMENT 'contact',
      note STRING NOT ENCRYPTED NULL
    );

Keywords are taken in any letter case; quotes are doubled inside strings. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from collections_app.schema.compiled import CollectionSchema, PropertySchema
from collections_app.schema.drafts import PROTOTYPES, CollectionDraft, PropertyDraft
from vaultportal.errors import Malformed

# In the order in which they are printed: keyword, attribute, default.
_ATTRIBUTES = {
    "UNIQUE": ("is_unique", False),
    "INDEX": ("is_index", False),
    "SUBSTRING_INDEX": ("is_substring_index", False),
    "ENCRYPTED": ("is_encrypted", True),
    "NULL": ("is_nullable", False),
    "BUILTIN": ("is_builtin", False),
    "READONLY": ("is_readonly", False),
}
_LEXEMES = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<string>'(?:[^']|'')*'|"(?:[^"]|"")*")
      | (?P<mark>[(),;])""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: int


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = list(self._scan())
        self._next = 0

    def _scan(self) -> Iterator[_Token]:
        place = 0
        while place < len(self._source):
            found = _LEXEMES.match(self._source, place)
            if found is None:
                quote = self._source[place] in "'\""
                self._refuse("this string has no end" if quote else "unexpected character", place)
            if found.lastgroup != "space":
                yield _Token(str(found.lastgroup), found.group(), place)
            place = found.end()
        yield _Token("end", "", place)

    def _refuse(self, message: str, place: int | None = None) -> NoReturn:
        at = self._token.place if place is None else place
        before = self._source[:at]
        line = before.count("\n") + 1
        column = at - (before.rfind("\n") + 1) + 1
        raise Malformed(
            "schema",
            f"Line {line}, column {column}: {message}.",
            context={"line": str(line), "column": str(column)},
        )

    @property
    def _token(self) -> _Token:
        return self._tokens[self._next]

    def _take(self, kind: str, what: str) -> _Token:
        token = self._token
        if token.kind != kind:
            self._refuse(f"{what} is expected")
        self._next += 1
        return token

    def _skip(self, mark: str) -> bool:
        if self._token.kind == "mark" and self._token.text == mark:
            self._next += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._skip(mark):
            self._refuse(f'"{mark}" is expected')

    def collections(self) -> list[CollectionDraft]:
        found = [self._collection()]
        while self._token.kind != "end":
            found.append(self._collection())
        return found

    def _collection(self) -> CollectionDraft:
        name = self._take("word", "the name of a collection").text
        prototype = self._take("word", "PERSONS or DATA").text.upper()
        if prototype not in PROTOTYPES:
            self._next -= 1
            self._refuse("PERSONS or DATA is expected")
        self._expect("(")
        properties: list[PropertyDraft] = []
        names: set[str] = set()
        while not self._skip(")"):
            if self._token.kind == "word" and self._token.text in names:
                self._refuse("this property is named twice")
            properties.append(self._property())
            names.add(properties[-1].name)
            if not self._skip(","):
                self._expect(")")
                break
        self._skip(";")
        return CollectionDraft(name, prototype, tuple(properties))

    def _property(self) -> PropertyDraft:
        name = self._take("word", "the name of a property").text
        data_type = self._take("word", "the type of the property").text
        flags: dict[str, bool] = {}
        description = ""
        seen: set[str] = set()
        while self._token.kind == "word":
            start = self._next
            word = self._token.text.upper()
            self._next += 1
            is_set = word != "NOT"
            if not is_set:
                word = self._take("word", "an attribute").text.upper()
            if word not in _ATTRIBUTES and not (is_set and word == "COMMENT"):
                self._next = start
                self._refuse("an attribute is expected")
            if word in seen:
                self._next = start
                self._refuse("this attribute is stated twice")
            seen.add(word)
            if word == "COMMENT":
                quoted = self._take("string", "a quoted comment").text
                description = quoted[1:-1].replace(quoted[0] * 2, quoted[0])
            else:
                flags[_ATTRIBUTES[word][0]] = is_set
        given = frozenset(flags) | {"name", "data_type_name"}
        if "COMMENT" in seen:
            given |= {"description"}
        return PropertyDraft(name, data_type, description, **flags, given=given)


def parse(source: str) -> CollectionDraft:
    """The one collection that ``source`` describes; Malformed names line and column."""
    parser = _Parser(source)
    found = parser.collections()
    if len(found) != 1:
        raise Malformed("schema", "The text must describe one collection.")
    return found[0]


def parse_all(source: str) -> list[CollectionDraft]:
    """Every collection that ``source`` describes, in its order."""
    return _Parser(source).collections()


def render(collection: CollectionSchema, *, with_builtins: bool = False) -> str:
    """The text of one collection: properties by name, attributes that are not the default."""
    lines = [_property_line(each) for each in collection.listed(with_builtins=with_builtins)]
    body = ",".join(f"\n  {line}" for line in lines)
    return f"{collection.name} {collection.type} ({body}\n);"


def render_all(collections: Iterable[CollectionSchema], *, with_builtins: bool = False) -> str:
    """The texts of several collections, joined by a newline."""
    return "\n".join(render(each, with_builtins=with_builtins) for each in collections)


def _property_line(each: PropertySchema) -> str:
    words = [each.name, each.data_type.name]
    for keyword, (attribute, default) in _ATTRIBUTES.items():
        value = getattr(each, attribute)
        if value != default:
            words.append(keyword if value else f"NOT {keyword}")
    if each.description:
        words.append("COMMENT '" + each.description.replace("'", "''") + "'")
    return " ".join(words)
