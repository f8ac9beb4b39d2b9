"""XML as two clients of the wire send and read it: attributes of elements, nothing else.

Documents with a DOCTYPE are refused before anything in them is looked at, so there are no entities
but the five of the language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, NoReturn
from xml.parsers import expat

from vaultportal.errors import Malformed

MOST_BYTES = 64 * 1024
CONTENT_TYPE = "application/xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


def is_asked_for(accept: str) -> bool:
    """Whether an ``Accept`` header prefers XML to JSON."""
    ranges = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    xml = [index for index, each in enumerate(ranges) if each in (CONTENT_TYPE, "text/xml")]
    json = [index for index, each in enumerate(ranges) if each == "application/json"]
    return bool(xml) and (not json or xml[0] < json[0])


def read_root(content: bytes) -> tuple[str, dict[str, str]]:
    """Name and attributes of the root element; Malformed for what is no plain XML."""
    if len(content) > MOST_BYTES:
        raise Malformed(message="The request body is too large for XML.")
    found: list[tuple[str, dict[str, str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if not found:
            found.append((name, dict(attributes)))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(content, True)  # noqa: FBT003 expat takes it by position only
    except (expat.ExpatError, LookupError, ValueError):  # the latter: of an encoding it lacks
        raise Malformed(message="The request body is not valid XML.") from None
    return found[0]


def element(
    name: str, attributes: Mapping[str, Any] | None = None, children: Iterable[str] = ()
) -> str:
    """One element; values are escaped, ``children`` are elements already."""
    written = "".join(
        f' {key}="{escape(_text(value))}"' for key, value in (attributes or {}).items()
    )
    inner = "".join(children)
    return f"<{name}{written}>{inner}</{name}>" if inner else f"<{name}{written}/>"


def document(root: str) -> bytes:
    """A whole document of one element."""
    return f"{_DECLARATION}{root}".encode()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _refuse(*_: Any) -> NoReturn:
    raise Malformed(message="A DOCTYPE is not taken.")
