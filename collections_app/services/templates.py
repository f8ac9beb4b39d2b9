"""The templates of ``http_call``: Go's ``{{ .name.key | function argument }}``, and no more of Go.

Strings are put in with ``"`` and backslash escaped, so that they fit into the JSON of a body; after
``escape_quotes`` or ``urlquery`` they stand as those made them. A template names what is missing,
never what is there.

Source: Piiano Vault, the built-in action ``http_call``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import orjson

from collections_app.errors import bad_request

LONGEST = 1_000_000  # characters of a template, and of what it makes
LONGEST_HOLE = 4096
MOST_WORK = 10 * LONGEST  # characters that functions are given, in all templates of one call
_WORD = re.compile(
    r"""\s*(?:(?P<path>\.[A-Za-z_][\w]*(?:\.[A-Za-z_][\w]*)*)
        | (?P<text>"(?:[^"\\]|\\["\\])*"|`[^`]*`)
        | (?P<number>-?[0-9]{1,9})
        | (?P<pipe>\|)
        | (?P<name>[A-Za-z_]\w*))""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A value on its way into the text; ``is_safe`` when a function has escaped it."""

    value: Any = field(repr=False)
    is_safe: bool = False


@dataclass(slots=True)
class Work:
    """What is left to spend on functions: texts that are made and thrown away take time too."""

    left: int = MOST_WORK

    def spend(self, characters: int, where: str) -> None:
        self.left -= characters
        if self.left < 0:
            raise bad_request(where, "has functions with more to do than they may")


def render(
    template: str, variables: Mapping[str, Any], where: str, work: Work | None = None
) -> str:
    """``template`` with every hole filled.

    where: names the template in refusals ("request.body").
    work: shared by the templates of one call.

    Raises:
        Invalid: PV1012, a hole that cannot be read or names nothing, or more than a limit.
    """
    if len(template) > LONGEST:
        raise bad_request(where, f"must have at most {LONGEST} characters")
    work = work or Work()
    made: list[str] = []
    size = 0
    for text, hole in _split(template, where):
        filled = "" if hole is None else _text(_fill(hole, variables, where, work))
        size += len(text) + len(filled)
        if size > LONGEST:
            raise bad_request(where, f"must have at most {LONGEST} characters when it is filled in")
        made += text, filled
    return "".join(made)


def _split(template: str, where: str) -> Iterator[tuple[str, str | None]]:
    """Each text with the expression of the hole after it; None after the last."""
    place = 0
    while (start := template.find("{{", place)) >= 0:
        # Never farther than a hole may be long, so that no template is read more than once.
        limit = start + 2 + LONGEST_HOLE + 2
        end = template.find("}}", start + 2, limit)
        if end < 0:
            wrong = (
                f"has a hole of more than {LONGEST_HOLE} characters"
                if limit < len(template)
                else "has a hole that does not end"
            )
            raise bad_request(where, wrong)
        yield template[place:start], template[start + 2 : end].removeprefix("-").removesuffix("-")
        place = end + 2
    yield template[place:], None


def _fill(expression: str, variables: Mapping[str, Any], where: str, work: Work) -> Piece:
    """The value of one hole: commands joined by pipes, each given the result of the one before."""
    piece: Piece | None = None
    for command in _commands(expression, where):
        piece = _run(command, piece, variables, where, work)
    if piece is None:
        raise bad_request(where, "has an empty hole")
    return piece


def _commands(expression: str, where: str) -> list[list[tuple[str, str]]]:
    commands: list[list[tuple[str, str]]] = [[]]
    place = 0
    while place < len(expression):
        found = _WORD.match(expression, place)
        if found is None:
            if not expression[place:].strip():
                break
            raise bad_request(where, "has a hole that cannot be read")
        place = found.end()
        kind = str(found.lastgroup)
        if kind == "pipe":
            commands.append([])
        else:
            commands[-1].append((kind, found[kind]))
    return commands


def _run(
    command: list[tuple[str, str]],
    before: Piece | None,
    variables: Mapping[str, Any],
    where: str,
    work: Work,
) -> Piece:
    if not command:
        raise bad_request(where, "has an empty command in a hole")
    (kind, word), *rest = command
    if kind != "name":
        if rest or before is not None:
            raise bad_request(where, "has a value where a function is due")
        return _operand(kind, word, variables, where)
    function = _FUNCTIONS.get(word)
    if function is None:
        raise bad_request(where, f"may use {', '.join(sorted(_FUNCTIONS))} only")
    arguments = [_operand(*each, variables, where).value for each in rest]
    if before is not None:
        arguments.append(before.value)
    if arguments:  # the last one is what the function works on
        arguments[-1] = _plain(arguments[-1])
        work.spend(len(arguments[-1]), where)
    try:
        return function(*arguments)
    except TypeError:
        raise bad_request(where, f"gives {word} what it does not take") from None


def _operand(kind: str, word: str, variables: Mapping[str, Any], where: str) -> Piece:
    if kind == "number":
        return Piece(int(word))
    if kind == "text":
        return Piece(word[1:-1] if word[0] == "`" else _unquoted(word, where))
    if kind == "name":
        raise bad_request(where, "has a function where a value is due")
    value: Any = variables
    for key in word[1:].split("."):
        if not isinstance(value, Mapping) or key not in value:
            raise bad_request(where, "names a variable or property that is not there")
        value = value[key]
    return Piece(value)


def _unquoted(word: str, where: str) -> Any:
    try:
        return orjson.loads(word)
    except orjson.JSONDecodeError:  # a line end or another control character between the quotes
        raise bad_request(where, "has a quoted text that cannot be read") from None


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _text(piece: Piece) -> str:
    """What goes into the text: objects, numbers and the like as JSON, strings escaped."""
    if piece.is_safe or not isinstance(piece.value, str):
        return _plain(piece.value)
    return _escaped(piece.value)


def _escape_quotes(value: str) -> Piece:
    return Piece(_escaped(value), is_safe=True)


def _urlquery(value: str) -> Piece:
    return Piece(quote_plus(value), is_safe=True)


def _substr(start: Any, end: Any, found: str) -> Piece:
    """As sprig has it: from ``start`` to before ``end``; a negative start is 0, end the end."""
    if type(start) is not int or type(end) is not int:
        raise TypeError
    first = max(start, 0)
    return Piece(found[first:] if end < 0 or end > len(found) else found[first:end])


_FUNCTIONS: Mapping[str, Callable[..., Piece]] = {
    "escape_quotes": _escape_quotes,
    "urlquery": _urlquery,
    "substr": _substr,
}
